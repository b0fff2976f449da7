"""What is read and serialised once for all destinations, and what is not."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from outhaul_producers.event import Event, canonical
from outhaul_worker.destinations.cloudevents import CloudEvents
from outhaul_worker.destinations.contract import Payload
from outhaul_worker.destinations.webhook import Webhook
from outhaul_worker.events import Events
from unit.destinations.canonical import SAMPLES
from unit.destinations.configured import built, destination

SAMPLE = SAMPLES["order.created"]
RAW = canonical(SAMPLE.body)


def webhook(name: str) -> Webhook:
    """A webhook destination of this name."""
    return Webhook(replace(destination("webhook"), name=name))


def test_destinations_of_one_form_get_the_very_same_payload() -> None:
    """Of many webhooks the first one pays for reading and serialising."""
    events = Events()
    first, second = webhook("first"), webhook("second")
    event = events.event(SAMPLE.id, RAW, first)
    assert events.event(SAMPLE.id, RAW, second) is event
    assert events.payload(event, first) is events.payload(event, second)
    assert events.payload(event, first) == first.serialise(SAMPLE)


def test_a_destination_with_overrides_gets_its_own_payload() -> None:
    """What an event says to one destination alone does not reach the others, in whichever order they come."""
    raw = canonical({**SAMPLE.body, "overrides": {"second": {"data": {"only": "second"}}}})
    for names in (("first", "second", "third"), ("second", "first", "third")):
        events = Events()
        bodies = {}
        for kind in map(webhook, names):
            payload = events.payload(events.event(SAMPLE.id, raw, kind), kind)
            assert isinstance(payload, Payload)
            bodies[kind._destination.name] = payload.body  # noqa: SLF001 - to tell them apart
        assert b'"only":"second"' in bodies["second"]
        assert bodies["first"] == bodies["third"] == webhook("first").serialise(SAMPLE).body


VARIANTS: tuple[dict[str, Any], ...] = (
    {},
    {"mode": "binary"},
    {"mode": "batched"},
    {"type_prefix": "net.example"},
    {"source": "/other"},
    {"dataschema": "https://schema.example/order"},
    {"names": {"order.created": "com.example.ordered"}},
    {"headers": {"X-Other": "1"}},
)


@pytest.mark.parametrize(("one", "other"), [*product(VARIANTS, VARIANTS)])
def test_cloud_events_of_one_form_are_the_same_bytes(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Whatever the bytes depend on is part of the form."""
    first, second = CloudEvents(destination("cloudevents", **one)), CloudEvents(destination("cloudevents", **other))
    same = first.serialise(SAMPLE) == second.serialise(SAMPLE)
    assert (first.form(SAMPLE) == second.form(SAMPLE)) == same


def test_forms_of_different_kinds_differ() -> None:
    """A webhook never gets a cloud event's bytes."""
    assert webhook("first").form(SAMPLE) != CloudEvents(destination("cloudevents")).form(SAMPLE)


def test_a_kind_that_shares_nothing_gets_an_event_of_its_own() -> None:
    """What such a kind may do to its event cannot harm another destination's."""
    events = Events()
    kind = built("remarkety")
    event = events.event(SAMPLE.id, RAW, kind)
    assert event == SAMPLE
    assert events.event(SAMPLE.id, RAW, kind).body is not event.body
    assert events.payload(event, kind) == kind.serialise(SAMPLE)


def test_other_bytes_under_a_known_id_are_read_anew() -> None:
    """An id that was used again after its event expired is another event."""
    events, kind = Events(), webhook("first")
    events.event(SAMPLE.id, RAW, kind)
    other = canonical({**SAMPLE.body, "type": "order.updated"})
    assert events.event(SAMPLE.id, other, kind).type == "order.updated"


def test_only_the_last_events_are_remembered() -> None:
    """A drain of a million events needs no more memory than one of some hundred."""
    events, kind = Events(most=2), webhook("first")
    read = [events.event(f"ev_{number}", RAW, kind) for number in range(3)]
    assert events.event("ev_2", RAW, kind) is read[2]
    assert events.event("ev_0", RAW, kind) is not read[0]


@pytest.mark.parametrize("raw", [b"\xff", b"[]", b'{"id":"ev_1"}'])
def test_damaged_bytes_are_refused_each_time(raw: bytes) -> None:
    """What could not be read is not remembered as if it had been."""
    events, kind = Events(), webhook("first")
    for _ in range(2):
        with pytest.raises((ValueError, KeyError, TypeError)):
            events.event("ev_1", raw, kind)


def test_an_event_read_for_routing_is_not_read_again() -> None:
    """The drain that routes an event is mostly the one that sends it."""
    events = Events()
    body = events.body(SAMPLE.id, RAW)
    event = events.event(SAMPLE.id, RAW, webhook("first"))
    assert isinstance(event, Event)
    assert event.body is body
