"""Events that are to be sent later, and events that are not wanted any more after some time."""

import pytest

from integration.ledger.scenario import (
    DRAIN,
    EVER,
    LEASE_MS,
    WORKER,
    accept,
    configure,
    fan_out,
    ids,
    ill,
    key,
    lease,
    outcome,
    record_of,
    route,
    settle,
    state_of,
    waiting,
)
from integration.ledger.time_travel import pass_time
from outhaul_config.policy import Breaker
from outhaul_ledger.flow import Waiting
from outhaul_ledger.ledger import SILENCE_MS, Ledger
from outhaul_ledger.model import State


def expired(ledger: Ledger, event_id: str, destination: str = "shop") -> bool:
    """Whether a delivery is a dead letter because its event has expired."""
    delivery = record_of(ledger, event_id).deliveries[destination]
    return (delivery.state, delivery.reason) == (State.DEAD, "expired")


def dead_letters(ledger: Ledger) -> list[str]:
    """The events on the shelf of dead letters."""
    return [one.event_id for one in ledger.kept(State.DEAD, "shop", since=0, until=EVER, most=9)]


def test_a_delayed_event_waits_for_its_time_and_says_so(ledger: Ledger) -> None:
    """It is routed at once, tried neither before its time nor later, and counts as waiting meanwhile."""
    route(ledger, "ev_1", delay_ms=50_000)
    assert (lease(ledger), waiting(ledger, "ev_1")) == ([], Waiting.DELAYED)
    assert 40_000 < ledger.lease(DRAIN, WORKER, 9, LEASE_MS).wait_ms <= 50_000
    pass_time(ledger.client, 50_000)
    (one,) = lease(ledger)
    assert one.since > one.accepted_at + 40_000


def test_a_delayed_event_that_failed_waits_for_its_retry_as_any_other(ledger: Ledger) -> None:
    """The word for its waiting is `delayed` before the first attempt only."""
    route(ledger, "ev_1", delay_ms=50_000)
    pass_time(ledger.client, 50_000)
    settle(ledger, *(outcome(one, State.PENDING, delay_ms=9_000) for one in lease(ledger)))
    assert waiting(ledger, "ev_1") is Waiting.BACKOFF


def test_a_delayed_event_keeps_its_place_in_an_order(ledger: Ledger) -> None:
    """Those of its key that were accepted later wait for its time as well: order has no exception."""
    route(ledger, "ev_1", order="anna", delay_ms=50_000)
    route(ledger, "ev_2", order="anna")
    assert (lease(ledger), waiting(ledger, "ev_1"), waiting(ledger, "ev_2")) == ([], Waiting.DELAYED, Waiting.ORDER)
    pass_time(ledger.client, 50_000)
    assert ids(lease(ledger)) == ["ev_1"]


def test_a_delay_counts_from_its_turn_where_that_comes_first(ledger: Ledger) -> None:
    """An event whose turn comes before its time is still not sent before its time."""
    route(ledger, "ev_1", order="anna")
    route(ledger, "ev_2", order="anna", delay_ms=50_000)
    settle(ledger, *map(outcome, lease(ledger)))
    assert (lease(ledger), waiting(ledger, "ev_2")) == ([], Waiting.DELAYED)
    pass_time(ledger.client, 50_000)
    assert ids(lease(ledger)) == ["ev_2"]


def test_an_expired_event_is_a_dead_letter_instead_of_being_sent(ledger: Ledger) -> None:
    """A drain that comes to it after its time does not send it."""
    route(ledger, "ev_1", "ev_2", life_ms=5_000)
    route(ledger, "ev_3")
    pass_time(ledger.client, 5_001)
    assert ids(lease(ledger)) == ["ev_3"]
    assert expired(ledger, "ev_1")
    assert dead_letters(ledger) == ["ev_1", "ev_2"]


