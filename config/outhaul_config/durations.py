"""Durations as people write them: `250ms`, `5s`, `15m`, `72h`, `7d`. In the program they are seconds."""

import re
from typing import Any

from outhaul_config.fields import Expected, within

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_WRITTEN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)?", re.ASCII)
_LONGEST = 10 * 365 * 86400.0


def parse_duration(value: str | float) -> float:
    """Return the seconds that `value` means: a number with a unit (ms, s, m, h, d), or plain seconds.

    Raises:
        ValueError: it is neither, is negative, not finite, or longer than ten years.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(_expectation(0.0, _LONGEST))
    seconds = _read(value) if isinstance(value, str) else float(value)
    if not 0 <= seconds <= _LONGEST:
        raise ValueError(_expectation(0.0, _LONGEST))
    return seconds


def format_duration(seconds: float) -> str:
    """Write seconds in the largest unit that needs no fraction; `parse_duration` reads it back."""
    for unit in ("d", "h", "m", "s", "ms"):
        count = round(seconds / _UNITS[unit], 6)
        if count >= 1 and count.is_integer():
            return f"{int(count)}{unit}"
    return f"{seconds:.6f}".rstrip("0").rstrip(".") + "s"


class Duration(Expected[float]):
    """A marshmallow field for a duration from `low` to `high` seconds; deserialises to seconds."""

    def __init__(self, low: float = 0.0, high: float = _LONGEST, **kwargs: Any) -> None:
        super().__init__(lambda value: within(parse_duration(value), low, high), _expectation(low, high), **kwargs)


def _read(written: str) -> float:
    match = _WRITTEN.fullmatch(written.strip())
    if match is None:
        raise ValueError(_expectation(0.0, _LONGEST))
    return float(match[1]) * _UNITS[match[2] or "s"]


def _expectation(low: float, high: float) -> str:
    return f'a duration from {format_duration(low)} to {format_duration(high)}, such as "250ms", "15s" or "2h"'
