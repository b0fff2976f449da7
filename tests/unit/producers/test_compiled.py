"""The fast way through the door: it must judge as the fields do, which are the definition."""

import enum
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from outhaul_producers.schema.envelope import ENVELOPE
from outhaul_producers.schema.section import Many, Part, Section, Value
from outhaul_producers.schema.sections import Totals
from strategies.events import Given, given_events, json_values

thorough = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


class Word(str):
    """Text of a type of its own."""

    __slots__ = ()


class Named(enum.StrEnum):
    """A key or value as a web framework words it."""

    TOTAL = "total"
    EUR = "EUR"


_CANONICAL = (
    *("", "x", "ab", "EUR", "eur", "RO", "M", "email", "prod", "1.0", "order.created", "Order Completed", "custom.a_b"),
    *("0.00", "8.50", "08.50", "-8.50", "8.5555", "999999999999.99", "1", "12", "8.5"),
    *("2024-02-28T00:00:00.000Z", "2023-02-29T00:00:00.000Z", "2024-02-29T23:59:59.999Z", "2026-04-31T08:15:00.000Z"),
    *("2026-03-05T08:15:00.000+01:00", "2026-03-05T08:15:00Z", "0000-01-01T00:00:00.000Z", "1990-05-21"),
    *("mara@shop.example", "Mara@shop.example", " mara@shop.example", "+40712000111", "+40 712 000 111"),
    *("https://shop.example/a", "HTTPS://shop.example", "app://place", "/shops/ro", "urn:x:%20", "ro-RO", "127.0.0.1"),
    *("x" * 64, "x" * 65, "x" * 128, "x" * 129, "x" * 255, "x" * 256, "x" * 5000, "a" * 252 + "@b.example"),
)
_ODD: tuple[Any, ...] = (
    *(0, 1, -1, 50, 51, 10**12, 10**12 + 1, 10**400, True, False, None, 0.5, 8.0, float("nan"), float("inf")),
    *(Decimal("8.5"), Decimal("NaN"), datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 3, 5)),  # noqa: DTZ001 -- naive on purpose
    *(Word("x"), Named.EUR, b"x", {}, [], (), ("x",), MappingProxyType({"name": "x"}), {"name": "x"}, object()),
)
_EDITS = ("\x00", "\n", "\x7f", "\ud800", "\u200b", "\u0660", " ", "é", "0", "-", ".", "\u2028")


