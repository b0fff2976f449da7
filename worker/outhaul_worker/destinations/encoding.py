"""How canonical values become a payload's bytes: numbers, times, overrides and one deterministic JSON encoding."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, tzinfo
from typing import Any

import orjson

from outhaul_producers.event import Event

_SECONDS = len("2026-03-05T08:15:00")


def encode(payload: Mapping[str, Any] | list[Any] | str) -> bytes:
    """Compact UTF-8 JSON with keys in the payload's own order: equal payloads built alike give equal bytes."""
    return orjson.dumps(payload)


def number(value: str | float) -> int | float:
    """A canonical decimal string ("8.50") as a JSON number (8.5), whole ones without a fraction ("17.00" is 17).

    JSON numbers keep 15 significant digits at any receiver, so nothing finer is promised here.
    """
    if not isinstance(value, str):
        return value
    exact = float(value)
    return int(exact) if exact.is_integer() else exact


def offset_time(value: str) -> str:
    """A canonical UTC time ("2026-03-05T08:15:00.000Z") with a numeric offset and whole seconds ("...:00+00:00")."""
    return value[:_SECONDS] + "+00:00"


def local_time(value: str, zone: tzinfo, separator: str = "T") -> str:
    """A canonical UTC time as the clocks of a zone show it, in whole seconds and without saying the zone.

    In the hour that clocks repeat in autumn two instants give the same text. Where the zone's time would lie outside
    the years 1 to 9999 (some systems write year 1 for "unknown") it is UTC's.
    """
    moment = datetime.fromisoformat(value)
    with suppress(OverflowError):
        moment = moment.astimezone(zone)
    return moment.replace(tzinfo=None).isoformat(separator, "seconds")


def milliseconds(value: str) -> int:
    """A canonical UTC time as whole milliseconds since the Unix epoch."""
    return round(datetime.fromisoformat(value).timestamp() * 1000)


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `over` laid on top: objects merge key by key, anything else (lists and null too) is replaced."""
    return {**base, **{key: _laid_on(base.get(key), value) for key, value in over.items()}}


def with_overrides(payload: dict[str, Any], event: Event, destination: str) -> dict[str, Any]:
    """The payload with the event's `overrides` for this destination merged in last; neither argument is changed."""
    own = event.overrides.get(destination)
    return merged(payload, own) if own else payload


def _laid_on(below: Any, value: Any) -> Any:
    return merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
