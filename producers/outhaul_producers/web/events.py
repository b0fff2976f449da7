"""Events: handed over one by one or in batches, and looked at afterwards."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
from flask import Response, request
from marshmallow import Schema, fields

from outhaul_ledger.keyring import Scope
from outhaul_producers.enqueue import Receipt, accept_events
from outhaul_producers.errors import EventConflict, InvalidEvent, LedgerUnavailable, OuthaulError
from outhaul_producers.schema.moments import written
from outhaul_producers.status import EventStatus, status_of
from outhaul_producers.web.bodies import Given, read_events
from outhaul_producers.web.event_document import REQUEST_BODY
from outhaul_producers.web.problems import Problem, listed
from outhaul_producers.web.routes import Answer, Routes
from outhaul_producers.web.schemas import EventView, ProblemError, about
from outhaul_producers.web.services import services

routes = Routes("events", "Hand events over, and see what became of them.")

RETRY_SECONDS = 2
_KEY = re.compile(r'"((?:[^"\\]|\\.)*)"|([^",;\s]+)').fullmatch
_ABSENT = object()


class ReceiptDocument(Schema):
    """An event is stored and will reach a final state at every destination that wants it."""

    event_id = fields.String(required=True, metadata=about("Its id, by which it can be looked at."))
    accepted_at = fields.String(required=True, metadata=about("When it was accepted first, by the server's clock."))
    duplicate = fields.Boolean(required=True, metadata=about("Whether that was before this request."))


class ItemResult(Schema):
    """What became of one event of a batch."""

    index = fields.Integer(required=True, metadata=about("Its place in the batch, from 0."))
    status = fields.Integer(
        required=True, metadata=about("202 accepted, 200 duplicate, 409 conflict, 422 invalid, 503 unknown.")
    )
    event_id = fields.String(metadata=about("Its id; send it along when you repeat a 503."))
    accepted_at = fields.String(metadata=about("When it was accepted first."))
    detail = fields.String(metadata=about("Why it was not accepted."))
    errors = fields.List(fields.Nested(ProblemError), metadata=about("Everything that is wrong with it."))


class BatchResult(Schema):
    """What became of every event of a batch, in its order."""

    accepted = fields.Integer(required=True, metadata=about("How many are new."))
    duplicates = fields.Integer(required=True, metadata=about("How many had been accepted before."))
    refused = fields.Integer(required=True, metadata=about("How many were refused."))
    results = fields.List(fields.Nested(ItemResult), required=True)


@routes.operation(
    "POST",
    "/v1/events",
    scope=Scope.ENQUEUE,
    answers={202: ReceiptDocument, 200: ReceiptDocument, 207: BatchResult},
    refuses=(
        "invalid-request",
        "event-conflict",
        "body-too-large",
        "unsupported-media-type",
        "invalid-event",
        "too-slow",
    ),
    document=REQUEST_BODY,
)
def accept() -> Answer:
    """Accept one event, or a batch of them.

    One event is answered by 202, or by 200 where it had been accepted before. A batch is answered by 207 with a result
    for each event: an invalid one never costs the others. Sending the same again is safe where every event has an id.
    """
    submitted = read_events(request)
    return accepted(submitted.events, batch=submitted.batch)


def accepted(events: list[Given], *, batch: bool) -> Response:
    """Accept the events of a request and word what became of them."""
    here = services()
    results = accept_events(here.ledger, _with_ids(events, batch=batch), source=here.source).results
    if batch:
        return _told_of_many(results)
    return _told_of_one(results[0])


@routes.operation(
    "GET",
    "/v1/events/<string:event_id>",
    scope=Scope.READ,
    answers={200: EventView},
    refuses=("not-found",),
)
def show_event(event_id: str) -> Answer:
    """Show an event with its deliveries, every attempt, and why what waits is waiting."""
    here = services()
    record = here.ledger.status(event_id)
    if record is None:
        raise Problem("not-found", "expected the id of an event: it was never accepted, or its retention is over")
    body = here.ledger.body(event_id)
    kinds = {name: each.kind for name, each in here.known_destinations().items()}
    told = _with_kinds(status_of(record), kinds).as_json()
    return {**told, "event": orjson.loads(body) if body else None}


def _with_kinds(status: EventStatus, kinds: Mapping[str, str]) -> EventStatus:
    deliveries = (replace(each, kind=each.kind or kinds.get(each.destination, "")) for each in status.deliveries)
    return replace(status, deliveries=tuple(deliveries))


def _with_ids(events: list[Given], *, batch: bool) -> list[Given]:
    key = _idempotency_key()
    if not key:
        return events
    return [
        event
        if isinstance(event, InvalidEvent) or event.get("id", _ABSENT) is not _ABSENT
        else {**event, "id": f"{key}-{index}" if batch else key}
        for index, event in enumerate(events)
    ]


def _idempotency_key() -> str:
    given = request.headers.get("Idempotency-Key", "").strip()
    match = _KEY(given)
    if given and not match:
        raise Problem("invalid-request", f"expected one Idempotency-Key, got {given[:40]!r}")
    return (match[1] or match[2] or "") if match else ""


def _told_of_one(result: Receipt | OuthaulError) -> Response:
    if isinstance(result, Receipt):
        location = {"Location": f"/v1/events/{result.event_id}"}
        return _json(_receipt(result), 200 if result.duplicate else 202, location)
    if isinstance(result, InvalidEvent):
        raise Problem("invalid-event", errors=result.problems)
    if isinstance(result, EventConflict):
        raise Problem("event-conflict", str(result), extension={"event_id": result.event_id})
    raise result


def _told_of_many(results: tuple[Receipt | OuthaulError, ...]) -> Response:
    items = [_item(index, result) for index, result in enumerate(results)]
    unknown = [result for result in results if isinstance(result, LedgerUnavailable)]
    if unknown:
        raise Problem(
            "ledger-unavailable",
            f"{len(unknown)} of {len(results)} events are not accepted, or it is not known: send them again",
            headers={"Retry-After": str(RETRY_SECONDS)},
            extension={"results": items},
        )
    statuses = [item["status"] for item in items]
    numbers = {"accepted": statuses.count(202), "duplicates": statuses.count(200)}
    return _json({**numbers, "refused": len(items) - sum(numbers.values()), "results": items}, 207)


def _item(index: int, result: Receipt | OuthaulError) -> dict[str, Any]:
    if isinstance(result, Receipt):
        receipt = _receipt(result)
        return {"index": index, "status": 200 if receipt.pop("duplicate") else 202, **receipt}
    if isinstance(result, InvalidEvent):
        return {"index": index, "status": 422, "errors": listed(result.problems)}
    if isinstance(result, EventConflict | LedgerUnavailable):
        status = 409 if isinstance(result, EventConflict) else 503
        return {"index": index, "status": status, "event_id": result.event_id, "detail": str(result)}
    raise result


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "event_id": receipt.event_id,
        "accepted_at": written(receipt.accepted_at),
        "duplicate": receipt.duplicate,
    }


def _json(document: Any, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(document), status, headers, content_type="application/json")
