"""The values that travel into and out of the ledger. Times are Unix milliseconds of the server's clock."""

from enum import StrEnum
from itertools import product
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


class Health(StrEnum):
    """What an attempt says of its endpoint as a whole, beside what it says of the one delivery."""

    UNKNOWN = "unknown"
    OK = "ok"
    FAILING = "failing"
    OVERLOADED = "overloaded"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"

    @property
    def judged(self) -> bool:
        """True when the attempt says anything."""
        return self is not Health.UNKNOWN

    @property
    def failed(self) -> bool:
        """True when the breaker counts a failure."""
        return self not in (Health.UNKNOWN, Health.OK)

    @property
    def silent(self) -> bool:
        """True when no answer came at all."""
        return self in (Health.UNREACHABLE, Health.TIMED_OUT)

    @property
    def overloaded(self) -> bool:
        """True when fewer requests at a time may help."""
        return self in (Health.OVERLOADED, Health.TIMED_OUT)


class Acceptance(StrEnum):
    """What `accept` did with an event."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


class Submission(NamedTuple):
    """One event as a producer hands it in. `digest` is of what the caller gave, before defaults.

    `body` is the event's canonical JSON (`outhaul_producers.event.canonical`), as readers rely on its order. `plain`
    promises that nothing in it says when or where it is to go, so that its type is enough to route it.
    """

    event_id: str
    digest: str
    source: str
    type: str
    body: bytes
    plain: bool = False


class Accepted(NamedTuple):
    """The ledger's answer to one submission; `accepted_at` is that of the first acceptance."""

    result: Acceptance
    accepted_at: int


class Inbound(NamedTuple):
    """An accepted event that is leased for routing; `accepted_at` is Unix ms, `plain` as in `Submission`."""

    event_id: str
    accepted_at: int
    type: str
    plain: bool
    body: bytes


class Intake(NamedTuple):
    """Events leased for routing, and how many were `routed` by their type already.

    `version` is that of the subscriptions they are to be routed by, or a later one. `more`: there is more to do at
    once, events to route, or deliveries to let out whose turn in an order has come.
    """

    version: int
    routed: int
    events: list[Inbound]
    more: bool


class Route(NamedTuple):
    """One destination an event goes to; with `skipped` set it ends there, with that reason.

    `order` is what the deliveries of a destination that must keep their order have in common: `<key>`, or
    `<key>/<tries>` where one that has failed so many tries is passed by the others; the key has no blank or slash.
    """

    destination: str
    skipped: str = ""
    order: str = ""


class Schedule(NamedTuple):
    """When an event is first due, 0 for at once, and when it is no longer wanted, None for never."""

    not_before: int = 0
    expires: int | None = None


AT_ONCE = Schedule()


class Lease(NamedTuple):
    """A worker's temporary right to attempt one delivery.

    `attempt` numbers all attempts and is, with the drain, the fencing token; `tries` counts those since the last replay
    that burned the retry budget, this one included; `since` is the moment its age counts from: the acceptance, the time
    before which it was not to be sent, the moment its turn in an order came, or the last replay. `slow` is true where
    the destination answers slowly, has not answered in time, or never has answered at all.
    """

    destination: str
    event_id: str
    attempt: int
    tries: int
    accepted_at: int
    since: int
    possible_duplicate: bool
    slow: bool = False
    body: bytes = b""

    def bare(self) -> "Lease":
        """Return it without the event's body, for whoever keeps thousands."""
        return Lease(*self[:-1])


class Settlement(NamedTuple):
    """What an attempt came to, as `settle` writes it.

    `state` is any state but LEASED; PENDING means due again after `delay_ms`. `burned` is false where the attempt
    does not count against the retry budget. `ambiguous` marks the next attempt a possible duplicate. `pause` is a
    reason to pause the whole destination, or empty. `status` is the HTTP status, 0 without an answer. `line` is a JSON
    object for the attempt log, already redacted, or empty for none; the ledger only stores it. `health` is what breaker
    and concurrency go by, and `duration_ms` how long the endpoint took.
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
    health: Health = Health.UNKNOWN
    duration_ms: int = 0

    @property
    def flags(self) -> str:
        """What is true or not of it in one word, as `settle` reads it.

        Raises:
            ValueError: `state` is LEASED, which no attempt leads to.
        """
        if self.state is State.LEASED:
            raise ValueError(f"{self.destination}: expected the state an attempt leads to, got leased: use pending")
        return _FLAGS[self.burned, self.ambiguous, self.health]


_FLAGS = {
    (burned, ambiguous, health): "".join(
        "01"[flag] for flag in (burned, ambiguous, health.judged, health.failed, health.silent, health.overloaded)
    )
    for burned, ambiguous, health in product((False, True), (False, True), Health)
}


class Leased(NamedTuple):
    """What `lease` answers: server time, ms until a lane is due (-1: none), whether the worker is to stop, leases."""

    now: int
    wait_ms: int
    stopping: bool
    leases: list[Lease]


class Resumed(NamedTuple):
    """What `resume` found: whether the destination was paused, and whether its breaker was open."""

    paused: bool
    opened: bool


class Dispatch(NamedTuple):
    """What `dispatch` answers, and so which other operations of a dispatcher have something to do.

    Args:
        send: whether to send a drain.
        wait_ms: until work is due, -1 for none.
        running: drains alive or asked for.
        silent: a drain fell silent, which `recover` takes for dead.
        unwanted: an event has expired, or was being taken back by a caller that is lost, which `expire` and
            `finish_cancelling` end.
        untidy: a subscription was removed or stopped, and `tidy` is not done with it.
        subscribed: there are subscriptions, which `tidy` looks after.
    """

    send: bool
    wait_ms: int
    running: int
    silent: bool = False
    unwanted: bool = False
    untidy: bool = False
    subscribed: bool = False


class Expired(NamedTuple):
    """What `expire` did: deliveries that became dead letters, events that were gone through, whether more are due.

    `cancelling` tells that an event is being taken back, which may be left to `finish_cancelling`.
    """

    deliveries: int
    events: int
    more: bool
    cancelling: bool


class Stopped(NamedTuple):
    """Where one delivery stands after its event was taken back; `now` says that this call ended it."""

    destination: str
    state: State
    now: bool

    @classmethod
    def read(cls, destination: bytes, state: bytes, now: int) -> "Stopped":
        """Read what the operation answers for a delivery."""
        return cls(destination.decode(), State(state.decode()), bool(now))


class Cancelled(NamedTuple):
    """What `cancel` did. `unrouted`: the event had no deliveries yet and will get none."""

    unrouted: bool
    deliveries: list[Stopped]


class Recovered(NamedTuple):
    """What `recover` did: deliveries and events made due again, dead-lettered ones, drains given up."""

    recovered: int
    dead: int
    drains: int


class Swept(NamedTuple):
    """What `sweep` did: expired events taken out of the index, and the place to go on from, 0 at the end."""

    removed: int
    place: int
