"""What became of an event: every delivery, every attempt, and why it waits."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from outhaul_ledger.errors import LedgerUnavailable as NoAnswer
from outhaul_ledger.model import State
from outhaul_ledger.record import AttemptLines, DeliveryRecord, EventRecord
from outhaul_producers.client import connection
from outhaul_producers.errors import LedgerUnavailable
from outhaul_producers.schema.moments import written


@dataclass(frozen=True, slots=True)
class AttemptStatus:
    """One try at a delivery.

    `status` is the HTTP status, None without an answer; `duration_ms` is None where the worker did not live to tell.
    `answer` is the beginning of what the endpoint said, redacted. `stale` marks an attempt that ended after its right
    to the delivery had gone to another worker. `vendor_id` is the id that the endpoint knows the event by, empty where
    that is the event's own.
    """

    attempt: int
    at: datetime
    outcome: str
    status: int | None
    duration_ms: float | None
    reason: str
    answer: str
    due_at: datetime | None
    possible_duplicate: bool
    stale: bool
    worker: str
    warnings: tuple[str, ...]
    vendor_id: str


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """How one destination stands to the event.

    Args:
        destination: its name.
        kind: its kind, as the attempts recorded it; empty before the first.
        state: one of `pending`, `leased`, `delivered`, `dead`, `skipped`, `held`, `cancelled`.
        attempts: how many there were, those in flight included.
        due_at: when a pending delivery is tried next; None in every other state, and while that is open.
        waiting_for: why a pending delivery is not being tried now: `backoff`, `delayed`, `breaker_open`,
            `rate_limited`, `paused`, `order` or `due`; None in every other state.
        waiting_until: until when at least, where that is known.
        waiting_for_event: the event it waits for to keep their order, None when it waits for nothing or anything else.
        possible_duplicate: the endpoint may have got it more than once, or will.
        last_status: the last HTTP status, None without an answer.
        last_error: why it is not delivered, None when there is nothing to say.
        log: the attempts, oldest first; of a very long history the newest.
    """

    destination: str
    kind: str
    state: str
    attempts: int
    due_at: datetime | None
    waiting_for: str | None
    waiting_until: datetime | None
    waiting_for_event: str | None
    possible_duplicate: bool
    last_status: int | None
    last_error: str | None
    log: tuple[AttemptStatus, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the same as JSON types, times in RFC 3339."""
        return {name: _as_json(value) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class EventStatus:
    """What the ledger knows of an event. Before `routed`, its destinations have not been worked out yet.

    `expires_at` is from when on it is not wanted any more, known once it is routed; `cancelled_at` when its sender took
    it back.
    """

    event_id: str
    type: str
    source: str
    accepted_at: datetime
    routed: bool
    expires_at: datetime | None
    cancelled_at: datetime | None
    deliveries: tuple[DeliveryStatus, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the same as JSON types, times in RFC 3339."""
        return {name: _as_json(value) for name, value in asdict(self).items()}


def get_status(event_id: str) -> EventStatus | None:
    """Read what became of an event; None when it is unknown or its retention is over. One round trip.

    Raises:
        LedgerUnavailable: no answer within the time-out.
        outhaul_config.problems.ConfigError: the settings are wrong.
    """
    try:
        record = connection().ledger.status(event_id)
    except NoAnswer as error:
        raise LedgerUnavailable("", str(error)) from error
    return status_of(record) if record else None


def status_of(record: EventRecord) -> EventStatus:
    """Word a record of the ledger as a status."""
    return EventStatus(
        event_id=record.event_id,
        type=record.type,
        source=record.source,
        accepted_at=_moment(record.accepted_at),
        routed=record.fanned_out,
        expires_at=_moment_or_none(record.expires_at),
        cancelled_at=_moment_or_none(record.cancelled_at),
        deliveries=tuple(_delivery(record, delivery) for delivery in record.deliveries.values()),
    )


def delivery_status(delivery: DeliveryRecord, lines: AttemptLines) -> DeliveryStatus:
    """Word a delivery and its attempt lines as a status; what it waits for is left open."""
    return DeliveryStatus(
        destination=delivery.destination,
        kind=next((line["kind"] for line in lines if "kind" in line), ""),
        state=str(delivery.state),
        attempts=delivery.attempts,
        due_at=_moment(delivery.due) if delivery.state is State.PENDING else None,
        waiting_for=None,
        waiting_until=None,
        waiting_for_event=None,
        possible_duplicate=delivery.possible_duplicate,
        last_status=delivery.status or None,
        last_error=None if delivery.state is State.DELIVERED else delivery.reason or None,
        log=tuple(_attempt(line) for line in lines),
    )


def _delivery(record: EventRecord, delivery: DeliveryRecord) -> DeliveryStatus:
    name = delivery.destination
    status = delivery_status(delivery, record.logs.get(name, ()))
    waiting, ahead = record.waiting_for(name), record.behind.get(name)
    if waiting is None:
        return status
    return replace(
        status,
        due_at=status.due_at if ahead is None else None,
        waiting_for=str(waiting),
        waiting_until=_moment_or_none(record.waiting_until(name)),
        waiting_for_event=ahead,
    )


def _attempt(line: Mapping[str, Any]) -> AttemptStatus:
    at = _moment(line["at"])
    duration, wait = line.get("duration_ms"), line.get("due_in_ms")
    return AttemptStatus(
        attempt=line["attempt"],
        at=at,
        outcome=line["outcome"],
        status=line.get("status") or None,
        duration_ms=duration,
        reason=line.get("reason", ""),
        answer=line.get("answer", ""),
        due_at=None if wait is None else at + timedelta(milliseconds=(duration or 0) + wait),
        possible_duplicate=line.get("possible_duplicate", False),
        stale=line.get("stale", False),
        worker=line.get("worker", ""),
        warnings=tuple(line.get("warnings", ())),
        vendor_id=line.get("vendor_id", ""),
    )


def _moment(milliseconds: float) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _moment_or_none(milliseconds: float | None) -> datetime | None:
    return None if milliseconds is None else _moment(milliseconds)


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return written(value)
    if isinstance(value, dict):
        return {name: _as_json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(inner) for inner in value]
    return value
