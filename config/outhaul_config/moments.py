"""Points in time as operators give them and as they are shown."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from outhaul_config.durations import parse_duration

_AGO = re.compile(r"[\d.]+(ms|s|m|h|d)")
_EXPECTED = 'expected a time with its zone, such as "2026-03-05T08:15:00Z", or how long ago, such as "2h" or "7d"'


@dataclass(frozen=True, slots=True)
class PointInTime:
    """A fixed time, or one that lies `ago` before another; both in milliseconds, a fixed one since 1970."""

    fixed: float | None = None
    ago: float = 0.0

    def before(self, now: float) -> float:
        """Return the Unix ms that are meant when it is `now`."""
        return now - self.ago if self.fixed is None else self.fixed

    def __str__(self) -> str:
        return f"{self.ago:.3f} ms ago" if self.fixed is None else f"{self.fixed:.3f}"


def parse_point(written: str) -> PointInTime:
    """Read an RFC 3339 time, or a duration with its unit that means so long ago.

    Raises:
        ValueError: it is neither; the message says what was expected.
    """
    try:
        if _AGO.fullmatch(written):
            return PointInTime(ago=parse_duration(written) * 1000)
        read = datetime.fromisoformat(written)
    except ValueError:
        raise ValueError(f"{_EXPECTED}; got {written!r}") from None
    if read.tzinfo is None:
        raise ValueError(f'{_EXPECTED}; got {written!r}, which has no zone: add "Z" or "+02:00"')
    return PointInTime(fixed=read.timestamp() * 1000)


def rfc3339(milliseconds: float) -> str:
    """Write Unix ms as RFC 3339 in UTC, to the millisecond."""
    at = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
