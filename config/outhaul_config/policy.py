"""What a destination's delivery policy is made of. All times are seconds."""

from dataclasses import dataclass
from typing import Literal

SCHEDULE_JITTER = 0.2
MOST_IN_FLIGHT = 1000
"""Where the limit on concurrency stops growing when it is `auto`."""


@dataclass(frozen=True, slots=True)
class Timeout:
    """How long one attempt may take: `connect` to open the connection, `total` from start to the last byte read."""

    connect: float = 5.0
    total: float = 15.0


@dataclass(frozen=True, slots=True)
class Retry:
    """When a failed delivery is tried again, and when it is given up.

    Without `schedule` the wait before try n+1 is drawn from [0, min(cap, base * factor**(n-1))] (full jitter).
    With `schedule` it is the n-th entry +-20 %, and the deliveries end with the schedule.
    `max_attempts` counts all tries, `max_age` runs from acceptance, or from when it could first be tried: the time
    before which it was not to be sent, its turn in an order, the last replay.
    """

    base: float = 5.0
    factor: float = 3.0
    cap: float = 6 * 3600.0
    max_attempts: int = 14
    max_age: float = 72 * 3600.0
    schedule: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Rate:
    """How many attempts may start within `per` seconds: never more than `count`."""

    count: int
    per: float

    def __str__(self) -> str:
        units = {1.0: "s", 60.0: "min", 3600.0: "h"}
        return f"{self.count}/{units[self.per]}"


@dataclass(frozen=True, slots=True)
class Breaker:
    """When a destination is left alone for a while.

    That is when of at least `min_attempts` within `window` seconds the part `failure_ratio` failed, or when
    `connection_failures` in a row got no answer. It is left alone for `open_for` seconds, each time twice as long,
    `open_cap` at most.
    """

    failure_ratio: float = 0.5
    min_attempts: int = 20
    window: float = 30.0
    connection_failures: int = 5
    open_for: float = 5.0
    open_cap: float = 300.0


@dataclass(frozen=True, slots=True)
class Order:
    """Which deliveries of a destination must keep their order: those of events with the same value at the path `by`.

    `skip_after` is after how many failed tries the first of them is passed by the others; None: never.
    """

    by: str
    skip_after: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a destination may tune; a kind supplies the defaults.

    `concurrency` is the most requests in flight to the destination, over all workers; `auto` finds it out. `rate` is
    the most that may start in a time, `burst` how many of them at once after a rest. `on_ambiguous` says what happens
    when the request was sent and the answer was lost: `retry`, or `hold` for a person.
    """

    timeout: Timeout = Timeout()
    retry: Retry = Retry()
    concurrency: int | Literal["auto"] = "auto"
    rate: Rate | None = None
    burst: int = 1
    breaker: Breaker | None = Breaker()
    on_ambiguous: Literal["retry", "hold"] = "retry"
