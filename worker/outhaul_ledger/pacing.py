"""Doing no more of something per second than was asked for."""

import re
import time
from collections.abc import Callable

_RATE = re.compile(r"(\d+(?:\.\d+)?)(?:/(s|m|h))?")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_BATCHES_PER_SECOND = 10


def parse_rate(written: str) -> float:
    """Return how many per second `50/s`, `10/m`, `5/h` or plain `50` mean.

    Raises:
        ValueError: it is none of these, or zero.
    """
    match = _RATE.fullmatch(written.strip())
    rate = float(match[1]) / _SECONDS[match[2] or "s"] if match else 0.0
    if rate <= 0:
        raise ValueError(f'expected a rate above zero such as "50/s" or "10/m"; got {written!r}')
    return rate


class Pacer:
    """Spreads work over time: `batch` is how much to do at once, `wait` pauses until more may be done."""

    def __init__(
        self,
        rate: float | None,
        most: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Allow `rate` a second, None for as fast as it goes, and at most `most` at once."""
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._free_at = clock()
        self.batch = most if rate is None else min(most, max(1, int(rate / _BATCHES_PER_SECOND)))

    def wait(self, done: int) -> None:
        """Return once another batch may follow the `done` that were just finished."""
        if self._rate is None:
            return
        # Time lost to a slow server is not made up for: the rate is a limit, not an average.
        self._free_at = max(self._free_at, self._clock() - done / self._rate) + done / self._rate
        self._sleep(max(0.0, self._free_at - self._clock()))
