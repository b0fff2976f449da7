"""The parts of the documentation that are made from the code: tables of options and of event names.

`python -m outhaul_worker.destinations.reference PAGE...` brings the marked parts of pages up to date; without a page it
prints every part. A part stands between `<!-- generated: NAME -->` and `<!-- end of generated -->`.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from marshmallow import Schema, missing
from marshmallow.fields import Field

from outhaul_producers.types import CUSTOM_PREFIX, TYPES
from outhaul_worker.destinations.datareshape import names as datareshape
from outhaul_worker.destinations.esputnik import names as esputnik
from outhaul_worker.destinations.okanjo import names as okanjo
from outhaul_worker.destinations.registry import kinds
from outhaul_worker.destinations.remarkety.names import DEFAULT_NAMES
from outhaul_worker.destinations.simon import names as simon

_PART = re.compile(r"(?P<start><!-- generated: (?P<name>[^ ]+) -->\n).*?(?P<end><!-- end of generated -->)", re.DOTALL)
_NO_EVENT = "not applicable"


class UnknownPart(Exception):
    """A page asks for a generated part that there is none of."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"generated part {name!r}: expected one of {', '.join(sorted(known))}")


def parts() -> dict[str, Callable[[], str]]:
    """What can be generated, by the name a page asks for it with."""
    options = {f"{name}-options": partial(_options, kind.options) for name, kind in kinds().items()}
    return {
        **options,
        "datareshape-names": _datareshape_names,
        "esputnik-names": _esputnik_names,
        "okanjo-names": _okanjo_names,
        "remarkety-names": _remarkety_names,
        "simon-names": _simon_names,
    }


def updated(page: str) -> str:
    """The page's text with every marked part made anew.

    Raises:
        UnknownPart: a mark names no part.
    """
    known = parts()

    def made_anew(found: re.Match[str]) -> str:
        if found["name"] not in known:
            raise UnknownPart(found["name"], known)
        return f"{found['start']}\n{known[found['name']]()}\n{found['end']}"

    return _PART.sub(made_anew, page)


def main(arguments: Sequence[str]) -> None:
    """Bring the pages up to date, or print every part where none is named."""
    if not arguments:
        sys.stdout.write("\n".join(f"{name}\n\n{make()}" for name, make in parts().items()))
    for path in map(Path, arguments):
        path.write_text(updated(path.read_text()))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _options(schema: type[Schema]) -> str:
    rows = [
        (f"`{name}`", _default(field), str(field.metadata.get("description", "")))
        for name, field in schema().fields.items()
    ]
    return _table(("Option", "Default", "Meaning"), rows)


def _default(field: Field[object]) -> str:
    if field.load_default is missing:
        return "required"
    default = field.load_default() if callable(field.load_default) else field.load_default
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, list):
        return ", ".join(f"`{each}`" for each in default) or "none"
    return f"`{default}`" if default else "none"


def _datareshape_names() -> str:
    rows = [(f"`{name}`", _shown(datareshape.DEFAULT_NAMES.get(name, ""))) for name in TYPES]
    custom = (f"`{CUSTOM_PREFIX}<name>`", "`<name>` in snake case, if it is among `events`")
    return _table(("Event type", "`event.name`"), [*rows, custom])


def _esputnik_names() -> str:
    rows = [(f"`{name}`", _shown(esputnik.DEFAULT_NAMES.get(name, ""))) for name in TYPES]
    return _table(("Event type", "`eventTypeKey`"), [*rows, (f"`{CUSTOM_PREFIX}<name>`", "`<name>`")])


def _okanjo_names() -> str:
    rows = [(f"`{name}`", _shown(okanjo.DEFAULT_NAMES.get(name, ""))) for name in TYPES]
    return _table(("Event type", "`type`"), [*rows, (f"`{CUSTOM_PREFIX}<name>`", _NO_EVENT)])


def _shown(name: str) -> str:
    return f"`{name}`" if name else _NO_EVENT


def _remarkety_names() -> str:
    names: Mapping[str, str] = DEFAULT_NAMES
    rows = [(f"`{name}`", *_sent_as(names.get(name, ""))) for name in TYPES]
    custom = (f"`{CUSTOM_PREFIX}<name>`", "`<name>` in kebab-case", "custom")
    return _table(("Event type", "`x-event-type`", "Kind of event"), [*rows, custom])


def _sent_as(name: str) -> tuple[str, str]:
    if not name:
        return _NO_EVENT, "-"
    return f"`{name}`", "built-in" if "/" in name else "custom"


def _simon_names() -> str:
    rows = [(f"`{name}`", *_at_simon(simon.DEFAULT_NAMES.get(name, ""))) for name in TYPES]
    custom = (f"`{CUSTOM_PREFIX}<name>`", "`custom`", "`<name>` in snake case")
    return _table(("Event type", "`event`", "`eventName`"), [*rows, custom])


def _at_simon(name: str) -> tuple[str, str]:
    if not name:
        return _NO_EVENT, "-"
    if name == simon.IDENTIFY:
        return "`identify` call", "-"
    return (f"`{name}`", "-") if name in simon.BUILT_IN else ("`custom`", f"`{name}`")


if __name__ == "__main__":
    main(sys.argv[1:])
