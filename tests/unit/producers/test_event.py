"""The event as other parts get it."""

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given

from outhaul_producers.event import HANDLING, Event, canonical
from strategies import examples
from strategies.events import events


def test_an_event_reads_its_envelope_from_the_stored_bytes() -> None:
    """The fields everybody needs are there without looking into the body."""
    event = examples.canonical("order.created", id="ev_1", source="/shops/ro", occurred_at="2026-03-05T10:15:00+02:00")
    assert (event.id, event.type, event.source, event.environment) == ("ev_1", "order.created", "/shops/ro", "prod")
    assert (event.time, event.occurred_at) == ("2026-03-05T08:15:00.000Z", datetime(2026, 3, 5, 8, 15, tzinfo=UTC))
    assert event.body["order"]["items"][0]["price"] == "8.50"


def test_an_event_cannot_be_changed() -> None:
    """Steps of a delivery share one value."""
    with pytest.raises(AttributeError):
        examples.canonical().id = "other"  # type: ignore[misc] # the point


@given(events())
def test_what_is_passed_on_untouched_is_what_is_read(event: Event) -> None:
    """Of an event that is not taken apart nothing gets lost, and nothing of how to handle it is passed on."""
    data = event.data
    expected = {name: value for name, value in event.body.items() if name not in {"type", "occurred_at", *HANDLING}}
    assert data == orjson.dumps(expected)
    assert event == Event(canonical(event.body))


@pytest.mark.parametrize("handling", sorted(HANDLING))
def test_an_event_that_says_how_to_handle_it_is_taken_apart(handling: str) -> None:
    """Whatever it says is found, and is not in its data."""
    plain = examples.canonical()
    body = {**plain.body, handling: {"shop": {"a": 1}}}
    event = Event(canonical(body))
    assert event.data == plain.data
    assert event.body == body


def test_characters_that_json_escapes_are_read() -> None:
    """An id or a source may hold any of them."""
    body = {**examples.canonical().body, "id": 'say "hello"', "source": "/back\\slash"}
    event = Event(canonical(body))
    assert (event.id, event.source) == ('say "hello"', "/back\\slash")
    assert orjson.loads(event.data)["id"] == 'say "hello"'
