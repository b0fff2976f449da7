"""When two calls with one id are the same event."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from outhaul_producers.normalise import normalise
from strategies.events import Given, given_events
from strategies.examples import ITEM, example

NOW = datetime(2026, 3, 5, 8, 15, tzinfo=UTC)
LATER = datetime(2026, 3, 6, 8, 15, tzinfo=UTC)


def digest(event: Given, *, source: str = "/", now: datetime = NOW) -> str:
    """Return the digest of an event given at a time, in a process with a source."""
    return normalise(event, source=source, now=now).digest


def test_a_repeated_call_is_the_same_content_whenever_and_wherever_it_is_made() -> None:
    """What is filled in for the caller (time, source, id) is no part of the content."""
    assert digest(example(id="abc")) == digest(example(id="abc"), source="/shops/ro", now=LATER)


@pytest.mark.parametrize(
    "more",
    [{"environment": "prod"}, {"channel": "website"}, {"specversion": "1.0"}, {"schema_version": 1}, {"id": "other"}],
)
def test_a_default_spelt_out_is_the_same_content(more: dict[str, Any]) -> None:
    """Saying what would be assumed anyway changes nothing."""
    assert digest(example(**more)) == digest(example())


def test_a_subject_spelt_out_is_the_same_content_unless_it_differs_from_the_derived_one() -> None:
    """The derived subject may be given back."""
    plain = digest(example("cart.viewed"))
    assert digest(example("cart.viewed", subject="cart/K-3")) == plain
    assert digest(example("cart.viewed", subject="cart/other")) != plain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"occurred_at": "2026-03-05T10:15:00+02:00"}, {"occurred_at": "2026-03-05T08:15:00Z"}),
        ({"occurred_at": "2026-03-05T08:15:00.000Z"}, {"occurred_at": NOW}),
        ({"product": {**ITEM, "price": "8.5"}}, {"product": {**ITEM, "price": "8.500"}}),
        ({"product": {**ITEM, "quantity": 2}}, {"product": {**ITEM, "quantity": "2.0"}}),
        ({"customer": {"email": "Mara@Shop.example"}}, {"customer": {"email": "mara@shop.example"}}),
        ({"customer": {"id": 71}}, {"customer": {"id": "71"}}),
        ({"customer": {"id": 1, "phone": "+40 712 000 111"}}, {"customer": {"phone": "+40712000111", "id": 1}}),
        ({"properties": {"a": 1, "b": 2}}, {"properties": {"b": 2, "a": 1}}),
        ({"properties": {"a": (1, 2)}}, {"properties": {"a": [1, 2]}}),
    ],
)
def test_equivalent_spellings_are_the_same_content(one: Given, other: Given) -> None:
    """A retry that went through a database or another zone is still the same event."""
    assert digest(example(**one)) == digest(example(**other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"occurred_at": "2026-03-05T08:15:00Z"}, {"occurred_at": "2026-03-05T08:15:01Z"}),
        ({"source": "/shops/ro"}, {"source": "/shops/de"}),
        ({"environment": "test"}, {}),
        ({"properties": {"a": 1}}, {"properties": {"a": "1"}}),
        ({"properties": {"a": [1, 2]}}, {"properties": {"a": [2, 1]}}),
        ({"customer": {"id": 1, "accepts_marketing": None}}, {"customer": {"id": 1, "accepts_marketing": False}}),
        ({"customer": {"id": 1, "accepts_marketing": None}}, {"customer": {"id": 1}}),
        ({"type": "custom.one"}, {"type": "custom.other"}),
    ],
)
def test_other_content_has_another_digest(one: Given, other: Given) -> None:
    """A difference that a destination could see is a difference."""
    assert digest(example(**one)) != digest(example(**other))


@settings(deadline=None, max_examples=60)
@given(given_events())
def test_the_digest_depends_on_content_alone(event: Given) -> None:
    """Reversing every object's keys and going through JSON leaves the digest as it is."""
    again = orjson.loads(orjson.dumps(_reversed(event)))
    assert digest(again, source="/other", now=LATER) == digest(event)


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reversed(value[key]) for key in reversed(value)}
    return [_reversed(one) for one in value] if isinstance(value, list) else value
