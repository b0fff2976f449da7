"""A destination whose endpoint fails is left alone for a while, and nothing is lost or used up by that."""

import pytest

from integration.ledger.racing import race
from integration.ledger.scenario import DRAIN, WORKER, configure, ids, ill, key, lease, outcome, route, settle, well
from integration.ledger.time_travel import pass_time
from outhaul_config.policy import Breaker
from outhaul_ledger.flow import BreakerState, Flow, Waiting
from outhaul_ledger.ledger import SILENCE_MS, Ledger
from outhaul_ledger.model import Health, State
from outhaul_ops.embedded import EmbeddedServer

RULES = Breaker(min_attempts=10, window=30.0, connection_failures=3, open_for=5.0, open_cap=15.0)
OPEN_MS = 5_000
HEALTHS = (Health.UNREACHABLE, Health.TIMED_OUT)


def given(ledger: Ledger, count: int = 20, breaker: Breaker | None = RULES) -> list[str]:
    """A destination with a breaker, room for all, and events that wait for it; returns their ids, oldest first."""
    configure(ledger, concurrency=100, breaker=breaker)
    names = [f"ev_{number:03d}" for number in range(count)]
    for name in names:
        route(ledger, name)
    return names


def flow(ledger: Ledger) -> Flow:
    """How the lane stands."""
    return ledger.survey().standings["shop"].flow


def open_it(ledger: Ledger) -> None:
    """Let three attempts in a row get no answer; what they were for is due again at once."""
    settle(ledger, *(ill(one, Health.UNREACHABLE) for one in lease(ledger, 3)))
    assert flow(ledger).breaker is BreakerState.OPEN


def test_an_open_breaker_burns_no_attempt_drops_nothing_and_says_until_when(ledger: Ledger) -> None:
    """Everything stays pending with the tries it had, for the reason breaker_open, and drains are told when to look."""
    names = given(ledger)
    open_it(ledger)
    refused = ledger.lease(DRAIN, WORKER, 100, 1000)
    assert refused.leases == []
    assert OPEN_MS - 500 < refused.wait_ms <= OPEN_MS + 1
    assert 0 < flow(ledger).reopen_at - refused.now <= OPEN_MS + 1
    for name in names:
        record = ledger.status(name)
        assert record is not None
        assert record.deliveries["shop"].state is State.PENDING
        assert record.deliveries["shop"].attempts <= 1
        assert record.waiting_for("shop") is Waiting.BREAKER_OPEN
    standing = ledger.survey().standings["shop"]
    assert (standing.waiting, standing.balanced) == (20, True)


@pytest.mark.parametrize("health", HEALTHS)
def test_attempts_in_a_row_without_any_answer_open_it(ledger: Ledger, health: Health) -> None:
    """Few are enough, as long as nothing answers between them."""
    given(ledger)
    one, two, three, four, five = lease(ledger, 5)
    settle(ledger, ill(one, health), ill(two, health), well(three), ill(four, health), ill(five, health))
    assert flow(ledger).breaker is BreakerState.CLOSED
    settle(ledger, *(ill(one, health) for one in lease(ledger, 1)))
    assert flow(ledger).breaker is BreakerState.OPEN


def test_a_part_of_failures_opens_it_only_when_there_were_enough_attempts(ledger: Ledger) -> None:
    """Nine failures of nine say too little where ten attempts are asked for; the tenth does it."""
    given(ledger)
    failed = lease(ledger, 10)
    settle(ledger, *map(ill, failed[:9]))
    assert flow(ledger).breaker is BreakerState.CLOSED
    settle(ledger, ill(failed[9]))
    assert flow(ledger).breaker is BreakerState.OPEN


def test_less_than_the_part_of_failures_leaves_it_closed(ledger: Ledger) -> None:
    """An endpoint that fails now and then goes on being sent to."""
    given(ledger)
    for _ in range(5):
        bad, *good = lease(ledger, 3)
        settle(ledger, *map(well, good), ill(bad))
    assert flow(ledger).breaker is BreakerState.CLOSED


