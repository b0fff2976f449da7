"""Bringing many deliveries into a state that a worker brings few of them into: with the ledger's own operations."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import orjson

from outhaul_config.policy import Policy
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Lease, Route, Settlement, State, Submission
from outhaul_producers.normalise import normalise

DRAIN, WORKER = "by-hand", "by-hand@bench"
BATCH = 500
LEASE_MS = 600_000
MOST_IN_FLIGHT = 10_000


@dataclass(frozen=True, slots=True)
class Kept:
    """What a first attempt came to: the state it led to, and in how many milliseconds it is due again."""

    state: State
    reason: str
    status: int = 0
    delay_ms: int = 0


def small_event(number: int, event_type: str) -> Submission:
    """Return an event of about 300 bytes."""
    event = {"type": event_type, "id": f"small-{number:08d}", "properties": {"number": number}}
    return normalise(event, source="/bench")


def attempt_all(
    ledger: Ledger,
    events: Iterator[Submission],
    destinations: Sequence[str],
    outcome: Callable[[int], Kept] | None,
) -> None:
    """Accept events, give each one delivery, and let its first attempt come to something.

    Args:
        ledger: where.
        events: which; they are counted from 0.
        destinations: where they go, in turn.
        outcome: what the attempt of the event of a number comes to; without it no attempt is made.
    """
    count = 0
    ledger.begin(DRAIN)
    # Else a lane that has answered to nobody yet would be leased a few at a time.
    ledger.configure((name, Policy(concurrency=MOST_IN_FLIGHT)) for name in destinations)
    while batch := _next(events):
        numbers = dict(zip((each.event_id for each in batch), range(count, count + len(batch)), strict=True))
        ledger.accept(batch)
        ledger.lease_inbox(DRAIN, len(batch), LEASE_MS)
        routes = [(each, [Route(destinations[number % len(destinations)])]) for each, number in numbers.items()]
        ledger.fan_out(DRAIN, routes)
        if outcome:
            _attempt(ledger, numbers, outcome)
        count += len(batch)
    ledger.retire(DRAIN)


def _attempt(ledger: Ledger, numbers: dict[str, int], outcome: Callable[[int], Kept]) -> None:
    left = len(numbers)
    while left:
        leases = ledger.lease(DRAIN, WORKER, left, LEASE_MS).leases
        if not leases:
            raise RuntimeError(f"expected {left} more deliveries to lease, got none")
        ledger.settle(DRAIN, [_settlement(lease, outcome(numbers[lease.event_id])) for lease in leases])
        left -= len(leases)


def _settlement(lease: Lease, kept: Kept) -> Settlement:
    line = {
        "destination": lease.destination,
        "kind": "webhook",
        "attempt": lease.attempt,
        "outcome": "retry" if kept.state is State.PENDING else kept.state,
        "status": kept.status,
        "duration_ms": 12.3,
        "due_in_ms": kept.delay_ms or None,
        "reason": kept.reason,
        "worker": WORKER,
        "possible_duplicate": False,
        "at": lease.accepted_at,
    }
    return Settlement(
        lease.destination,
        lease.event_id,
        lease.attempt,
        kept.state,
        reason=kept.reason,
        status=kept.status,
        delay_ms=kept.delay_ms,
        line=orjson.dumps(line),
    )


def _next(events: Iterator[Submission]) -> list[Submission]:
    return [each for _, each in zip(range(BATCH), events, strict=False)]
