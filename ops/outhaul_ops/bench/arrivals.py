"""What reached the receiver, read from its log: a line `<Unix seconds> <message id>` for each request."""

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
            self._first_seen.setdefault(message, float(at))
            self._requests += 1
        return len(self._first_seen)

    @property
    def repeated(self) -> int:
        """How many requests brought a message that had arrived before."""
        return self._requests - len(self._first_seen)

    @property
    def per_second(self) -> float:
        """Different messages per second, from the first arrival to the last.

        Raises:
            ValueError: fewer than two arrived, or all at the same millisecond.
        """
        times = self._first_seen.values()
        if not times or min(times) == max(times):
            raise ValueError(f"expected arrivals spread over time, got {len(times)} at one moment: take more events")
        return (len(times) - 1) / (max(times) - min(times))
