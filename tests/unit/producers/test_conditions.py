"""The filter of a subscription: what it finds, and what it refuses."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outhaul_producers.subscriptions.conditions import DEEPEST, MOST, InvalidFilter, compile_filter

EVENT: Mapping[str, Any] = {
    "type": "order.created",
    "occurred_at": "2026-03-05T08:15:00.000Z",
    "order": {
        "id": "007",
        "currency": "EUR",
        "totals": {"total": "100.50"},
        "items": [{"sku": "MUG-R", "quantity": 2}, {"sku": "CUP", "quantity": 1}],
        "note": None,
        "test": True,
    },
}


def holds(condition: Any) -> bool:
    """Whether the event meets it."""
    return compile_filter(condition)(EVENT)


def field(path: str, **test: Any) -> dict[str, Any]:
    """A condition on one field."""
    return {"field": path, **test}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (field("order.currency", eq="EUR"), True),
        (field("order.currency", eq="USD"), False),
        (field("order.currency", ne="USD"), True),
        (field("order.currency", **{"in": ["USD", "EUR"]}), True),
        (field("order.currency", starts_with="E"), True),
        (field("order.totals.total", gte="100.5"), True),
        (field("order.totals.total", gt=100.5), False),
        (field("order.totals.total", lt=1000), True),
        (field("order.totals.total", lte="99"), False),
        (field("order.totals.total", eq=100.5), True),
        (field("occurred_at", gte="2026-03-01T00:00:00.000Z"), True),
        (field("occurred_at", lt=5), False),
        (field("order.currency", gt=5), False),
        (field("order.id", eq="7"), False),
        (field("order.id", eq="007"), True),
        (field("order.test", eq=True), True),
        (field("order.test", eq=1), False),
        (field("order.items.sku", eq="CUP"), True),
        (field("order.items.quantity", gte=3), False),
        (field("order.note", exists=False), True),
        (field("order.items", exists=True), True),
        (field("order.nothing.there", eq="x"), False),
        (field("order.nothing", ne="x"), True),
        (field("order.currency.deeper", exists=True), False),
        ({"not": field("order.currency", eq="EUR")}, False),
        ({"all": [field("order.currency", eq="EUR"), field("order.id", eq="007")]}, True),
        ({"any": [field("order.currency", eq="USD"), field("order.id", eq="008")]}, False),
    ],
)
def test_a_condition_means_what_the_page_says(condition: Any, expected: bool) -> None:
    """Amounts compare as numbers, times as they are written, lists by any of their members, absence as absence."""
    assert holds(condition) is expected


def nested(levels: int) -> Any:
    """A condition within so many others."""
    condition: Any = field("type", eq="x")
    for _ in range(levels - 1):
        condition = {"not": condition}
    return condition


@pytest.mark.parametrize(
    ("condition", "path"),
    [
        (None, ""),
        ({}, ""),
        ([], ""),
        ("order.currency == 'EUR'", ""),
        ({"none": []}, ""),
        ({"all": []}, "all"),
        ({"all": [field("type", eq="x")], "any": []}, ""),
        ({"all": [field("type", eq="x"), {"any": [7]}]}, "all[1].any[0]"),
        (field("type"), ""),
        (field("type", eq="x", ne="y"), ""),
        (field("type", matches=".*"), ""),
        (field("__class__.__name__", eq="x") | {"field": "a b"}, "field"),
        (field("a." * 10 + "b", eq="x"), "field"),
        (field("type", eq=None), "eq"),
        (field("type", eq={"field": "type"}), "eq"),
        (field("type", eq="x" * 256), "eq"),
        (field("type", **{"in": []}), "in"),
        (field("type", **{"in": ["x"] * 65}), "in"),
        (field("type", gt=True), "gt"),
        (field("type", starts_with=""), "starts_with"),
        (field("type", exists="yes"), "exists"),
        ({"all": [field("type", eq="x")] * (MOST + 1)}, f"all[{MOST}]"),
        (nested(DEEPEST + 1), ".".join(["not"] * DEEPEST)),
    ],
)
def test_what_is_no_filter_is_refused_with_its_place(condition: Any, path: str) -> None:
    """Nothing unknown is passed over, and nothing is larger or deeper than routing can bear."""
    with pytest.raises(InvalidFilter) as caught:
        compile_filter(condition)
    assert caught.value.path == path


def test_a_filter_of_the_largest_size_is_taken() -> None:
    """The limits are what the page says."""
    assert holds(nested(DEEPEST)) is (DEEPEST % 2 == 0)
    compile_filter({"all": [field("type", eq="x")] * MOST})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3),
    max_leaves=10,
)
TESTS = st.sampled_from(["eq", "ne", "lt", "lte", "gt", "gte", "starts_with", "exists", "in"])


@given(JSON, TESTS, st.sampled_from(["a", "a.b", "a.b.c"]), JSON)
def test_no_event_makes_a_filter_fail(body: Any, test: str, path: str, value: Any) -> None:
    """Whatever stands in an event, its condition is met or it is not; routing never breaks."""
    try:
        condition = compile_filter({"field": path, test: value})
    except InvalidFilter:
        return
    assert condition({"a": body}) in (True, False)
