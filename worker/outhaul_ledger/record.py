"""An event's record as the ledger keeps it, read into values."""

from dataclasses import dataclass
from typing import Any

import orjson

from outhaul_ledger.flow import Flow, Waiting
from outhaul_ledger.model import State


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """One delivery as recorded. Times are Unix ms of the server.

    `since` is what its age counts from, 0 for the acceptance. `order` is empty for one that has no place in an order.
    """

    destination: str
    state: State
    attempts: int
    tries: int
    lost: int
    due: int
    since: int
    possible_duplicate: bool
    status: int
    drain: str
    order: str
    reason: str

    @classmethod
    def unpack(cls, destination: str, packed: bytes) -> "DeliveryRecord":
        """Read the packed form that the scripts write."""
        state, attempts, tries, lost, due, since, duplicate, status, *texts = packed.decode().split("\t", 10)
        numbers = (int(attempts), int(tries), int(lost), int(due), int(since))
        return cls(destination, State(state), *numbers, duplicate == "1", int(status), *texts)


@dataclass(frozen=True, slots=True)
class Contents:
    """What was accepted of an event, as canonical JSON bytes, and its attempt lines, oldest first."""

    body: bytes
    attempts: tuple[dict[str, Any], ...]

    @classmethod
    def read(cls, body: bytes, lines: list[bytes]) -> "Contents":
        """Read what the `contents` operation answers for one event."""
        return cls(body, _read_attempts(lines))


@dataclass(frozen=True, slots=True)
class EventRecord:
    """All the ledger knows of one event: deliveries by destination, attempt lines oldest first, how the lanes stand.

    `behind` names, by destination, the event that a delivery waits for to keep their order. `expires_at` and
    `cancelled_at` are None where the event has no expiry, or was not taken back.
    """

    event_id: str
    type: str
    source: str
    accepted_at: int
    fanned_out: bool
    deliveries: dict[str, DeliveryRecord]
    attempts: tuple[dict[str, Any], ...]
    flows: dict[str, Flow]
    behind: dict[str, str]
    expires_at: int | None
    cancelled_at: int | None
    now: int

    def waiting_for(self, destination: str) -> Waiting | None:
        """Say why a delivery waits; None when it does not."""
        delivery = self.deliveries[destination]
        if delivery.state is not State.PENDING:
            return None
        if destination in self.behind:
            return Waiting.ORDER
        reason = self.flows[destination].waiting(delivery.due, self.now)
        return Waiting.DELAYED if reason is Waiting.BACKOFF and not delivery.attempts else reason

    def waiting_until(self, destination: str) -> int | None:
        """Say until when a delivery waits (Unix ms); None when it does not, or that is open."""
        delivery = self.deliveries[destination]
        if delivery.state is not State.PENDING or destination in self.behind:
            return None
        return self.flows[destination].waiting_until(delivery.due, self.now)

    @classmethod
    def read(cls, event_id: str, answer: list[Any]) -> "EventRecord | None":
        """Build the record from what the `status` operation answers."""
        if not answer:
            return None
        now, pairs, lines, flows = answer
        fields = {name.decode(): value for name, value in zip(pairs[::2], pairs[1::2], strict=True)}
        deliveries = {
            name[2:]: DeliveryRecord.unpack(name[2:], packed)
            for name, packed in sorted(fields.items())
            if name.startswith("d:")
        }
        return cls(
            event_id,
            fields["type"].decode(),
            fields["source"].decode(),
            int(fields["at"]),
            "open" in fields,
            deliveries,
            _read_attempts(lines),
            {name.decode(): Flow.read(described) for name, described, _ in flows},
            {name.decode(): ahead.decode() for name, _, ahead in flows if ahead},
            _moment(fields.get("expires")),
            _moment(fields.get("cancelled")),
            now,
        )


def _moment(stored: bytes | None) -> int | None:
    return None if stored is None else int(stored)


def _read_attempts(lines: list[bytes]) -> tuple[dict[str, Any], ...]:
    return tuple(orjson.loads(line.partition(b" ")[2]) for line in lines)