def test_an_event_is_sent_up_to_its_expiry(ledger: Ledger) -> None:
    """Neither a drain nor the sweep ends it a moment too early."""
    route(ledger, "ev_1", life_ms=5_000)
    pass_time(ledger.client, 4_000)
    assert ledger.expire()[:2] == (0, 0)
    assert ids(lease(ledger)) == ["ev_1"]


@pytest.mark.parametrize("situation", ["paused", "full", "breaker", "backoff", "order", "delayed", "due"])
def test_an_event_expires_wherever_it_waits(ledger: Ledger, situation: str) -> None:
    """The sweep finds it without its lane being leased."""
    route(ledger, "ev_0", order="anna")
    if situation == "backoff":
        route(ledger, "ev_1", life_ms=5_000)
        settle(ledger, *(outcome(one, State.PENDING, delay_ms=1_000) for one in lease(ledger)))
    else:
        (one,) = lease(ledger)
        delay = 4_000 if situation == "delayed" else 0
        route(ledger, "ev_1", order="anna" if situation == "order" else "", delay_ms=delay, life_ms=5_000)
    if situation == "paused":
        ledger.pause("shop", "maintenance")
    if situation == "full":
        configure(ledger, concurrency=1)
    if situation == "breaker":
        configure(ledger, breaker=Breaker(failure_ratio=0.1, min_attempts=1, open_for=3600.0, open_cap=3600.0))
        settle(ledger, ill(one))
        assert waiting(ledger, "ev_1") is Waiting.BREAKER_OPEN
    pass_time(ledger.client, 5_001)
    assert ledger.expire()[:2] == (1, 1)
    assert expired(ledger, "ev_1")
    assert ledger.survey().standings["shop"].balanced
    assert ledger.expire()[:2] == (0, 0)


def test_an_event_in_flight_at_its_expiry_may_still_be_delivered(ledger: Ledger) -> None:
    """Its attempt decides; the sweep takes nothing out of a worker's hands, and looks again."""
    route(ledger, "ev_1", "ev_2", life_ms=5_000)
    one, two = lease(ledger)
    pass_time(ledger.client, 5_001)
    assert ledger.expire()[:2] == (0, 2)
    settle(ledger, outcome(one), outcome(two, State.PENDING))
    assert (state_of(ledger, "ev_1"), expired(ledger, "ev_2")) == (State.DELIVERED, True)
    pass_time(ledger.client, 1_000)
    assert ledger.expire()[:2] == (0, 1)


def test_a_lost_attempt_of_an_expired_event_at_a_paused_destination_ends_too(ledger: Ledger) -> None:
    """Neither the crash nor the pause keeps it from its end."""
    route(ledger, "ev_1", life_ms=5_000)
    lease(ledger)
    ledger.pause("shop", "maintenance")
    pass_time(ledger.client, SILENCE_MS + 1)
    ledger.expire()
    ledger.recover()
    pass_time(ledger.client, 1_000)
    assert ledger.expire().deliveries == 1
    assert expired(ledger, "ev_1")


def test_a_retry_that_would_come_too_late_is_not_waited_for(ledger: Ledger) -> None:
    """The delivery is dead as soon as that is known."""
    route(ledger, "ev_1", "ev_2", life_ms=5_000)
    one, two = lease(ledger)
    settle(ledger, outcome(one, State.PENDING, delay_ms=6_000), outcome(two, State.PENDING, delay_ms=1_000))
    assert (expired(ledger, "ev_1"), waiting(ledger, "ev_2")) == (True, Waiting.BACKOFF)


def test_what_ends_otherwise_keeps_its_own_reason(ledger: Ledger) -> None:
    """A refusal is a refusal, and a held delivery still waits for a person."""
    route(ledger, "ev_1", "ev_2", life_ms=5_000)
    one, two = lease(ledger)
    settle(ledger, outcome(one, State.DEAD, reason="HTTP 400"), outcome(two, State.HELD))
    pass_time(ledger.client, 5_001)
    assert ledger.expire().deliveries == 0
    assert record_of(ledger, "ev_1").deliveries["shop"].reason == "HTTP 400"
    assert state_of(ledger, "ev_2") is State.HELD


