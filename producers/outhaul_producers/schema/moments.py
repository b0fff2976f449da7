"""Fields that hold times and days."""

import re
from datetime import UTC, date, datetime
from typing import Any

from outhaul_producers.problems import refusal
from outhaul_producers.schema.compiled import Plain
from outhaul_producers.schema.section import Value

_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
# Days that every month of every year has; the calendar decides about the others.
_PLAIN = re.compile(rf"(?!0000)[0-9]{{4}}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])T{_CLOCK}\.[0-9]{{3}}Z").fullmatch
_RFC3339 = re.compile(
    rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[Tt ]{_CLOCK}(?:\.[0-9]{{1,9}})?(?:[Zz]|[+-][0-9]{{2}}:[0-9]{{2}})"
).fullmatch
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
_TIME = "a time with its zone such as 2026-03-05T10:15:00+02:00"
_AWARE = "give it a zone: a naive time means something else on every machine"


def written(moment: datetime) -> str:
    """Write an aware time as the canonical form does: RFC 3339, UTC, milliseconds, finer digits cut off."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"


class Moment(Value):
    """A point in time: aware datetime or RFC 3339 string with its offset in, UTC with milliseconds out."""

    def plain(self) -> Plain:
        """Say what needs no reading: canonical times of days that surely exist."""
        return Plain("type(value) is str and {recognise}(value)", {"recognise": _PLAIN})

    def read(self, value: Any) -> str:
        """Return the time in UTC."""
        try:
            return written(_aware(value))
        except (ValueError, OverflowError):
            raise refusal(_TIME, value) from None


class Day(Value):
    """A day of the calendar: date or `YYYY-MM-DD` in and out."""

    def read(self, value: Any) -> str:
        """Return the day."""
        if isinstance(value, date) and not isinstance(value, datetime):
            return value.isoformat()
        try:
            if isinstance(value, str) and _DAY(value):
                return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
        raise refusal("a day such as 1990-05-21", value, personal=True)


def _aware(value: Any) -> datetime:
    if isinstance(value, str) and _RFC3339(value):
        return datetime.fromisoformat(value.upper())
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise refusal(_TIME, value, _AWARE)
        return value
    if isinstance(value, str) and _RFC3339(value + "Z"):
        raise refusal(_TIME, value, _AWARE)
    raise refusal(_TIME, value)
