"""An event's record as the ledger keeps it, read into values."""

from collections.abc import Iterable, Sequence
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


AttemptLines = tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """What was accepted of an event, as canonical JSON bytes, and a delivery's attempt lines, oldest first."""

    body: bytes
    attempts: AttemptLines

    @classmethod
    def read(cls, destination: str, body: bytes, log: bytes) -> "Contents":
        """Read what the `contents` operation answers for one delivery."""
        return cls(body, read_log(destination, log))


@dataclass(frozen=True, slots=True)
class EventRecord:
    """All the ledger knows of one event: deliveries, attempt lines (oldest first) and lanes, by destination.

    `behind` names, by destination, the event that a delivery waits for to keep their order. `expires_at` and
    `cancelled_at` are None where the event has no expiry, or was not taken back.
    """

    event_id: str
    type: str
    source: str
    accepted_at: int
    fanned_out: bool
    deliveries: dict[str, DeliveryRecord]
    logs: dict[str, AttemptLines]
    flows: dict[str, Flow]
    behind: dict[str, str]
    expires_at: int | None
    cancelled_at: int | None
    now: int

    @property
    def attempts(self) -> AttemptLines:
        """The attempt lines of all deliveries, one destination's after the other's."""
        return tuple(line for log in self.logs.values() for line in log)

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
    def read(cls, event_id: str, pages: Sequence[list[Any]]) -> "EventRecord | None":
        """Build the record from the pages that the `status` operation answers."""
        fields = {name.decode(): value for page in pages for name, value in _pairs(page[3])}
        if not fields:
            return None
        deliveries = {
            name[2:]: DeliveryRecord.unpack(name[2:], packed)
            for name, packed in sorted(fields.items())
            if name.startswith("d:")
        }
        logs = {name.decode(): log for page in pages for name, log in _pairs(page[4])}
        return cls(
            event_id,
            fields["type"].decode(),
            fields["source"].decode(),
            int(fields["at"]),
            not pages[-1][2],
            deliveries,
            {name: read_log(name, logs[name]) for name in sorted(logs)},
            {name.decode(): Flow.read(described) for page in pages for name, described, _ in page[5]},
            {name.decode(): ahead.decode() for page in pages for name, _, ahead in page[5] if ahead},
            _moment(fields.get("expires")),
            _moment(fields.get("cancelled")),
            pages[-1][0],
        )


def _moment(stored: bytes | None) -> int | None:
    return None if stored is None else int(stored)


def _pairs(flat: list[bytes]) -> Iterable[tuple[bytes, bytes]]:
    return zip(flat[::2], flat[1::2], strict=True)


def read_log(destination: str, log: bytes) -> AttemptLines:
    """Read a delivery's attempt log."""
    # Half of a short line's bytes would go for what is known or false.
    known = {"destination": destination, "possible_duplicate": False}
    return tuple({**known, **orjson.loads(line)} for line in log.split(b"\n") if line)
