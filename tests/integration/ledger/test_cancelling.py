"""Taking an event back: what has not been sent ends, and what has been is told."""

from typing import Any

import pytest

from integration.ledger.scenario import (
    DRAIN,
    LEASE_MS,
    accept,
    end,
    ids,
    key,
    lease,
    outcome,
    record_of,
    route,
    settle,
    state_of,
)
from integration.ledger.time_travel import pass_time
from outhaul_ledger.flow import Waiting
from outhaul_ledger.ledger import SILENCE_MS, Ledger
from outhaul_ledger.model import Acceptance, Route, State, Stopped


def cancel(ledger: Ledger, event_id: str) -> dict[str, tuple[State, bool]]:
    """Take a known event back; returns where its deliveries stand, and whether that ended them."""
    answer = ledger.cancel(event_id)
    assert answer is not None
    return {one.destination: (one.state, one.now) for one in answer.deliveries}


def test_every_delivery_says_whether_it_was_stopped_or_what_it_already_was(ledger: Ledger) -> None:
    """Waiting ones end; the others are told as they are; a second call changes nothing."""
    accept(ledger, "ev_1")
    ledger.lease_inbox(DRAIN, 1, LEASE_MS)
    states = {"a": State.DELIVERED, "b": State.DEAD, "c": State.HELD, "d": State.PENDING}
    ledger.fan_out(DRAIN, [("ev_1", [*map(Route, (*states, "e")), Route("f", "not for it")])])
    settle(
        ledger,
        *(outcome(one, states[one.destination], delay_ms=9_000) for one in lease(ledger) if one.destination in states),
    )
    told = {"a": State.DELIVERED, "b": State.DEAD, "c": State.HELD, "e": State.LEASED, "f": State.SKIPPED}
    expected = {name: (state, False) for name, state in told.items()}
    assert cancel(ledger, "ev_1") == expected | {"d": (State.CANCELLED, True)}
    assert cancel(ledger, "ev_1") == expected | {"d": (State.CANCELLED, False)}
    assert all(standing.balanced for standing in ledger.survey().standings.values())


def test_a_cancelled_delivery_is_not_sent(ledger: Ledger) -> None:
    """Due, in back-off, delayed or paused: it is gone from its lane, counted, and its event expires."""
    route(ledger, "ev_1")
    cancel(ledger, "ev_1")
    assert lease(ledger) == []
    assert ledger.survey().standings["shop"].cancelled == 1
    record = record_of(ledger, "ev_1")
    assert (record.deliveries["shop"].reason, record.cancelled_at is None) == ("cancelled", False)
    assert ledger.client.pttl(key("record", "ev_1")) > 0


@pytest.mark.parametrize("routing", [False, True])
def test_an_event_is_cancelled_before_its_destinations_are_known(ledger: Ledger, routing: bool) -> None:
    """In the inbox, or in the hands of a drain that is about to route it: no destination gets it."""
    accept(ledger, "ev_1")
    if routing:
        ledger.lease_inbox(DRAIN, 1, LEASE_MS)
    answer = ledger.cancel("ev_1")
    assert answer == (True, [])
    assert ledger.fan_out(DRAIN, [("ev_1", [Route("shop")])]) == [False]
    assert (record_of(ledger, "ev_1").deliveries, lease(ledger)) == ({}, [])
    assert ledger.lease_inbox("other", 9, LEASE_MS).events == []
    assert ledger.client.pttl(key("record", "ev_1")) > 0
    assert ledger.client.pttl(key("event", "ev_1")) > 0


def test_a_cancelled_event_stays_known(ledger: Ledger) -> None:
    """Handing it in again is a duplicate, which does not revive it."""
    accept(ledger, "ev_1")
    ledger.cancel("ev_1")
    assert accept(ledger, "ev_1")[0].result is Acceptance.DUPLICATE
    assert ledger.lease_inbox(DRAIN, 9, LEASE_MS).events == []


def test_an_unknown_event_cannot_be_cancelled(ledger: Ledger) -> None:
    """The answer tells it from one with nothing to stop, and leaves no trace."""
    assert ledger.cancel("ev_x") is None
    assert ledger.client.keys() == []


def test_an_attempt_in_flight_may_still_end_well(ledger: Ledger) -> None:
    """What was sent was sent."""
    route(ledger, "ev_1")
    (one,) = lease(ledger)
    cancel(ledger, "ev_1")
    assert settle(ledger, outcome(one)) == [True]
    assert state_of(ledger, "ev_1") is State.DELIVERED