def test_failures_that_are_long_past_do_not_count(ledger: Ledger) -> None:
    """The window slides: what lies before it cannot open the breaker."""
    given(ledger)
    settle(ledger, *map(ill, lease(ledger, 9)))
    pass_time(ledger.client, 61_000)
    settle(ledger, *map(ill, lease(ledger, 1)))
    assert flow(ledger).breaker is BreakerState.CLOSED


def test_failures_that_the_window_still_reaches_count_in_part(ledger: Ledger) -> None:
    """Just into the next count, nearly all of the one before is still within the window."""
    given(ledger, 30)
    settle(ledger, *map(ill, lease(ledger, 9)))
    pass_time(ledger.client, 31_000)
    settle(ledger, *map(ill, lease(ledger, 3)))
    assert flow(ledger).breaker is BreakerState.OPEN


def test_failures_that_the_window_is_about_to_leave_count_for_little(ledger: Ledger) -> None:
    """Of what lies nearly two windows back, a twentieth is within the last one."""
    given(ledger, 30)
    settle(ledger, *map(ill, lease(ledger, 9)))
    pass_time(ledger.client, 58_500)
    settle(ledger, *map(ill, lease(ledger, 8)))
    assert flow(ledger).breaker is BreakerState.CLOSED


@pytest.mark.parametrize("health", [Health.OK, Health.UNKNOWN])
def test_the_refusal_of_single_events_opens_nothing(ledger: Ledger, health: Health) -> None:
    """Dead letters of an endpoint that works, and attempts that were never sent, say nothing against it."""
    given(ledger)
    settle(ledger, *(outcome(one, State.DEAD, health=health) for one in lease(ledger, 20)))
    assert flow(ledger).breaker is BreakerState.CLOSED


def test_without_a_breaker_nothing_is_left_alone(ledger: Ledger) -> None:
    """`breaker = false` means that every attempt is made."""
    given(ledger, breaker=None)
    settle(ledger, *(ill(one, Health.UNREACHABLE) for one in lease(ledger, 20)))
    assert len(lease(ledger)) == 20


def test_a_breaker_that_is_switched_off_while_open_lets_everything_go(ledger: Ledger) -> None:
    """The new configuration counts at once."""
    given(ledger)
    open_it(ledger)
    configure(ledger, concurrency=100)
    assert len(lease(ledger)) == 20


def test_of_racing_drains_exactly_one_gets_the_probe(ledger: Ledger, server: EmbeddedServer) -> None:
    """However many look when the time is up, one attempt goes; the others are told to wait for it."""
    given(ledger)
    open_it(ledger)
    pass_time(ledger.client, OPEN_MS + 1)

    def look(racer: Ledger, drain: str) -> int:
        return sum(len(racer.lease(drain, WORKER, 100, 60_000).leases) for _ in range(20))

    assert sorted(race(server, look)) == [0] * 7 + [1]
    assert flow(ledger).breaker is BreakerState.HALF_OPEN
    assert ledger.lease(DRAIN, WORKER, 100, 60_000).wait_ms > 50_000


def test_the_probe_of_a_killed_worker_is_followed_by_another(ledger: Ledger) -> None:
    """Silence gives the lease up, and with it the place of the probe."""
    given(ledger)
    open_it(ledger)
    pass_time(ledger.client, OPEN_MS + 1)
    assert len(lease(ledger, drain="killed", lease_ms=600_000)) == 1
    pass_time(ledger.client, SILENCE_MS + 1)
    assert ledger.recover().recovered == 1
    assert len(lease(ledger, drain="other")) == 1
    assert lease(ledger, drain="third") == []


def test_a_probe_whose_lease_has_ended_is_followed_by_just_one(ledger: Ledger) -> None:
    """Also without `recover`: the drain lives and has lost track of it."""
    given(ledger)
    open_it(ledger)
    pass_time(ledger.client, OPEN_MS + 1)
    assert len(lease(ledger, drain="lost", lease_ms=1000)) == 1
    pass_time(ledger.client, 1001)
    assert [len(lease(ledger, drain=name)) for name in ("one", "two", "three")] == [1, 0, 0]


