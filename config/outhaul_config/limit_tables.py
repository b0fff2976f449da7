"""The keys of a destination's table that limit what it is sent: `concurrency`, `rate`, `burst` and `breaker`."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from marshmallow import Schema, ValidationError, fields

from outhaul_config.durations import Duration, format_duration
from outhaul_config.fields import Expected, number, whole, within
from outhaul_config.policy import MOST_IN_FLIGHT, Breaker, Policy, Rate

_MOST_FIXED = 10_000
_MOST_AT_ONCE = 10_000
_FASTEST = 100_000
_MILLISECOND = 0.001
_HOUR = 3600.0
_DAY = 24 * _HOUR
_PERIODS = {"s": 1.0, "min": 60.0, "h": _HOUR}
_WRITTEN_RATE = re.compile(r"(\d{1,9})/(s|min|h)", re.ASCII)
_RATE = f'a whole number from 1 to {_FASTEST} per s, min or h, such as "50/s" or "1000/min", or false for none'
_CONCURRENCY = f'a whole number from 1 to {_MOST_FIXED}, or "auto"'


def _about(description: str) -> dict[str, str]:
    return {"description": description}


def _concurrency(value: Any) -> int | Literal["auto"]:
    if isinstance(value, str) and value.lower() == "auto":
        return "auto"
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError
    return within(int(value), 1, _MOST_FIXED)


def _rate(value: Any) -> Rate | Literal[False]:
    if value is False:
        return False
    match = _WRITTEN_RATE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError
    return Rate(within(int(match[1]), 1, _FASTEST), _PERIODS[match[2]])


class BreakerTable(Schema):
    """The `breaker` table."""

    failure_ratio = number(
        0.01, 1, metadata=_about("Which part of the attempts must fail for the destination to be left alone.")
    )
    min_attempts = whole(
        1, 10_000, metadata=_about("How many attempts there must be before `failure_ratio` means anything.")
    )
    window = Duration(1, _HOUR, metadata=_about("Over how long a time attempts and failures are counted."))
    connection_failures = whole(
        1, 10_000, metadata=_about("How many attempts in a row without any answer open the breaker as well.")
    )
    open_for = Duration(
        _MILLISECOND,
        _DAY,
        metadata=_about("How long the destination is left alone; doubled each time it has not helped."),
    )
    open_cap = Duration(_MILLISECOND, _DAY, metadata=_about("What that time does not exceed."))


class TableOrFalse(fields.Nested):
    """A table, or `false` in its place."""

    expected = "a table, or false for none"

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if value is False:
            return False
        if not isinstance(value, Mapping):
            raise ValidationError(self.expected)
        return super()._deserialize(value, *args, **kwargs)


class LimitKeys(Schema):
    """The keys themselves."""

    concurrency = Expected(
        _concurrency,
        _CONCURRENCY,
        choices=("auto",),
        metadata=_about(
            "The most requests in flight to the destination, over all workers; `auto` finds out how many it takes, up"
            f" to {MOST_IN_FLIGHT}."
        ),
    )
    rate = Expected(
        _rate,
        _RATE,
        metadata=_about("The most attempts that start in a second, minute or hour, over all workers."),
    )
    burst = whole(
        1, _MOST_AT_ONCE, metadata=_about("How many attempts may start at once after a rest; 1 paces them evenly.")
    )
    breaker = TableOrFalse(
        BreakerTable, metadata=_about("When the destination is left alone for a while because its endpoint fails.")
    )


def merged_limits(policy: Policy, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return `concurrency`, `rate`, `burst` and `breaker` of a kind's policy with the given keys in their place.

    Raises:
        ValidationError: keys that are each valid contradict each other, or the defaults they are merged with.
    """
    refused: dict[str, Any] = {}
    rate = (given["rate"] or None) if "rate" in given else policy.rate
    if "burst" in given and rate is None:
        refused["burst"] = ["no such key without rate, which it is about"]
    breaker = policy.breaker
    try:
        breaker = _breaker(policy.breaker, given.get("breaker", {}))
    except ValidationError as error:
        refused["breaker"] = error.messages
    if refused:
        raise ValidationError(refused)
    return {
        "concurrency": given.get("concurrency", policy.concurrency),
        "rate": rate,
        "burst": given.get("burst", policy.burst if rate else 1),
        "breaker": breaker,
    }


def _breaker(default: Breaker | None, given: Mapping[str, Any] | Literal[False]) -> Breaker | None:
    if given is False:
        return None
    if default is None and not given:
        return None
    breaker = replace(default or Breaker(), **given)
    if breaker.open_for <= breaker.open_cap:
        return breaker
    if "open_for" in given:
        origin = "" if "open_cap" in given else ", the default of the kind"
        raise ValidationError({"open_for": [f"at most open_cap ({format_duration(breaker.open_cap)}{origin})"]})
    least = f"at least open_for ({format_duration(breaker.open_for)}, the default of the kind)"
    raise ValidationError({"open_cap": [least]})
