"""One function per section that reads valid objects; whatever is not plainly valid it leaves to the section itself.

Of every event nearly all values are in their canonical form already. Whether one is, a field can say in an expression;
a call per value would cost more than what the call does. So the expressions of a section are joined into the source of
one function, once per class of section, as `dataclasses` does for `__init__`. The fields stay the only definition: what
an expression does not recognise is read by the field, and an object that is not valid is read by the section, which
words every problem.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outhaul_producers.schema.section import Section, Value


@dataclass(frozen=True, slots=True)
class Plain:
    """An expression over `value` that is true only for values that are their own canonical form.

    It names what it needs as `{name}`; `names` says what that is.
    """

    condition: str
    names: Mapping[str, Any] = field(default_factory=dict)


def compile_section(
    section: "Section", fields: Mapping[str, "Value"], required: tuple[str, ...]
) -> Callable[[Any], dict[str, Any]]:
    """Make the function; it returns what `section.read_fully` returns, and raises nothing else.

    Args:
        section: whose rules hold beyond those of its fields.
        fields: its fields by the key they are given under.
        required: keys without which nothing is valid.
    """
    names: dict[str, Any] = {"read_fully": section.read_fully}
    lines = [*_begin(section, required)]
    for index, (key, value) in enumerate(fields.items()):
        lines += _read_one(index, key, value, names)
    lines += _end(section, names)
    source = "\n    ".join(["def read(given):", *lines])
    exec(compile(source, f"<{type(section).__name__}>", "exec"), names)  # noqa: S102 -- of our own declarations alone
    read: Callable[[Any], dict[str, Any]] = names["read"]
    return read


def _begin(section: "Section", required: tuple[str, ...]) -> Iterator[str]:
    yield "if type(given) is not dict: return read_fully(given)"
    for key in required:
        yield f"if {key!r} not in given: return read_fully(given)"
    if section.any_of:
        yield f"if not ({' or '.join(f'{key!r} in given' for key in section.any_of)}): return read_fully(given)"
    yield "found = {}"
    yield "known = 0"


def _read_one(index: int, key: str, value: "Value", names: dict[str, Any]) -> Iterator[str]:
    names[f"read_{index}"] = value.reader()
    plain = value.plain()
    yield f"if {key!r} in given:"
    yield "    known += 1"
    yield f"    value = given[{key!r}]"
    if plain is None:
        yield f"    found[{key!r}] = read_{index}(value)"
        return
    renamed = {name: f"{name}_{index}" for name in plain.names}
    names.update({renamed[name]: meant for name, meant in plain.names.items()})
    yield f"    found[{key!r}] = value if {plain.condition.format(**renamed)} else read_{index}(value)"


def _end(section: "Section", names: dict[str, Any]) -> Iterator[str]:
    yield "if known != len(given): return read_fully(given)"
    for rule in section.further_rules():
        names[rule.__name__] = rule
    if "lacks" in names:
        yield "if lacks(given, found): return read_fully(given)"
    if "contradictions" in names:
        yield "if contradictions(found): return read_fully(given)"
    yield "return found"