@pytest.mark.parametrize("fields", [{"state": State.PENDING, "delay_ms": 9_000}, {"state": State.DEAD}])
def test_an_attempt_in_flight_that_fails_is_not_tried_again(ledger: Ledger, fields: dict[str, Any]) -> None:
    """It ends as cancelled, whether it would have been tried again or been a dead letter."""
    route(ledger, "ev_1")
    (one,) = lease(ledger)
    cancel(ledger, "ev_1")
    settle(ledger, outcome(one, **fields))
    delivery = record_of(ledger, "ev_1").deliveries["shop"]
    assert (delivery.state, delivery.reason) == (State.CANCELLED, "cancelled")
    pass_time(ledger.client, 10_000)
    assert lease(ledger) == []
    assert ledger.survey().standings["shop"].balanced
    assert ledger.client.pttl(key("record", "ev_1")) > 0


def test_an_attempt_of_unknown_fate_is_held_where_it_would_have_been(ledger: Ledger) -> None:
    """Whether it arrived is still for a person to find out; a replay then is an ordinary one."""
    route(ledger, "ev_1")
    (one,) = lease(ledger)
    cancel(ledger, "ev_1")
    settle(ledger, outcome(one, State.HELD))
    assert state_of(ledger, "ev_1") is State.HELD
    ledger.replay([("shop", "ev_1")])
    settle(ledger, *(outcome(one, State.PENDING) for one in lease(ledger)))
    assert state_of(ledger, "ev_1") is State.PENDING


@pytest.mark.parametrize("way", ["silence", "lease"])
def test_an_attempt_in_flight_whose_worker_is_lost_is_not_tried_again(ledger: Ledger, way: str) -> None:
    """Recovered or lapsed, it ends; its line in the log stays."""
    route(ledger, "ev_1")
    lease(ledger, lease_ms=1_000 if way == "lease" else LEASE_MS)
    cancel(ledger, "ev_1")
    pass_time(ledger.client, SILENCE_MS + 1)
    if way == "silence":
        assert tuple(ledger.recover()) == (0, 0, 1)
    assert lease(ledger, drain="other") == []
    record = record_of(ledger, "ev_1")
    assert (record.deliveries["shop"].state, len(record.attempts)) == (State.CANCELLED, 1)
    assert ledger.survey().standings["shop"].balanced


def test_the_next_of_its_key_goes_when_an_event_is_cancelled(ledger: Ledger) -> None:
    """In front of others, behind one, or in flight, it leaves no gap; a sleeping dispatcher is woken."""
    route(ledger, "ev_1", "ev_2", "ev_3", "ev_4", order="anna")
    ledger.wait_for_wake(1)
    cancel(ledger, "ev_2")
    cancel(ledger, "ev_1")
    assert ledger.wait_for_wake(1)
    (three,) = lease(ledger)
    cancel(ledger, "ev_3")
    assert (three.event_id, lease(ledger)) == ("ev_3", [])
    settle(ledger, outcome(three, State.PENDING))
    assert ids(lease(ledger)) == ["ev_4"]


def test_an_event_cancelled_while_it_was_held_back_is_forgotten_there(ledger: Ledger) -> None:
    """Nothing of it is left behind the gate of those that wait for routing."""
    accept(ledger, "ev_1", "ev_2")
    ledger.lease_inbox("slow", 1, LEASE_MS)
    ledger.lease_inbox(DRAIN, 1, LEASE_MS)
    ledger.fan_out(DRAIN, [("ev_2", [Route("shop", order="anna")])])
    cancel(ledger, "ev_2")
    assert ledger.client.exists(key("gate"), key("order", "shop:anna")) == 0


def test_those_held_back_for_an_unrouted_event_go_when_it_is_cancelled(ledger: Ledger) -> None:
    """It will never be routed, so nothing need wait for it."""
    accept(ledger, "ev_1", "ev_2")
    ledger.lease_inbox("slow", 1, LEASE_MS)
    ledger.lease_inbox(DRAIN, 1, LEASE_MS)
    ledger.fan_out(DRAIN, [("ev_2", [Route("shop", order="anna")])])
    assert record_of(ledger, "ev_2").waiting_for("shop") is Waiting.ORDER
    ledger.cancel("ev_1")
    assert ids(lease(ledger)) == ["ev_2"]


def test_a_dead_letter_is_left_for_its_own_decision(ledger: Ledger) -> None:
    """It was not going to be sent; replaying it is still possible, and is then not stopped by the old call."""
    end(ledger, "ev_1", state=State.DEAD)
    answer = ledger.cancel("ev_1")
    assert answer == (False, [Stopped("shop", State.DEAD, now=False)])
    ledger.replay([("shop", "ev_1")])
    settle(ledger, *(outcome(one, State.PENDING) for one in lease(ledger)))
    assert state_of(ledger, "ev_1") is State.PENDING


def test_an_endpoint_cannot_say_that_an_event_was_cancelled(ledger: Ledger) -> None:
    """A failure that happens to be worded so is tried again."""
    route(ledger, "ev_1")
    for _ in range(2):
        settle(ledger, *(outcome(one, State.PENDING, reason="cancelled") for one in lease(ledger)))
        assert state_of(ledger, "ev_1") is State.PENDING
