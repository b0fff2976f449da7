"""Numbers, times, overrides and JSON as destinations write them."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outhaul_worker.destinations.encoding import (
    encode,
    local_time,
    merged,
    milliseconds,
    number,
    offset_time,
    with_overrides,
)
from unit.destinations.canonical import event

_objects = st.recursive(
    st.none() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
_trees = st.dictionaries(st.sampled_from("abc"), _objects, max_size=3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("17.00", b"17"), ("8.50", b"8.5"), ("0.00", b"0"), ("-3.03", b"-3.03"), ("999999999999.99", b"999999999999.99")],
)
def test_an_amount_becomes_the_shortest_json_number_of_the_same_value(text: str, expected: bytes) -> None:
    """Vendors that want numbers get them unquoted and without trailing zeros."""
    assert orjson.dumps(number(text)) == expected


@given(st.decimals(-(10**11), 10**11, places=4))
def test_no_amount_up_to_15_digits_is_changed_by_becoming_a_number(amount: Decimal) -> None:
    """Money survives the way through a JSON number to the last of four decimals."""
    assert Decimal(orjson.dumps(number(f"{amount:f}")).decode()) == amount


def test_what_is_a_number_already_stays_as_it_is() -> None:
    """Quantities and percentages are no amounts and keep their type."""
    assert [number(2), number(0.25)] == [2, 0.25]


@pytest.mark.parametrize("written", ["2026-03-05T08:15:00.000Z", "2026-03-05T08:15:00.999Z", "2026-03-05T08:15:00Z"])
def test_a_time_is_written_with_a_numeric_offset_and_whole_seconds(written: str) -> None:
    """Vendors that read no `Z` still learn the right instant."""
    assert offset_time(written) == "2026-03-05T08:15:00+00:00"


@pytest.mark.parametrize(
    ("utc", "zone", "shown"),
    [
        ("2026-03-05T08:15:00.999Z", "Europe/Kyiv", "2026-03-05T10:15:00"),
        ("2026-07-05T08:15:00.000Z", "Europe/Kyiv", "2026-07-05T11:15:00"),
        ("2026-03-08T07:59:59.000Z", "America/Chicago", "2026-03-08T01:59:59"),
        ("2026-03-08T08:00:00.000Z", "America/Chicago", "2026-03-08T03:00:00"),
        ("2026-11-01T06:30:00.000Z", "America/Chicago", "2026-11-01T01:30:00"),
        ("2026-11-01T07:30:00.000Z", "America/Chicago", "2026-11-01T01:30:00"),
        ("0001-01-01T00:00:00.000Z", "America/Chicago", "0001-01-01T00:00:00"),
        ("9999-12-31T23:59:59.000Z", "Asia/Tokyo", "9999-12-31T23:59:59"),
    ],
)
def test_a_time_of_a_zone_follows_its_summer_time_and_never_fails(utc: str, zone: str, shown: str) -> None:
    """Vendors that read times by the clock on their wall get the right one, and odd years crash nothing."""
    assert local_time(utc, ZoneInfo(zone)) == shown
    assert local_time(utc, ZoneInfo(zone), " ") == shown.replace("T", " ")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-03-05T08:15:00.999Z", 1_772_698_500_999),
        ("1970-01-01T00:00:00.001Z", 1),
        ("0001-01-01T00:00:00.000Z", -62_135_596_800_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ],
)
def test_a_time_in_milliseconds_is_exact(written: str, expected: int) -> None:
    """Vendors that count milliseconds get the very one, in any year."""
    assert milliseconds(written) == expected


def test_json_is_compact_and_keeps_the_order_of_keys() -> None:
    """Equal payloads are equal bytes, with nothing in them that only people need."""
    assert encode({"b": 1, "a": ["é", None]}) == '{"b":1,"a":["é",null]}'.encode()


def test_objects_merge_while_lists_and_nulls_replace() -> None:
    """An override changes what it names and leaves the rest of the payload alone."""
    base = {"order": {"id": "1", "tags": ["a", "b"]}, "kept": True}
    over = {"order": {"tags": ["c"], "note": None}, "kept": {"now": "an object"}}
    assert merged(base, over) == {"order": {"id": "1", "tags": ["c"], "note": None}, "kept": {"now": "an object"}}


@given(_trees, _trees)
def test_merging_changes_neither_side_and_what_lies_on_top_wins(
    base: dict[str, object], over: dict[str, object]
) -> None:
    """Whatever is merged, the inputs stay as they were and merging again changes nothing."""
    before = orjson.dumps([base, over])
    once = merged(base, over)
    assert orjson.dumps([base, over]) == before
    assert merged(once, over) == once
    assert list(once)[: len(base)] == list(base)


def test_only_the_overrides_of_the_destination_itself_apply() -> None:
    """What is meant for one destination shows at no other."""
    given_event = event("custom.ping", overrides={"mine": {"a": {"b": 2}}, "theirs": {"a": 3}})
    assert with_overrides({"a": {"b": 1, "c": 1}}, given_event, "mine") == {"a": {"b": 2, "c": 1}}
    assert with_overrides({"a": 1}, given_event, "nobody's") == {"a": 1}
    assert with_overrides({"a": 1}, event("custom.ping"), "mine") == {"a": 1}
