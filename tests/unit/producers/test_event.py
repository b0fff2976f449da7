"""The event as other parts get it."""

import dataclasses
from datetime import UTC, datetime

import pytest

from outhaul_producers.event import Event
from strategies.examples import canonical


def test_an_event_reads_its_envelope_from_the_stored_bytes() -> None:
    """The fields everybody needs are there without looking into the body."""
    event = canonical("order.created", id="ev_1", source="/shops/ro", occurred_at="2026-03-05T10:15:00+02:00")
    assert dataclasses.replace(event, body={}) == Event(
        id="ev_1",
        type="order.created",
        source="/shops/ro",
        occurred_at=datetime(2026, 3, 5, 8, 15, tzinfo=UTC),
        environment="prod",
        body={},
    )
    assert event.body["order"]["items"][0]["price"] == "8.50"


def test_an_event_cannot_be_changed() -> None:
    """Steps of a delivery share one value."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        canonical().id = "other"  # type: ignore[misc] # the point
