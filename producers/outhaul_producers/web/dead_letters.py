"""Dead letters and held deliveries: listed, counted and replayed."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from flask import request
from marshmallow import Schema, fields, validate

from outhaul_config.moments import PointInTime, rfc3339
from outhaul_ledger.dead_letters import Position, Reach, Selection, count, described, reach_now, walk
from outhaul_ledger.keyring import Scope
from outhaul_ledger.model import State
from outhaul_ledger.replay_jobs import ReplayJob
from outhaul_producers.web.access import current
from outhaul_producers.web.paging import LOOK, Cursor, cursor, limit, names, since, until
from outhaul_producers.web.problems import Problem
from outhaul_producers.web.routes import Answer, Routes
from outhaul_producers.web.schemas import Strict, about
from outhaul_producers.web.services import services

routes = Routes("dead letters", "What will not be tried again by itself: list it, replay it.")

_KEPT = ("dead", "held")
_MOST = 1_000_000_000  # more than a server holds, and a number that the ledger's scripts count exactly


class Filter(Strict):
    """Which ones; every filter may be left out."""

    state = fields.String(
        load_default="dead", validate=validate.OneOf(_KEPT), metadata=about("`dead`, or `held` for a person to decide.")
    )
    destination = names("Only of this destination.")
    type = names("Only of this event type, or of a pattern such as `order.*`.")
    reason = names("Only where the reason contains this; case does not matter.")
    event = names("Only of this event.")
    since, until = since(), until()


class PageFilter(Filter):
    """Which ones, and which page of them."""

    limit = limit()
    cursor = Cursor(float, str, float, str, load_default=None)


class ReplayOrder(Filter):
    """Which ones to replay, and how."""

    limit = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, _MOST),
        metadata=about("The most, the oldest first."),
    )
    rate = fields.Float(
        load_default=None,
        allow_none=True,
        validate=validate.Range(0.001, 1_000_000),
        metadata=about("The most a second; as fast as it goes without."),
    )
    dry_run = fields.Boolean(load_default=False, metadata=about("Only count what would be replayed."))


class DeadLetter(Schema):
    """One dead letter or held delivery."""

    destination = fields.String(required=True, metadata=about("Where it was to go."))
    event_id = fields.String(required=True, metadata=about("The event."))
    type = fields.String(required=True, metadata=about("Its type."))
    state = fields.String(required=True, metadata=about("`dead` or `held`"))
    since = fields.String(required=True, metadata=about("Since when."))
    attempts = fields.Integer(required=True, metadata=about("How many there were."))
    last_status = fields.Integer(required=True, allow_none=True, metadata=about("The last HTTP status."))
    reason = fields.String(required=True, metadata=about("Why, redacted."))
    possible_duplicate = fields.Boolean(required=True, metadata=about("The endpoint may have got it."))


class DeadLetterPage(Schema):
    """A page of dead letters. It may be short, or empty, and not the last: only `next` tells."""

    dead_letters = fields.List(fields.Nested(DeadLetter), required=True)
    next = fields.String(required=True, allow_none=True, metadata=about("`cursor` of the next page; null at the end."))


class Counted(Schema):
    """What a replay would be for."""

    dry_run = fields.Boolean(required=True, metadata=about("Always true: nothing was changed."))
    total = fields.Integer(required=True, metadata=about("How many."))
    destinations = fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True, metadata=about("How many by destination.")
    )


class Replay(Schema):
    """A replay and how far it has got. Any process of the API carries it on."""

    id = fields.String(required=True, metadata=about("Its name."))
    state = fields.String(required=True, metadata=about("`running`, `finished` or `cancelled`"))
    opened_at = fields.String(required=True, metadata=about("When it was begun; what died later is left out."))
    finished_at = fields.String(required=True, allow_none=True, metadata=about("When it had gone through everything."))
    cancelled_at = fields.String(required=True, allow_none=True, metadata=about("When it was stopped before that."))
    replayed = fields.Integer(required=True, metadata=about("Deliveries made due again."))
    gone = fields.Integer(required=True, metadata=about("Deliveries that somebody else replayed or discarded first."))
    rate = fields.Float(required=True, allow_none=True, metadata=about("The most a second."))


@routes.operation("GET", "/v1/dead-letters", scope=Scope.READ, query=PageFilter, answers={200: DeadLetterPage})
def list_dead_letters(query: Mapping[str, Any]) -> Answer:
    """List dead letters by destination, the oldest first.

    Following `next` meets every one that was there throughout exactly once, whatever is replayed, discarded or dies
    meanwhile. `since` and `until` are times of death.
    """
    ledger, selection = services().ledger, _selection(query)
    reach, position = _start(query, selection)
    page = walk(ledger, selection, reach, position, most=query["limit"], look=LOOK)
    following = page.position
    return {
        "dead_letters": [described(entry) for entry in page.entries],
        "next": following and cursor(float(reach.until), following.destination, following.since, following.event_id),
    }


@routes.operation(
    "POST", "/v1/dead-letters/replay", scope=Scope.OPERATE, body=ReplayOrder, answers={202: Replay, 200: Counted}
)
def replay(order: Mapping[str, Any]) -> Answer:
    """Make dead letters due again, with a fresh retry budget.

    The answer is a replay that goes on by itself, whatever becomes of this process; what dies after its beginning is
    left out. With an `Idempotency-Key` calling again is safe. With `dry_run` they are only counted.
    """
    here, selection = services(), replace(_selection(order), limit=order["limit"])
    if order["dry_run"]:
        numbers = count(here.ledger, selection)
        return {"dry_run": True, "total": sum(numbers.values()), "destinations": numbers}, 200, {}
    now = here.ledger.survey().now
    fixed = replace(selection, since=_fixed(selection.since, now), until=_fixed(selection.until, now))
    job = here.replays.open(fixed, order["rate"], name=_name())
    return _told(job), 202, {"Location": f"/v1/replays/{job.id}"}


@routes.operation(
    "GET", "/v1/replays/<string:replay_id>", scope=Scope.READ, answers={200: Replay}, refuses=("not-found",)
)
def show_replay(replay_id: str) -> Answer:
    """Show how far a replay has got."""
    return _told(_known(services().replays.read(replay_id)))


@routes.operation(
    "POST", "/v1/replays/<string:replay_id>/cancel", scope=Scope.OPERATE, answers={200: Replay}, refuses=("not-found",)
)
def cancel_replay(replay_id: str) -> Answer:
    """Stop a replay. What it has made due stays due, what it has not stays dead. One that has ended stays so."""
    return _told(_known(services().replays.cancel(replay_id)))


def _known(job: ReplayJob | None) -> ReplayJob:
    if job is None:
        raise Problem("not-found", "expected the id of a replay: there was none, or its retention is over")
    return job


def _selection(query: Mapping[str, Any]) -> Selection:
    destinations, types, reasons, events = (tuple(query[name]) for name in ("destination", "type", "reason", "event"))
    return Selection(State(query["state"]), destinations, types, reasons, events, query["since"], query["until"])


def _start(query: Mapping[str, Any], selection: Selection) -> tuple[Reach, Position]:
    if not query["cursor"]:
        return reach_now(services().ledger, selection), Position()
    at_end, *place = query["cursor"]
    return replace(selection.reach(at_end), until=at_end), Position(*place)


def _fixed(point: PointInTime | None, now: float) -> PointInTime | None:
    return point and PointInTime(fixed=point.before(now))


def _name() -> str:
    """Return the replay's name for the request's key: keys of different callers never meet."""
    given = request.headers.get("Idempotency-Key", "")
    return sha256(f"{current().key_id}\n{given}".encode()).hexdigest()[:32] if given else ""


def _told(job: ReplayJob) -> dict[str, Any]:
    state = "cancelled" if job.cancelled else "finished" if job.ended_at else "running"
    ended_at = rfc3339(job.ended_at) if job.ended_at else None
    return {
        "id": job.id,
        "state": state,
        "opened_at": rfc3339(job.opened_at),
        "finished_at": ended_at if state == "finished" else None,
        "cancelled_at": ended_at if state == "cancelled" else None,
        "replayed": job.replayed,
        "gone": job.gone,
        "rate": job.rate,
    }