def test_a_probe_that_is_answered_closes_it_and_the_load_comes_back_bit_by_bit_oldest_first(ledger: Ledger) -> None:
    """Two, four, eight: each round as many more as were answered, and of the backlog what has waited longest."""
    names = given(ledger, 40)
    open_it(ledger)
    pass_time(ledger.client, OPEN_MS + 1)
    (probe,) = lease(ledger)
    settle(ledger, well(probe))
    rounds = []
    for _ in range(3):
        taken = lease(ledger)
        rounds.append(ids(taken))
        settle(ledger, *map(well, taken))
    assert [len(each) for each in rounds] == [2, 4, 8]
    assert [probe.event_id, *rounds[0], *rounds[1], *rounds[2]] == names[3:18]


def test_a_probe_that_fails_opens_it_for_twice_as_long_up_to_the_cap(ledger: Ledger) -> None:
    """5 s, 10 s, then the cap of 15 s."""
    given(ledger)
    open_it(ledger)
    waits = []
    for _ in range(3):
        waits.append(ledger.lease(DRAIN, WORKER, 1, 1000).wait_ms)
        pass_time(ledger.client, waits[-1] + 1)
        (probe,) = lease(ledger)
        settle(ledger, ill(probe))
    assert [round(wait / 1000) for wait in waits] == [5, 10, 15]


def test_after_a_long_time_without_trouble_an_outage_starts_small_again(ledger: Ledger) -> None:
    """What grew in an outage does not burden the next one, weeks later; one that follows at once it does."""
    given(ledger, 60)
    for rest, expected in ((0, 5), (1, 10), (120_000, 5)):
        pass_time(ledger.client, rest)
        settle(ledger, *(ill(one, Health.UNREACHABLE) for one in lease(ledger, 3)))
        settle(ledger, *(ill(one, Health.UNREACHABLE) for one in lease(ledger, 3)))
        wait = ledger.lease(DRAIN, WORKER, 1, 1000).wait_ms
        assert round(wait / 1000) == expected
        pass_time(ledger.client, wait + 1)
        for _ in range(3):
            settle(ledger, *map(well, lease(ledger)))


def test_a_probe_that_says_nothing_lets_another_go_at_once(ledger: Ledger) -> None:
    """An event that cannot be serialised tells nothing of the endpoint."""
    given(ledger)
    open_it(ledger)
    pass_time(ledger.client, OPEN_MS + 1)
    (probe,) = lease(ledger)
    settle(ledger, outcome(probe, State.DEAD))
    assert flow(ledger).breaker is BreakerState.OPEN
    assert len(lease(ledger)) == 1


def test_what_was_in_flight_when_it_opened_decides_nothing(ledger: Ledger) -> None:
    """Late answers to attempts of before neither close it nor open it for longer; the probe does."""
    given(ledger)
    early = lease(ledger, 5)
    open_it(ledger)
    settle(ledger, well(early[0]), ill(early[1]))
    assert flow(ledger).breaker is BreakerState.OPEN
    pass_time(ledger.client, OPEN_MS + 1)
    (probe,) = lease(ledger)
    settle(ledger, well(early[2]), ill(early[3]))
    assert flow(ledger).breaker is BreakerState.HALF_OPEN
    settle(ledger, well(probe))
    assert flow(ledger).breaker is BreakerState.CLOSED


def test_resuming_by_hand_lets_the_probe_go_at_once(ledger: Ledger) -> None:
    """Who has mended the endpoint need not wait for the time to be up; still one attempt goes first."""
    given(ledger)
    open_it(ledger)
    assert ledger.resume("shop").opened
    assert len(lease(ledger)) == 1


def test_other_destinations_do_not_notice(ledger: Ledger) -> None:
    """A breaker is of its destination alone."""
    given(ledger)
    open_it(ledger)
    route(ledger, "ev_mail", to=("mail",))
    assert ids(lease(ledger)) == ["ev_mail"]


def test_a_clock_that_was_set_back_leaves_it_open_no_longer_than_the_cap(ledger: Ledger) -> None:
    """An hour back does not mean an hour more."""
    given(ledger)
    open_it(ledger)
    ledger.client.hset(key("destination", "shop"), "breaker", f"{ledger.survey().now + 3_600_000} 1 0")
    route(ledger, "ev_late")
    assert ledger.lease(DRAIN, WORKER, 10, 1000).wait_ms <= 15_001
