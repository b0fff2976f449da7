"""A rate is never exceeded, whoever asks how often, and is used while there is anything to send."""

import random
from bisect import bisect_left
from collections.abc import Sequence
from threading import Event
from time import monotonic

import pytest

from integration.ledger.racing import race
from integration.ledger.scenario import DRAIN, LEASE_MS, WORKER, configure, key, lease, route
from integration.ledger.time_travel import pass_a_moment, pass_time
from outhaul_config.policy import Rate
from outhaul_ledger.flow import Waiting
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import State
from outhaul_ops.embedded import EmbeddedServer

DRAINS = tuple(f"drain-{letter}" for letter in "abcdefgh")


def given(ledger: Ledger, count: int, rate: Rate, burst: int = 1) -> None:
    """A destination with a rate, room for all, and events that wait for it."""
    configure(ledger, concurrency=1000, rate=rate, burst=burst)
    route(ledger, *(f"ev_{number:04d}" for number in range(count)))


def most_in_a_second(moments: Sequence[float]) -> int:
    """The largest number of moments (ms, ascending) in any one second, from its beginning to just before its end."""
    return max(bisect_left(moments, start + 1000) - index for index, start in enumerate(moments))


def test_what_waits_for_the_rate_burns_no_attempt_and_says_so(ledger: Ledger) -> None:
    """It stays pending, untried, for the reason rate_limited, and drains are told when to look again."""
    given(ledger, 2, Rate(1, 60.0))
    (first,) = lease(ledger)
    waiting = ledger.lease("other", WORKER, 10, LEASE_MS)
    assert waiting.leases == []
    assert 59_000 < waiting.wait_ms <= 60_100
    record = ledger.status("ev_0001")
    assert record is not None
    assert (record.deliveries["shop"].state, record.deliveries["shop"].attempts) == (State.PENDING, 0)
    assert record.waiting_for("shop") is Waiting.RATE_LIMITED
    assert first.event_id == "ev_0000"


def test_without_burst_attempts_are_paced_evenly(ledger: Ledger) -> None:
    """A long rest does not earn a crowd of attempts: after it the first go one by one as well."""
    given(ledger, 10, Rate(2, 60.0))
    assert len(lease(ledger)) == 1
    pass_time(ledger.client, 3_600_000)
    assert [len(lease(ledger)) for _ in range(3)] == [1, 0, 0]
    pass_time(ledger.client, 30_050)
    assert [len(lease(ledger)) for _ in range(2)] == [1, 0]


def test_a_burst_goes_at_once_after_a_rest_and_then_the_pace_holds(ledger: Ledger) -> None:
    """Five at once, and no sixth before its time."""
    given(ledger, 10, Rate(2, 60.0), burst=5)
    assert [len(lease(ledger)) for _ in range(2)] == [5, 0]
    pass_time(ledger.client, 30_050)
    assert [len(lease(ledger)) for _ in range(2)] == [1, 0]


def test_a_rate_taken_away_lets_everything_go(ledger: Ledger) -> None:
    """The new configuration counts at once, for what waits as well."""
    given(ledger, 5, Rate(1, 3600.0))
    assert len(lease(ledger)) == 1
    configure(ledger, concurrency=1000)
    assert len(lease(ledger)) == 4


def test_other_lanes_are_served_while_a_backlog_waits_for_its_rate(ledger: Ledger) -> None:
    """A rate is of its destination alone, however much waits for it."""
    given(ledger, 500, Rate(1, 60.0))
    route(ledger, *(f"mail_{number}" for number in range(20)), to=("mail",))
    taken = lease(ledger, 21)
    assert sorted(one.destination for one in taken) == ["mail"] * 20 + ["shop"]


def test_a_clock_that_was_set_back_delays_no_more_than_a_token(ledger: Ledger) -> None:
    """An hour back costs a moment, not an hour."""
    given(ledger, 3, Rate(50, 1.0))
    assert len(lease(ledger)) == 1
    ahead = ledger.survey().now + 3_600_000
    ledger.client.hset(key("destination", "shop"), "arrival", str(ahead))
    ledger.resume("shop")
    assert ledger.lease(DRAIN, WORKER, 10, LEASE_MS).wait_ms <= 21
    pass_time(ledger.client, 21)
    route(ledger, "ev_new")
    assert len(lease(ledger)) == 1


@pytest.mark.parametrize("burst", [1, 10])
def test_eight_drains_that_all_look_late_never_exceed_the_rate_and_use_nearly_all_of_it(
    ledger: Ledger, burst: int
) -> None:
    """50/s over 5 s, each look up to 12 ms late: at most 50 (and a burst) in any second, at least 95 % on the whole."""
    given(ledger, 400, Rate(50, 1.0), burst)
    draw, passed, moments = random.Random(4), 0, list[float]()
    began = due = ledger.lease(DRAIN, WORKER, 0, LEASE_MS).now
    held_up = 0.0  # how much later than that the machine let this test look
    while not moments or moments[-1] < began + 5000:
        answer = ledger.lease(draw.choice(DRAINS), WORKER, 64, LEASE_MS)
        now = answer.now + passed
        held_up += max(0, now - due - 12)
        moments += [now] * len(answer.leases)
        due = now + (0 if answer.leases else answer.wait_ms)
        if not answer.leases:
            late = draw.randint(0, 12)
            pass_a_moment(ledger.client, "shop", answer.wait_ms + late)
            passed += answer.wait_ms + late
    assert most_in_a_second(moments) <= 50 + burst - 1 + 1
    assert len(moments) >= 0.95 * 50 * (moments[-1] - began - held_up) / 1000


def test_eight_racing_drains_never_exceed_the_rate_in_any_second(ledger: Ledger, server: EmbeddedServer) -> None:
    """In real time, each waiting as long as it is told: at most 51 of 50 within any second by the server's clock."""
    given(ledger, 200, Rate(50, 1.0))
    until = monotonic() + 2.5

    def work(racer: Ledger, drain: str) -> list[float]:
        moments, pause = list[float](), Event()
        while monotonic() < until:
            answer = racer.lease(drain, WORKER, 10, LEASE_MS)
            moments += [float(answer.now)] * len(answer.leases)
            pause.wait(answer.wait_ms / 1000)
        return moments

    moments = sorted(moment for own in race(server, work) for moment in own)
    assert most_in_a_second(moments) <= 51
    assert len(moments) >= 50


def test_a_fast_rate_is_looked_for_in_pieces_instead_of_all_the_time(ledger: Ledger) -> None:
    """Of 2000/s some are let come together: a hundred take a few looks, not a hundred, and as long as they should."""
    given(ledger, 300, Rate(2000, 1.0))
    lease(ledger, 300)
    looks = taken = passed = 0
    while taken < 100:
        answer = ledger.lease(DRAIN, WORKER, 300, LEASE_MS)
        looks, taken = looks + 1, taken + len(answer.leases)
        if not answer.leases:
            pass_a_moment(ledger.client, "shop", answer.wait_ms)
            passed += answer.wait_ms
    assert looks <= 25
    assert passed <= 60
