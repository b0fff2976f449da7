"""What a destination's delivery policy is made of. All times are seconds."""

from dataclasses import dataclass
from typing import Literal

SCHEDULE_JITTER = 0.2


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
    `max_attempts` counts all tries, `max_age` runs from acceptance (or the last replay).
    """

    base: float = 5.0
    factor: float = 3.0
    cap: float = 6 * 3600.0
    max_attempts: int = 14
    max_age: float = 72 * 3600.0
    schedule: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a destination may tune; a kind supplies the defaults.

    `concurrency` is the most requests in flight to the destination, over all workers. `on_ambiguous` says what happens
    when the request was sent and the answer was lost: `retry`, or `hold` for a person.
    """

    timeout: Timeout = Timeout()
    retry: Retry = Retry()
    concurrency: int = 64
    on_ambiguous: Literal["retry", "hold"] = "retry"
