"""The door under fire: whatever JSON comes, it is accepted in canonical form or refused in words."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outhaul_ledger.model import Submission
from outhaul_producers.errors import InvalidEvent
from outhaul_producers.event import Event, canonical
from outhaul_producers.normalise import LARGEST_EVENT, normalise
from outhaul_producers.schema.envelope import ENVELOPE
from strategies.events import Given, events, given_events, json_values

fuzz = settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])


_known_keys = st.sampled_from(sorted(ENVELOPE.load_fields))


def assert_judged(given_: Any) -> None:
    """Check that an event is accepted and stays what it is, or refused with paths and printable words."""
    outcome = _outcome(given_)
    if isinstance(outcome, InvalidEvent):
        assert outcome.problems
        assert all(path and message.startswith("expected ") for path, message in outcome.problems.items())
        assert str(outcome).replace("\n", "").isprintable()
        assert len(str(outcome).encode()) < 40_000
    else:
        assert len(outcome.body) <= LARGEST_EVENT
        event = Event(outcome.body)
        assert (event.id, event.type, event.source) == (outcome.event_id, outcome.type, outcome.source)
        assert normalise(event.body, source="/other").body == outcome.body


def _outcome(given_: Any) -> Submission | InvalidEvent:
    try:
        return normalise(given_, source="/tests")
    except InvalidEvent as error:
        return error


@fuzz
@given(json_values(leaves=30))
def test_any_json_at_all_is_accepted_or_refused(value: Any) -> None:
    """Nothing but InvalidEvent (EventTooLarge is one) ever comes out of the door."""
    assert_judged(value)


@fuzz
@given(
    st.dictionaries(st.sampled_from(sorted(ENVELOPE.load_fields)), json_values(leaves=6), max_size=6), given_events()
)
def test_any_json_under_known_keys_is_accepted_or_refused(changes: Given, event: Given) -> None:
    """A valid event with arbitrary values under keys of the envelope is judged like any other."""
    assert_judged(event | changes)


@fuzz
@given(given_events(), json_values(leaves=4), st.data())
def test_any_json_in_any_place_is_accepted_or_refused(event: Given, value: Any, data: st.DataObject) -> None:
    """A valid event with one value anywhere replaced by something arbitrary is judged like any other."""
    assert_judged(_replaced(event, value, data))


@fuzz
@given(events())
def test_a_canonical_event_is_accepted_as_it_is(event: Event) -> None:
    """Canonical form is a fixed point, for every type: what is stored can be handed in again."""
    body = canonical(event.body)
    assert normalise(event.body, source="/other").body == body
    assert Event(body) == event


def _replaced(event: Any, value: Any, data: st.DataObject) -> Any:
    """Walk down at random and put the value where the walk ends."""
    if isinstance(event, dict) and event and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(event)))
        return {**event, key: _replaced(event[key], value, data)}
    if isinstance(event, list) and event:
        return [_replaced(event[0], value, data), *event[1:]]
    return value
