"""Scalars as Okanjo writes them: all are texts or null."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from outhaul_worker.destinations.encoding import local_time
from outhaul_worker.destinations.rows import Section

_CENT = Decimal("0.01")
_CENTRAL = ZoneInfo("America/Chicago")


def money(value: str | Decimal) -> str:
    """An amount with two decimals, half a cent rounded up."""
    return str(Decimal(value).quantize(_CENT, ROUND_HALF_UP))


def central(value: str) -> str:
    """A canonical UTC time by the clocks of the US Central zone: `2026-03-05 02:15:00`."""
    return local_time(value, _CENTRAL, " ")


def central_or_none(value: str | None) -> str | None:
    """The same, null where there is no time."""
    return central(value) if value else None


def text_or_none(value: Any) -> str | None:
    """A text; null where there is none."""
    return value or None


def meta(properties: Section) -> Any:
    """Free data with all scalars as texts; nothing at all is an empty list, as PHP writes it."""
    return as_texts(properties) if properties else []


def as_texts(value: Any) -> Any:
    """A JSON value with every scalar in it as a text, booleans as `1` and `0`; null stays null."""
    if isinstance(value, Mapping):
        return {name: as_texts(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_texts(each) for each in value]
    if isinstance(value, bool):
        return "1" if value else "0"
    return value if value is None else str(value)
