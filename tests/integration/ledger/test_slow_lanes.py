"""Lanes that keep places for long have places of their own, so that they never keep the quick ones waiting."""

from integration.ledger.books import read_books
from integration.ledger.scenario import DRAIN, LEASE_MS, WORKER, configure, ill, lease, route, settle, well
from outhaul_config.policy import Policy
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Health, Lease

SLOW_MS = 3000


def given(ledger: Ledger, *destinations: str, count: int = 30) -> None:
    """Destinations with events that wait for them."""
    for name in destinations:
        configure(ledger, name, concurrency=100)
        route(ledger, *(f"{name}_{number:03d}" for number in range(count)), to=(name,))


def prove(ledger: Ledger, *destinations: str, duration_ms: int = 10) -> None:
    """Let each destination answer once; what else was leased is due again."""
    unheard = set(destinations)
    for one in lease(ledger, 1000):
        heard = one.destination in unheard
        unheard.discard(one.destination)
        settle(ledger, well(one, duration_ms) if heard else ill(one, Health.UNKNOWN))


def take(ledger: Ledger, quick: int, slow: int) -> dict[str, int]:
    """Lease with so many places of each kind; how many each destination got."""
    leases = ledger.lease(DRAIN, WORKER, quick + slow, LEASE_MS, quick=quick, slow=slow).leases
    return {name: [one.destination for one in leases].count(name) for name in {one.destination for one in leases}}


def slow(ledger: Ledger, destination: str) -> bool:
    """Whether the lane is a slow one."""
    return ledger.survey().standings[destination].flow.slow


def test_lanes_without_an_answer_in_time_fill_only_the_places_that_are_theirs(ledger: Ledger) -> None:
    """However many of them there are and however deep, the quick lane gets every quick place."""
    given(ledger, "quick", "hanging", "new")
    prove(ledger, "quick")
    for one in ledger.lease(DRAIN, WORKER, 100, LEASE_MS, quick=0).leases:
        settle(ledger, ill(one, Health.TIMED_OUT if one.destination == "hanging" else Health.UNKNOWN, SLOW_MS))
    taken = take(ledger, quick=12, slow=4)
    assert taken["quick"] == 12
    assert sum(taken.values()) == 16


def test_without_slow_places_a_drain_gets_nothing_of_slow_lanes_and_is_not_told_to_hurry(ledger: Ledger) -> None:
    """What it has no place for is no reason to look again at once."""
    given(ledger, "new")
    answer = ledger.lease(DRAIN, WORKER, 10, LEASE_MS, quick=10, slow=0)
    assert (answer.leases, answer.wait_ms) == ([], -1)
    assert ledger.lease(DRAIN, WORKER, 0, LEASE_MS).wait_ms == 0


def test_each_lease_says_whether_its_lane_is_slow(ledger: Ledger) -> None:
    """A drain needs to know which of its places a delivery takes."""
    given(ledger, "quick", "new", count=2)
    (first, *_) = [one for one in lease(ledger) if one.destination == "quick"]
    assert first.slow
    settle(ledger, well(first))
    route(ledger, "one more", to=("quick",))
    (again,) = lease(ledger)
    assert (again.destination, again.slow) == ("quick", False)


def test_the_first_quick_answer_makes_a_lane_quick(ledger: Ledger) -> None:
    """A new destination waits among the slow no longer than it must."""
    given(ledger, "shop")
    settle(ledger, well(lease(ledger, 1)[0]))
    assert not slow(ledger, "shop")


def test_failures_that_come_quickly_do_not_make_a_lane_slow(ledger: Ledger) -> None:
    """They keep no place for long; the breaker looks after them."""
    given(ledger, "shop")
    settle(ledger, *(ill(one, Health.FAILING) for one in lease(ledger, 5)))
    assert not slow(ledger, "shop")


