"""Errors as callers meet them."""

import pickle
from datetime import UTC, datetime

import pytest

from outhaul_producers import EventConflict, EventTooLarge, InvalidEvent, LedgerUnavailable, OuthaulError

NOW = datetime(2026, 3, 5, 8, 15, tzinfo=UTC)

ERRORS = [
    InvalidEvent({"order.id": "expected a value, got nothing"}),
    EventTooLarge({"properties": "expected less"}),
    EventConflict("ev_1", NOW),
    LedgerUnavailable("ev_1", "the server is away"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_survives_the_way_through_another_process(error: OuthaulError) -> None:
    """Pool workers and task queues pickle exceptions; nothing of ours gets lost there."""
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def test_every_error_can_be_caught_as_one() -> None:
    """`except OuthaulError` is enough for callers who treat all refusals alike."""
    assert all(isinstance(error, OuthaulError) for error in ERRORS)
    assert issubclass(EventTooLarge, InvalidEvent)


def test_an_unavailable_ledger_says_that_calling_again_is_safe() -> None:
    """The message holds the id to call again with, also where we made it."""
    assert str(LedgerUnavailable("ev_1", "the server is away")) == (
        "the server is away: call again with id='ev_1', which is safe"
    )
    assert str(LedgerUnavailable("", "the server is away")) == "the server is away"


def test_a_conflict_names_the_event_and_the_time_it_was_accepted() -> None:
    """Enough to look the first one up."""
    assert "for ev_1, which was accepted at 2026-03-05T08:15:00.000+00:00" in str(EventConflict("ev_1", NOW))
