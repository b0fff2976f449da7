"""The values that travel into and out of the ledger. Times are Unix milliseconds of the server's clock."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    LEASED = "leased"
    DELIVERED = "delivered"
    DEAD = "dead"
    SKIPPED = "skipped"
    HELD = "held"
    CANCELLED = "cancelled"


class Acceptance(StrEnum):
    """What `accept` did with an event."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


class Submission(NamedTuple):
    """One event as a producer hands it in. `digest` is of what the caller gave, before defaults."""

    event_id: str
    digest: str
    source: str
    type: str
    body: bytes


class Accepted(NamedTuple):
    """The ledger's answer to one submission; `accepted_at` is that of the first acceptance."""

    result: Acceptance
    accepted_at: int


class Inbound(NamedTuple):
    """An accepted event that is leased for routing."""

    event_id: str
    body: bytes


class Route(NamedTuple):
    """One destination an event goes to; with `skipped` set it ends there, with that reason."""

    destination: str
    skipped: str = ""


class Lease(NamedTuple):
    """A worker's temporary right to attempt one delivery.

    `attempt` numbers all attempts and is, with the drain, the fencing token; `tries` counts those since the last replay
    that burned the retry budget, this one included; `since` is the acceptance or the last replay.
    """

    destination: str
    event_id: str
    attempt: int
    tries: int
    accepted_at: int
    since: int
    possible_duplicate: bool
    body: bytes


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an attempt came to, as `settle` writes it.

    `state` is any state but LEASED; PENDING means due again after `delay_ms`. `burned` is false where the attempt
    does not count against the retry budget. `ambiguous` marks the next attempt a possible duplicate. `pause` is a
    reason to pause the whole destination, or empty. `status` is the HTTP status, 0 without an answer. `line` is a JSON
    object for the attempt log, already redacted, or empty for none; the ledger only stores it.

    Raises:
        ValueError: `state` is LEASED.
    """

    destination: str
    event_id: str
    attempt: int
    state: State
    reason: str = ""
    status: int = 0
    delay_ms: int = 0
    burned: bool = True
    ambiguous: bool = False
    pause: str = ""
    line: bytes = b""

    def __post_init__(self) -> None:
        if self.state is State.LEASED:
            raise ValueError(f"{self.destination}: expected the state an attempt leads to, got leased: use pending")


class Leased(NamedTuple):
    """What `lease` answers: server time, ms until a lane is due (-1: none), whether the worker is to stop, leases."""

    now: int
    wait_ms: int
    stopping: bool
    leases: list[Lease]


class Dispatch(NamedTuple):
    """What `dispatch` answers: whether to send a drain, ms until work is due (-1: none), drains alive or asked for."""

    send: bool
    wait_ms: int
    running: int


class Recovered(NamedTuple):
    """What `recover` did: deliveries and events made due again, dead-lettered ones, drains given up."""

    recovered: int
    dead: int
    drains: int
