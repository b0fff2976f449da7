"""Makes dead letters the way a worker would: accept, fan out, lease, settle."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import uuid4

import orjson

from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Lease, Route, Settlement, State, Submission

BATCH = 500
LEASE_MS = 30_000
AT = 1_772_698_500_000
REASON = "gave up after 14 tries: 500 from the endpoint"
EMAIL = "mara@shop.example"


@dataclass(frozen=True)
class Graveyard:
    """Fills a ledger. Event ids come back in the order in which the events were accepted."""

    ledger: Ledger

    def pending(
        self, count: int = 1, *, destination: str = "shop-hooks", event_type: str = "order.created"
    ) -> list[str]:
        """Accept events and route them to a destination."""
        ids = [f"ev_{uuid4().hex[:26]}" for _ in range(count)]
        for start in range(0, count, BATCH):
            part = ids[start : start + BATCH]
            self.ledger.accept([_submission(each, event_type) for each in part])
            self.ledger.lease_inbox("filler", BATCH, LEASE_MS)
            self.ledger.fan_out("filler", [(each, [Route(destination)]) for each in part])
        return ids

    def dead(
        self,
        count: int = 1,
        *,
        destination: str = "shop-hooks",
        event_type: str = "order.created",
        reason: str = REASON,
        state: State = State.DEAD,
    ) -> list[str]:
        """Accept events and let their deliveries die, or be held."""
        ids = self.pending(count, destination=destination, event_type=event_type)
        self.end_due(reason, state)
        return ids

    def end_due(self, reason: str = REASON, state: State = State.DEAD) -> None:
        """Attempt every delivery that is due and let it end in this state."""
        while leases := self.ledger.lease("filler", "worker", BATCH, LEASE_MS).leases:
            self.ledger.settle("filler", [_ending(lease, state, reason) for lease in leases])

    def states(self, ids: Iterable[str], destination: str = "shop-hooks") -> dict[str, State]:
        """Return the state of each delivery."""
        records = {each: self.ledger.status(each) for each in ids}
        return {each: record.deliveries[destination].state for each, record in records.items() if record}


def _submission(event_id: str, event_type: str) -> Submission:
    body = orjson.dumps({"id": event_id, "type": event_type, "customer": {"email": EMAIL}})
    return Submission(event_id, "digest", "/", event_type, body)


def _ending(lease: Lease, state: State, reason: str) -> Settlement:
    line = {
        "destination": lease.destination,
        "kind": "webhook",
        "attempt": lease.attempt,
        "at": AT,
        "outcome": state,
        "status": 500,
        "duration_ms": 12.5,
        "due_in_ms": None,
        "reason": reason,
        "worker": "w1",
        "possible_duplicate": False,
        "answer": "no",
    }
    return Settlement(
        lease.destination, lease.event_id, lease.attempt, state, reason, status=500, line=orjson.dumps(line)
    )
