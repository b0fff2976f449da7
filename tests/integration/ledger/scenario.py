"""Short words for stories about the ledger: events that come in and are routed, and what attempts come to."""

from collections.abc import Iterable
from typing import Any

from outhaul_config import keys
from outhaul_config.policy import Policy
from outhaul_ledger.flow import Waiting
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Accepted, Health, Lease, Route, Schedule, Settlement, State, Submission
from outhaul_ledger.record import EventRecord

DRAIN = "drain-a"
WORKER = "worker-a"
LEASE_MS = 60_000
EVER = 1e15  # ms; later than any score


def submission(event_id: str, digest: str = "digest", body: bytes = b"{}") -> Submission:
    """An event as a producer hands it in."""
    return Submission(event_id, digest, "/shop", "order.created", body)


def accept(ledger: Ledger, *event_ids: str) -> list[Accepted]:
    """Accept events."""
    return ledger.accept([submission(event_id) for event_id in event_ids])


def route(
    ledger: Ledger,
    *event_ids: str,
    to: Iterable[str] = ("shop",),
    order: str = "",
    delay_ms: int = 0,
    life_ms: int | None = None,
) -> None:
    """Accept events and give each a delivery to every destination of `to`; in order, delayed or expiring if asked."""
    accept(ledger, *event_ids)
    ledger.lease_inbox(DRAIN, len(event_ids), LEASE_MS)
    fan_out(ledger, *event_ids, to=to, order=order, delay_ms=delay_ms, life_ms=life_ms)


def fan_out(
    ledger: Ledger,
    *event_ids: str,
    to: Iterable[str] = ("shop",),
    order: str = "",
    delay_ms: int = 0,
    life_ms: int | None = None,
) -> None:
    """Give accepted events their deliveries."""
    routes = [Route(destination, order=order) for destination in to]
    now = ledger.survey().now
    when = Schedule(now + delay_ms if delay_ms else 0, None if life_ms is None else now + life_ms)
    assert all(ledger.fan_out(DRAIN, [(each, routes) for each in event_ids], dict.fromkeys(event_ids, when)))


def lease(ledger: Ledger, most: int = 100, drain: str = DRAIN, lease_ms: int = LEASE_MS) -> list[Lease]:
    """Lease what is due."""
    return ledger.lease(drain, WORKER, most, lease_ms).leases


def configure(ledger: Ledger, destination: str = "shop", **policy: Any) -> None:
    """Publish a policy without a breaker, but for what is given."""
    ledger.configure([(destination, Policy(**{"breaker": None, **policy}))])


def ids(leases: Iterable[Lease]) -> list[str]:
    """Which events are leased, in order."""
    return [one.event_id for one in leases]


def outcome(lease: Lease, state: State = State.DELIVERED, **more: object) -> Settlement:
    """What the leased attempt came to; its line names the attempt."""
    line = b'{"attempt":%d,"outcome":"%s"}' % (lease.attempt, state.encode())
    fields: dict[str, object] = {"line": line, **more}
    return Settlement(lease.destination, lease.event_id, lease.attempt, state, **fields)  # type: ignore[arg-type]


def well(lease: Lease, duration_ms: int = 10) -> Settlement:
    """A delivery to an endpoint that does well."""
    return outcome(lease, health=Health.OK, duration_ms=duration_ms)


def ill(lease: Lease, health: Health = Health.FAILING, duration_ms: int = 10) -> Settlement:
    """An attempt that failed by its endpoint's fault and is due again at once."""
    return outcome(lease, State.PENDING, health=health, duration_ms=duration_ms)


def settle(ledger: Ledger, *settlements: Settlement, drain: str = DRAIN) -> list[bool]:
    """Write outcomes."""
    return ledger.settle(drain, settlements)


def end(ledger: Ledger, *event_ids: str, state: State, to: str = "shop") -> None:
    """Route events to one destination, attempt each once, and end it with `state`."""
    route(ledger, *event_ids, to=(to,))
    leases = lease(ledger)
    assert sorted(ids(leases)) == sorted(event_ids)
    settle(ledger, *(outcome(one, state) for one in leases))


def record_of(ledger: Ledger, event_id: str) -> EventRecord:
    """All there is of a known event."""
    record = ledger.status(event_id)
    assert record is not None
    return record


def state_of(ledger: Ledger, event_id: str, destination: str = "shop") -> State:
    """Where a delivery stands."""
    return record_of(ledger, event_id).deliveries[destination].state


def waiting(ledger: Ledger, event_id: str, destination: str = "shop") -> Waiting | None:
    """Why a delivery waits."""
    return record_of(ledger, event_id).waiting_for(destination)


def key(name: str, tail: str = "") -> str:
    """The full name of a key on the server."""
    return keys.stem(name, "outhaul") + tail