def edited(text: str) -> Iterator[str]:
    """A text with a character put in at its ends and in its middle, or left out at its end."""
    yield text[:-1]
    for edit in _EDITS:
        for at in {0, len(text) // 2, len(text)}:
            yield text[:at] + edit + text[at:]


USUAL = (*_CANONICAL, *_ODD, *(near for text in _CANONICAL for near in edited(text)))
values = st.sampled_from(USUAL) | json_values(leaves=4)


def all_fields(section: Section, seen: set[type]) -> Iterator[tuple[str, Value]]:
    """Every field of a section and of all sections below it."""
    if type(section) in seen:
        return
    seen.add(type(section))
    for name, field in section.load_fields.items():
        assert isinstance(field, Value)
        yield f"{type(section).__name__}.{name}", field
        for part in (field, field.inner if isinstance(field, Many) else None):
            if isinstance(part, Part):
                yield from all_fields(part.section, seen)


FIELDS = dict(all_fields(ENVELOPE, set()))
RECOGNISING = {name: field for name, field in FIELDS.items() if field.plain()}


def recogniser(field: Value) -> Callable[[Any], bool]:
    """Return what says whether a field's expression takes a value as it is."""
    plain = field.plain()
    assert plain
    condition = plain.condition.format(**{name: name for name in plain.names})
    made: Callable[[Any], bool] = eval(f"lambda value: bool({condition})", dict(plain.names))
    return made


def outcome(read: Any, value: Any) -> tuple[str, Any]:
    """What a reader makes of a value: its canonical form with all types, or its complaints."""
    try:
        return "read", exact(read(value))
    except ValidationError as error:
        return "refused", error.messages


def exact(value: Any) -> Any:
    """Return a value with its types, as True equals 1 and a member of an enum its value."""
    if isinstance(value, Mapping):
        return type(value), {(type(key), key): exact(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value), [exact(inner) for inner in value]
    return type(value), value


@pytest.mark.parametrize("name", sorted(RECOGNISING))
def test_what_a_field_takes_as_it_is_it_would_read_as_the_same(name: str) -> None:
    """A value that skips its field's `read` is one that `read` returns unchanged; and there are such values."""
    field = RECOGNISING[name]
    taken = list(filter(recogniser(field), USUAL))
    assert taken
    for value in taken:
        assert outcome(field.read, value) == ("read", exact(value))


@thorough
@given(st.sampled_from(sorted(RECOGNISING)), json_values(leaves=4))
def test_no_field_takes_any_json_for_its_own_that_it_would_read_otherwise(name: str, value: Any) -> None:
    """The same of values that nobody thought of."""
    field = RECOGNISING[name]
    if recogniser(field)(value):
        assert outcome(field.read, value) == ("read", exact(value))


@thorough
@given(given_events())
def test_valid_events_are_read_alike_on_both_ways(event: Given) -> None:
    """The fast way and the full one make the same of every event of the vocabulary, and neither touches it."""
    before = exact(event)
    assert outcome(ENVELOPE.read, event) == outcome(ENVELOPE.read_fully, event)
    assert exact(event) == before


@thorough
@given(given_events(), st.data())
def test_changed_events_are_judged_alike_on_both_ways(event: Given, data: st.DataObject) -> None:
    """Whatever is put, taken or renamed anywhere in an event: the door says the same as the fields, word for word."""
    changed = _changed(event, data)
    assert outcome(ENVELOPE.load, changed) == outcome(ENVELOPE.read_fully, changed)


@pytest.mark.parametrize(
    "given_", [{Named.TOTAL: "8.50"}, {Word("total"): "8.50"}, MappingProxyType({"total": "8.50"})]
)
def test_keys_and_objects_of_other_types_come_out_plain(given_: Any) -> None:
    """What the fast way returns can always be written as JSON."""
    assert outcome(Totals().load, given_) == ("read", exact({"total": "8.50"}))


def test_a_field_that_reads_in_its_own_way_recognises_nothing_until_it_says_so() -> None:
    """A new kind of field cannot inherit an expression that lets pass what it would refuse."""

    class Shout(type(FIELDS["Line.code"])):  # type: ignore[misc] # a class that is only known at run time
        """Text that must end in an exclamation mark."""

        def read(self, value: Any) -> str:
            """Return the text with its mark."""
            return f"{value}!"

    assert Shout().plain() is None


def _changed(event: Any, data: st.DataObject) -> Any:
    """Walk down at random and change what is there."""
    if isinstance(event, dict) and event and data.draw(st.integers(0, 5)):
        key = data.draw(st.sampled_from(sorted(event)))
        return {**event, key: _changed(event[key], data)}
    if isinstance(event, list) and event and data.draw(st.integers(0, 5)):
        at = data.draw(st.integers(0, len(event) - 1))
        return [*event[:at], _changed(event[at], data), *event[at + 1 :]]
    if isinstance(event, dict) and data.draw(st.booleans()):
        return _with_other_keys(event, data)
    return data.draw(values)


def _with_other_keys(event: dict[Any, Any], data: st.DataObject) -> Any:
    """Take a key away, or add one: known somewhere, unknown everywhere, or no text at all."""
    take: bool = data.draw(st.booleans())
    if event and take:
        gone = data.draw(st.sampled_from(sorted(event)))
        return {key: value for key, value in event.items() if key != gone}
    known = sorted({name.partition(".")[2] for name in FIELDS})
    key: Any = data.draw(st.sampled_from([*known, "other", 7, Named.TOTAL, None]))
    return {**event, key: data.draw(values)}
