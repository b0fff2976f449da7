"""How many attempts a destination has in flight: exactly what is configured, or what it turns out to take."""

import pytest

from integration.ledger.racing import DRAINS, race
from integration.ledger.scenario import DRAIN, LEASE_MS, WORKER, configure, ill, lease, outcome, route, settle, well
from outhaul_config.policy import MOST_IN_FLIGHT
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Health, State
from outhaul_ops.embedded import EmbeddedServer

OVERLOAD = (Health.OVERLOADED, Health.TIMED_OUT)


def given(ledger: Ledger, count: int, concurrency: int | str = "auto") -> None:
    """A destination with events that wait for it."""
    configure(ledger, concurrency=concurrency)
    for start in range(0, count, 500):
        route(ledger, *(f"ev_{number:05d}" for number in range(start, min(start + 500, count))))


def limit(ledger: Ledger) -> int:
    """The limit of the moment."""
    found = ledger.survey().standings["shop"].flow.limit
    assert found is not None
    return found


def rounds(ledger: Ledger, count: int, duration_ms: int = 10) -> list[int]:
    """Lease all that can be had and let it succeed, `count` times; how much it was each time."""
    sizes = []
    for _ in range(count):
        taken = lease(ledger, 2000)
        settle(ledger, *(well(one, duration_ms) for one in taken))
        sizes.append(len(taken))
    return sizes


def test_racing_drains_never_have_more_in_flight_than_the_limit(ledger: Ledger, server: EmbeddedServer) -> None:
    """Each takes and settles as fast as it can; at no moment does one of them see more than 7."""
    given(ledger, 200, 7)

    def work(racer: Ledger, drain: str) -> int:
        seen = 0
        for _ in range(15):
            taken = racer.lease(drain, WORKER, 3, LEASE_MS).leases
            seen = max(seen, racer.survey().standings["shop"].in_flight)
            racer.settle(drain, list(map(well, taken)))
        return seen

    assert max(race(server, work)) <= 7
    assert ledger.survey().standings["shop"].delivered > DRAINS


def test_a_destination_nobody_has_heard_of_gets_one_attempt_then_a_few_then_twice_as_many_each_round(
    ledger: Ledger,
) -> None:
    """It starts small and grows fast, so that neither an endpoint is overrun nor a backlog held up."""
    given(ledger, 500)
    assert rounds(ledger, 7) == [1, 4, 8, 16, 32, 64, 128]


def test_a_fast_destination_reaches_the_most_there_is_within_ten_rounds(ledger: Ledger) -> None:
    """The limit stops growing at the documented bound."""
    given(ledger, 3000)
    assert sum(rounds(ledger, 9)) > MOST_IN_FLIGHT
    rounds(ledger, 2)
    assert limit(ledger) == MOST_IN_FLIGHT


def test_a_limit_that_is_not_used_does_not_grow(ledger: Ledger) -> None:
    """A destination with little to do does not earn the right to a stampede."""
    given(ledger, 100)
    rounds(ledger, 3)
    before = limit(ledger)
    for _ in range(40):
        settle(ledger, *map(well, lease(ledger, 1)))
    assert limit(ledger) == before


def test_slow_answers_raise_the_limit_by_one_a_round(ledger: Ledger) -> None:
    """An endpoint that takes its time may be near what it can do."""
    given(ledger, 300)
    assert rounds(ledger, 5, 3000) == [1, 4, 5, 6, 7]


@pytest.mark.parametrize("health", OVERLOAD)
def test_an_overload_halves_the_limit_once_for_all_that_was_under_way(ledger: Ledger, health: Health) -> None:
    """Sixteen refusals of one moment say the same thing once; growth goes on one by one from there."""
    given(ledger, 500)
    rounds(ledger, 5)
    before = limit(ledger)
    taken = lease(ledger, 100)
    settle(ledger, *(ill(one, health, 500) for one in taken[:16]))
    settle(ledger, *(ill(one, health, 500) for one in taken[16:32]))
    assert limit(ledger) == before // 2
    settle(ledger, *map(well, taken[32:]))
    rounds(ledger, 2)
    assert before // 2 < limit(ledger) <= before // 2 + 5


@pytest.mark.parametrize("health", [Health.FAILING, Health.UNREACHABLE, Health.UNKNOWN])
def test_other_failures_leave_the_limit_alone(ledger: Ledger, health: Health) -> None:
    """They are the breaker's business: fewer requests at a time would not help."""
    given(ledger, 100)
    rounds(ledger, 3)
    before = limit(ledger)
    settle(ledger, *(ill(one, health) for one in lease(ledger, 5)))
    assert limit(ledger) == before


def test_the_limit_never_falls_below_one(ledger: Ledger) -> None:
    """However bad it gets, one attempt at a time goes on."""
    given(ledger, 20)
    for _ in range(8):
        settle(ledger, *(ill(one, Health.TIMED_OUT, 0) for one in lease(ledger)))
    assert (limit(ledger), len(lease(ledger))) == (1, 1)


@pytest.mark.parametrize("health", list(Health))
def test_a_fixed_limit_is_not_moved_by_anything(ledger: Ledger, health: Health) -> None:
    """An integer is what it says."""
    given(ledger, 50, 6)
    for _ in range(3):
        settle(ledger, *(outcome(one, State.PENDING, health=health, duration_ms=10) for one in lease(ledger)))
    assert (limit(ledger), len(lease(ledger))) == (6, 6)


def test_a_limit_configured_anew_counts_at_once(ledger: Ledger) -> None:
    """From found out to fixed and back, nothing waits for a restart."""
    given(ledger, 100)
    rounds(ledger, 3)
    configure(ledger, concurrency=2)
    assert len(lease(ledger)) == 2
    configure(ledger, concurrency=50)
    assert ledger.lease(DRAIN, WORKER, 100, LEASE_MS).leases
