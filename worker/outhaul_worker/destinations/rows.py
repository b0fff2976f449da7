"""Tables of what a payload takes over from a section of the event, and how each value is converted."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from outhaul_producers.event import Event
from outhaul_worker.destinations.contract import Unserialisable

Section = Mapping[str, Any]
Row = tuple[str, str, Callable[[Any], Any]]
"""The canonical key, the vendor's key, and the conversion."""


def same(value: Any) -> Any:
    """The value as it is."""
    return value


def copied(source: Section, rows: Iterable[Row]) -> dict[str, Any]:
    """What the rows take over from the source, nulls left out."""
    return {to: convert(source[key]) for key, to, convert in rows if source.get(key) is not None}


def section(event: Event, name: str) -> Section:
    """The named section of the event.

    Raises:
        Unserialisable: the event does not have it.
    """
    found: Section | None = event.body.get(name)
    if found is None:
        raise Unserialisable(name, f"missing, and {event.type} is about it")
    return found