def test_an_expired_event_blocks_no_order(ledger: Ledger) -> None:
    """Its sender did not want it any more, so nobody waits for it; the next one goes."""
    route(ledger, "ev_1", order="anna", life_ms=5_000)
    route(ledger, "ev_2", order="anna")
    pass_time(ledger.client, 5_001)
    ledger.expire()
    assert (expired(ledger, "ev_1"), ids(lease(ledger))) == (True, ["ev_2"])


def test_an_event_whose_turn_comes_after_its_expiry_is_not_sent(ledger: Ledger) -> None:
    """Its time ran while it waited for its turn, and the turn does not start it anew."""
    route(ledger, "ev_1", order="anna")
    route(ledger, "ev_2", order="anna", life_ms=5_000)
    (one,) = lease(ledger)
    pass_time(ledger.client, 5_001)
    settle(ledger, outcome(one))
    assert (lease(ledger), expired(ledger, "ev_2")) == ([], True)


def test_an_expired_event_can_be_replayed_and_is_then_sent(ledger: Ledger) -> None:
    """A person who asks for it wants it, whatever its sender said before."""
    route(ledger, "ev_1", life_ms=5_000)
    pass_time(ledger.client, 5_001)
    ledger.expire()
    assert ledger.replay([("shop", "ev_1")]) == [True]
    (one,) = lease(ledger)
    settle(ledger, outcome(one, State.PENDING))
    assert ledger.expire().deliveries == 0
    assert ids(lease(ledger)) == ["ev_1"]


def test_a_dead_letter_replayed_before_its_expiry_still_expires(ledger: Ledger) -> None:
    """The replay of an event that is still wanted does not make it wanted for ever."""
    route(ledger, "ev_1", life_ms=5_000)
    settle(ledger, *(outcome(one, State.DEAD) for one in lease(ledger)))
    ledger.replay([("shop", "ev_1")])
    pass_time(ledger.client, 5_001)
    assert ledger.expire()[:2] == (1, 1)


def test_an_event_that_was_expired_before_it_was_routed_is_a_dead_letter_at_once(ledger: Ledger) -> None:
    """However it came so late: it is visible, not lost and not sent."""
    accept(ledger, "ev_1")
    ledger.lease_inbox(DRAIN, 1, LEASE_MS)
    fan_out(ledger, "ev_1", life_ms=-1)
    assert lease(ledger) == []
    assert expired(ledger, "ev_1")


def test_many_expired_events_end_in_portions(ledger: Ledger) -> None:
    """One call looks at no more than it was asked to, the oldest first."""
    for number in range(1, 6):
        route(ledger, f"ev_{number}", life_ms=1_000 + number)
    pass_time(ledger.client, 2_000)
    assert ledger.expire(2)[:2] == (2, 2)
    assert dead_letters(ledger) == ["ev_1", "ev_2"]
    assert ledger.expire(9)[:2] == (3, 3)


def test_a_finished_event_is_not_kept_in_mind_until_its_expiry(ledger: Ledger) -> None:
    """What is delivered needs no looking at."""
    route(ledger, "ev_1", life_ms=5_000)
    settle(ledger, *map(outcome, lease(ledger)))
    assert ledger.client.exists(key("expiring")) == 0


def test_an_event_deleted_by_hand_does_not_stop_the_sweep(ledger: Ledger) -> None:
    """What is left of it is forgotten, and the others end."""
    route(ledger, "ev_1", "ev_2", life_ms=5_000)
    ledger.client.delete(key("record", "ev_1"))
    pass_time(ledger.client, 5_001)
    assert ledger.expire()[:2] == (1, 2)
    assert ledger.client.exists(key("expiring")) == 0
