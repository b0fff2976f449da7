"""Deliveries of all states, page by page."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from marshmallow import Schema, fields, validate

from outhaul_config.moments import rfc3339
from outhaul_config.redaction import redact
from outhaul_ledger.browsing import Listed, Place, Sought
from outhaul_ledger.keyring import Scope
from outhaul_ledger.model import State
from outhaul_producers.web.paging import LOOK, Cursor, cursor, limit, names, since, until
from outhaul_producers.web.routes import Answer, Routes
from outhaul_producers.web.schemas import Strict, about
from outhaul_producers.web.services import services

routes = Routes("deliveries", "Deliveries of all states, those of the newest events first.")

STATES = tuple(str(state) for state in State)


class DeliveryFilter(Strict):
    """Which deliveries; every filter may be left out."""

    destination = fields.String(load_default="", metadata=about("Only of this destination."))
    state = fields.List(
        fields.String(validate=validate.OneOf(STATES)),
        load_default=list,
        metadata=about("Only in one of these states."),
    )
    type = names("Only of this event type, or of a pattern such as `order.*`.")
    reason = names("Only where the reason contains this; case does not matter.")
    since, until = since(), until()
    limit = limit()
    cursor = Cursor(float, float, str, str, load_default=None)


class ListedDelivery(Schema):
    """One delivery."""

    event_id = fields.String(required=True, metadata=about("The event."))
    type = fields.String(required=True, metadata=about("Its type."))
    accepted_at = fields.String(required=True, metadata=about("When it was accepted."))
    destination = fields.String(required=True, metadata=about("Where it goes."))
    state = fields.String(required=True, metadata=about("How the delivery stands."))
    attempts = fields.Integer(required=True, metadata=about("How many there were, one in flight included."))
    last_status = fields.Integer(required=True, allow_none=True, metadata=about("The last HTTP status."))
    reason = fields.String(required=True, metadata=about("Why it stands so, redacted."))
    possible_duplicate = fields.Boolean(required=True, metadata=about("The endpoint may have got it more than once."))


class DeliveryPage(Schema):
    """A page of deliveries. It may be short, or empty, and not the last: only `next` tells."""

    deliveries = fields.List(fields.Nested(ListedDelivery), required=True)
    next = fields.String(required=True, allow_none=True, metadata=about("`cursor` of the next page; null at the end."))


@routes.operation("GET", "/v1/deliveries", scope=Scope.READ, query=DeliveryFilter, answers={200: DeliveryPage})
def list_deliveries(query: Mapping[str, Any]) -> Answer:
    """List deliveries: those of the newest events first, those of one event by destination.

    Following `next` meets every delivery that was there throughout exactly once, whatever changes meanwhile; events
    that come in after the first page are left out. `since` and `until` are times of acceptance.
    """
    at_end, place = _position(query)
    found, place_next = _collected(query, at_end, place)
    return {
        "deliveries": [_told(each) for each in found],
        "next": cursor(at_end, float(place_next[0]), *place_next[1:]) if place_next else None,
    }


def _position(query: Mapping[str, Any]) -> tuple[float, Place | None]:
    if query["cursor"]:
        at_end, *place = query["cursor"]
        return at_end, Place(*place)
    # The clock is read in whole milliseconds, rounded down; what was accepted in this one is in.
    now = services().ledger.survey().now + 1
    return float(min(now, query["until"].before(now)) if query["until"] else now), None


def _collected(query: Mapping[str, Any], at_end: float, place: Place | None) -> tuple[list[Listed], Place | None]:
    ledger, most = services().ledger, query["limit"]
    earliest = query["since"].before(at_end) if query["since"] else 0.0
    sought = Sought(earliest, at_end, query["destination"], tuple(map(State, query["state"])))
    found: list[Listed] = []
    for _ in range(LOOK // 500):
        page = ledger.browse(sought, place, most=500, look=500)
        for each in page.deliveries:
            if _matches(each, query):
                found.append(each)
            if len(found) == most:
                return found, each.place
        place = page.position
        if place is None:
            break
    return found, place


def _matches(listed: Listed, query: Mapping[str, Any]) -> bool:
    reason = listed.delivery.reason.lower()
    return (not query["type"] or any(fnmatchcase(listed.type, pattern) for pattern in query["type"])) and (
        not query["reason"] or any(text.lower() in reason for text in query["reason"])
    )


def _told(listed: Listed) -> dict[str, Any]:
    delivery = listed.delivery
    return {
        "event_id": listed.event_id,
        "type": listed.type,
        "accepted_at": rfc3339(listed.accepted_at),
        "destination": delivery.destination,
        "state": str(delivery.state),
        "attempts": delivery.attempts,
        "last_status": delivery.status or None,
        "reason": redact(delivery.reason),
        "possible_duplicate": delivery.possible_duplicate,
    }