def test_one_time_out_makes_a_lane_slow_and_quick_answers_bring_it_back(ledger: Ledger) -> None:
    """It takes more than one of them: a lane that hangs now and then is not to change sides all the time."""
    given(ledger, "shop", count=60)
    settle(ledger, *map(well, lease(ledger, 5)))
    settle(ledger, ill(lease(ledger, 1)[0], Health.TIMED_OUT, 15_000))
    sides = []
    for _ in range(30):
        settle(ledger, well(lease(ledger, 1)[0]))
        sides.append(slow(ledger, "shop"))
    assert sides[0]
    assert sides == sorted(sides, reverse=True)
    assert not sides[-1]


def test_a_single_slow_answer_among_quick_ones_changes_nothing(ledger: Ledger) -> None:
    """A hiccup of 1.5 s is no reason."""
    given(ledger, "shop")
    settle(ledger, *map(well, lease(ledger, 5)))
    settle(ledger, well(lease(ledger, 1)[0], 1500))
    assert not slow(ledger, "shop")


def test_a_lane_that_is_found_hanging_leaves_the_quick_ones_before_it_times_out(ledger: Ledger) -> None:
    """All drains stop giving it quick places as soon as one of them has waited for a second."""
    given(ledger, "shop")
    prove(ledger, "shop")
    hung: list[Lease] = lease(ledger, 3)
    assert not any(one.slow for one in hung)
    ledger.lease(DRAIN, WORKER, 0, LEASE_MS, hanging=["shop"])
    assert slow(ledger, "shop")
    assert all(one.slow for one in lease(ledger, 3, "other"))


def test_among_slow_lanes_everyone_has_a_turn_before_anyone_has_a_second(ledger: Ledger) -> None:
    """Places that become free one by one go round, so that a new lane soon shows what it is."""
    names = [f"lane-{letter}" for letter in "abcdefgh"]
    given(ledger, *names)
    turns = [name for _ in range(8) for name in take(ledger, quick=0, slow=1)]
    assert sorted(turns) == names


def test_room_that_one_lane_cannot_use_goes_to_the_next(ledger: Ledger) -> None:
    """A small limit of one lane leaves no places empty while another has a backlog."""
    configure(ledger, "a-small", concurrency=2)
    route(ledger, *(f"s{number}" for number in range(10)), to=("a-small",))
    given(ledger, "b-deep", count=60)
    assert len(lease(ledger, 40)) == 40


def test_a_call_visits_many_lanes_that_nobody_has_heard_of_and_few_that_are_known_to_be_slow(ledger: Ledger) -> None:
    """Those that hang time out and are tried again together: whoever is quick must not wait until all of them were."""
    names = [f"lane-{number:03d}" for number in range(150)]
    ledger.configure((name, Policy(concurrency=10)) for name in names)
    route(ledger, "ev_1", "ev_2", to=names)
    unheard = ledger.lease(DRAIN, WORKER, 1000, LEASE_MS, slow=1000).leases
    assert len({one.destination for one in unheard}) == 64
    unheard += [one for _ in range(2) for one in ledger.lease(DRAIN, WORKER, 1000, LEASE_MS, slow=1000).leases]
    assert len(unheard) == len({(one.destination, one.event_id) for one in unheard}) == 300
    settle(ledger, *(ill(one, Health.TIMED_OUT, SLOW_MS) for one in unheard))
    assert set(take(ledger, quick=0, slow=128).values()) == {2}
    assert len(take(ledger, quick=0, slow=128)) == 16


def test_lanes_for_which_a_call_has_no_room_keep_their_turn(ledger: Ledger) -> None:
    """They were due before whoever has had one."""
    slow_ones = [f"a-slow-{number:02d}" for number in range(15)]
    given(ledger, *slow_ones, count=9)
    settle(ledger, *(ill(one, Health.TIMED_OUT, SLOW_MS) for one in ledger.lease(DRAIN, WORKER, 1000, LEASE_MS).leases))
    unheard = [f"b-unheard-{number:02d}" for number in range(17)]
    given(ledger, *unheard, count=1)
    before = read_books(ledger.client).scores("slow")
    taken = take(ledger, quick=0, slow=32)
    after = read_books(ledger.client).scores("slow")
    left = [name for name in unheard if name not in taken]
    assert left
    assert [after[name] for name in left] == [before[name] for name in left]
