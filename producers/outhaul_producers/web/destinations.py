"""Destinations: how each stands; pause and resume one."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from outhaul_config.destinations import Destination
from outhaul_config.moments import rfc3339
from outhaul_config.problems import nearest
from outhaul_config.redaction import redact
from outhaul_ledger.flow import BreakerState
from outhaul_ledger.keyring import Scope
from outhaul_ledger.survey import Standing, Survey
from outhaul_producers.web.problems import Problem
from outhaul_producers.web.routes import Answer, Routes
from outhaul_producers.web.schemas import Strict, about
from outhaul_producers.web.services import services

routes = Routes("destinations", "How destinations stand; pause and resume them.")

_COUNTS = ("waiting", "in_flight", "dead", "held", "delivered", "skipped", "cancelled")


class DestinationView(Schema):
    """A destination that is configured or that the ledger has deliveries for."""

    destination = fields.String(required=True, metadata=about("Its name."))
    kind = fields.String(required=True, allow_none=True, metadata=about("Its kind; null where it is not configured."))
    configured = fields.Boolean(required=True, metadata=about("Whether the configuration has it."))
    subscribe = fields.List(fields.String(), required=True, metadata=about("The event types it wants."))
    paused = fields.String(required=True, allow_none=True, metadata=about("Why it is paused; null where it is not."))
    breaker = fields.String(required=True, metadata=about("`closed`, `open`, or `half_open`: one attempt decides."))
    waiting_for = fields.String(
        required=True, allow_none=True, metadata=about("Why what waits is not being tried; null when nothing waits.")
    )
    oldest_due = fields.String(required=True, allow_none=True, metadata=about("When what waits longest was due."))
    waiting = fields.Integer(required=True, metadata=about("Deliveries that wait."))
    in_flight = fields.Integer(required=True, metadata=about("Deliveries that are being attempted."))
    dead = fields.Integer(required=True, metadata=about("Dead letters."))
    held = fields.Integer(required=True, metadata=about("Deliveries held for a person."))
    delivered = fields.Integer(required=True, metadata=about("Deliveries that arrived."))
    skipped = fields.Integer(required=True, metadata=about("Deliveries that did not apply."))
    cancelled = fields.Integer(required=True, metadata=about("Deliveries that were given up."))


class DestinationList(Schema):
    """All destinations, by name."""

    destinations = fields.List(fields.Nested(DestinationView), required=True)


class PauseOrder(Strict):
    """Why to pause."""

    may_be_absent = True

    reason = fields.String(
        load_default="paused over the API",
        validate=validate.Length(1, 500, error="expected 1 to 500 characters"),
        metadata=about("Shown wherever its deliveries wait."),
    )


class Paused(Schema):
    """Whether the destination is paused now, and was before."""

    destination = fields.String(required=True, metadata=about("Its name."))
    paused = fields.Boolean(required=True, metadata=about("Whether it is paused now."))
    was_paused = fields.Boolean(required=True, metadata=about("Whether it was before."))


@routes.operation("GET", "/v1/destinations", scope=Scope.READ, answers={200: DestinationList})
def list_destinations() -> Answer:
    """List every destination that is configured or that the ledger has deliveries for."""
    here = services()
    configured, survey = here.known_destinations(), here.ledger.survey()
    return {
        "destinations": [_told(name, configured, survey) for name in sorted({*configured, *survey.standings})],
    }


@routes.operation(
    "POST",
    "/v1/destinations/<string:name>/pause",
    scope=Scope.OPERATE,
    body=PauseOrder,
    answers={200: Paused},
    refuses=("not-found",),
)
def pause(order: Mapping[str, Any], name: str) -> Answer:
    """Keep a destination's deliveries and attempt none of them until it is resumed."""
    standing = _require_known(name)
    services().ledger.pause(name, order["reason"])
    return {"destination": name, "paused": True, "was_paused": bool(standing and standing.paused)}


@routes.operation(
    "POST",
    "/v1/destinations/<string:name>/resume",
    scope=Scope.OPERATE,
    answers={200: Paused},
    refuses=("not-found",),
)
def resume(name: str) -> Answer:
    """Let a destination's deliveries go on."""
    _require_known(name)
    return {"destination": name, "paused": False, "was_paused": services().ledger.resume(name).paused}


def _require_known(name: str) -> Standing | None:
    here = services()
    standings, configured = here.ledger.survey().standings, here.known_destinations()
    if name not in standings and name not in configured:
        near = nearest(name[:64], {*standings, *configured})
        raise Problem("not-found", f"expected a destination{f': did you mean {near!r}?' if near else ''}")
    return standings.get(name)


def _told(name: str, configured: Mapping[str, Destination], survey: Survey) -> dict[str, Any]:
    destination, standing = configured.get(name), survey.standings.get(name)
    oldest_due = standing.oldest_due if standing else None
    return {
        "destination": name,
        "kind": destination.kind if destination else None,
        "configured": destination is not None,
        "subscribe": list(destination.subscribe) if destination else [],
        "paused": redact(standing.paused) or None if standing else None,
        "breaker": str(standing.flow.breaker if standing else BreakerState.CLOSED),
        "waiting_for": standing and standing.waiting_for(survey.now),
        "oldest_due": None if oldest_due is None else rfc3339(oldest_due),
        **{count: getattr(standing, count, 0) for count in _COUNTS},
    }
