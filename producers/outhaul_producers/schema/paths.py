"""Where single values stand in an event, as dotted paths."""

from collections.abc import Iterator
from functools import cache

from outhaul_producers.schema.envelope import ENVELOPE
from outhaul_producers.schema.free import Free
from outhaul_producers.schema.section import Entries, Many, Part, Section


@cache
def value_paths() -> tuple[str, ...]:
    """Name every path of the model that leads to one value; `properties.*` stands for any path below `properties`."""
    return tuple(_below(ENVELOPE, ""))


def _below(section: Section, stem: str) -> Iterator[str]:
    for name, field in section.load_fields.items():
        path = stem + name
        if isinstance(field, Part):
            yield from _below(field.section, f"{path}.")
        elif isinstance(field, Free):
            yield f"{path}.*"
        elif not isinstance(field, Many | Entries):
            yield path
