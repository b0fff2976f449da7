"""What reached the receiver, read from its log: a line `<Unix seconds> <message id><path>` for each request.

A message is told from others by both, as one event goes to many destinations: `ev1` came to `/`, `ev1/shop-7` did not.
"""

from bisect import bisect_right
from collections.abc import Mapping
from pathlib import Path


class Arrivals:
    """Follows a receiver's log from where it stands now."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._position = log.stat().st_size
        self._first_seen: dict[bytes, float] = {}
        self._requests = 0

    def read(self) -> int:
        """Take in what the log holds by now; returns how many different messages have arrived."""
        with self._log.open("rb") as lines:
            lines.seek(self._position)
            # The last line may be half written; it is read the next time.
            whole, newline, _ = lines.read().rpartition(b"\n")
        self._position += len(whole) + len(newline)
        for line in whole.split(b"\n") if whole else ():
            at, _, message = line.partition(b" ")
            self._first_seen.setdefault(message.removesuffix(b"/"), float(at))
            self._requests += 1
        return len(self._first_seen)

    @property
    def repeated(self) -> int:
        """How many requests brought a message that had arrived before."""
        return self._requests - len(self._first_seen)

    def per_second(self) -> float:
        """Different messages per second, from the first arrival to the last.

        Raises:
            ValueError: fewer than two arrived, or all at the same millisecond.
        """
        times = self._first_seen.values()
        if not times or min(times) == max(times):
            raise ValueError(f"expected arrivals spread over time, got {len(times)} at one moment: take more events")
        return (len(times) - 1) / (max(times) - min(times))

    def most_within(self, seconds: float) -> int:
        """Return the most messages that arrived within so many seconds."""
        times = sorted(self._first_seen.values())
        return max((index - bisect_right(times, at - seconds) + 1 for index, at in enumerate(times)), default=0)

    def late(self, due: Mapping[str, float]) -> list[float]:
        """Return how many seconds after its time each message arrived, of those that have a time and have arrived."""
        seen = self._first_seen
        return [seen[message] - at for name, at in due.items() if (message := name.encode()) in seen]

    @property
    def span(self) -> tuple[float, float]:
        """When the first and the last message arrived.

        Raises:
            ValueError: none has arrived.
        """
        return min(self._first_seen.values()), max(self._first_seen.values())
