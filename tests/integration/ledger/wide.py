"""Events with very many deliveries."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from integration.ledger.scenario import DRAIN, LEASE_MS, accept, lease, record_of
from outhaul_ledger import portions
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Lease, Route, Schedule, State

CHUNK = 128
WIDE = 10_000


def names(count: int = WIDE) -> list[str]:
    """Destinations, in order."""
    return [f"shop-{number:05d}" for number in range(count)]


def spread(
    ledger: Ledger, event_id: str, to: Sequence[str], *, order: str = "", life_ms: int | None = None
) -> list[str]:
    """Accept an event and give it a delivery to each destination, in chunks; returns the destinations."""
    accept(ledger, event_id)
    ledger.lease_inbox(DRAIN, 1, LEASE_MS)
    schedules = {event_id: Schedule(expires=ledger.survey().now + life_ms)} if life_ms is not None else {}
    for start in range(0, len(to), CHUNK):
        routes = [Route(each, order=order) for each in to[start : start + CHUNK]]
        more = LEASE_MS if start + CHUNK < len(to) else None
        assert ledger.fan_out(DRAIN, [(event_id, routes)], schedules, more_within=more) == [True]
    while order and ledger.lease_inbox(DRAIN, 1, LEASE_MS).more:
        pass
    return list(to)


def lease_many(ledger: Ledger, count: int) -> list[Lease]:
    """Lease so many deliveries, call by call, as one visits few lanes."""
    leases: list[Lease] = []
    while len(leases) < count:
        found = lease(ledger, count - len(leases))
        assert found
        leases += found
    return leases


def tally(ledger: Ledger, event_id: str) -> Counter[tuple[State, str]]:
    """How many of an event's deliveries are in each state, with each reason."""
    return Counter((each.state, each.reason) for each in record_of(ledger, event_id).deliveries.values())


def cancel_step(ledger: Ledger, event_id: str, since: str = "", cursor: str = "0", changed: int | None = None) -> Any:
    """Take back one portion of an event, or no more of it than `changed`, as a caller does that then is lost."""
    most = portions.CHANGED if changed is None else changed
    arguments = (ledger.retention_ms, event_id, since, cursor, portions.PORTION, most, portions.ABANDONED_MS)
    return ledger._run("cancel", *arguments)  # noqa: SLF001 -- one call of several
