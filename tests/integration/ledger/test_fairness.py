"""Every destination gets its turn, and never more at a time than it allows."""

import pytest

from integration.ledger.scenario import DRAIN, LEASE_MS, WORKER, configure, ids, key, lease, outcome, route, settle
from integration.ledger.time_travel import pass_time
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Lease, State

LANES = tuple(f"lane-{letter}" for letter in "abcdef")


def fill(ledger: Ledger, each: int, destinations: tuple[str, ...] = LANES) -> None:
    """Give every destination `each` events of its own."""
    for destination in destinations:
        route(ledger, *(f"{destination}-{number}" for number in range(each)), to=(destination,))


def lanes_of(leases: list[Lease]) -> list[str]:
    """Which destinations the leases are for, in order."""
    return [one.destination for one in leases]


def test_small_leases_visit_all_lanes_before_any_is_visited_again(ledger: Ledger) -> None:
    """A round goes over every lane that has work, however little is leased at once."""
    fill(ledger, 3)
    for _ in range(3):
        turns = [name for _ in range(3) for name in lanes_of(lease(ledger, 2))]
        assert sorted(turns) == sorted(LANES)


def test_a_large_lease_is_shared_out_evenly(ledger: Ledger) -> None:
    """One call with room for all takes the same from every lane."""
    fill(ledger, 10)
    taken = lanes_of(lease(ledger, 24))
    assert {name: taken.count(name) for name in LANES} == dict.fromkeys(LANES, 4)


def test_a_lane_alone_gets_the_whole_lease(ledger: Ledger) -> None:
    """With few lanes the share of each grows, so that one busy destination is not slowed by turns."""
    fill(ledger, 50, ("lane-a",))
    assert len(lease(ledger, 40)) == 40


def test_a_lane_with_one_event_is_served_beside_a_deep_one(ledger: Ledger) -> None:
    """A backlog of another destination delays nothing."""
    fill(ledger, 200, ("lane-b",))
    fill(ledger, 1, ("lane-a",))
    assert "lane-a" in lanes_of(lease(ledger, 10))


def test_new_events_do_not_cost_a_lane_its_turn(ledger: Ledger) -> None:
    """A destination that events keep coming in for is served as soon as the others, not after their backlogs."""
    fill(ledger, 20)
    seen: list[str] = []
    for number in range(12):
        route(ledger, f"more-{number}", to=("lane-a",))
        seen += lanes_of(lease(ledger, 1))
    assert seen.count("lane-a") == 2


def test_settled_outcomes_do_not_cost_a_lane_its_turn(ledger: Ledger) -> None:
    """A destination whose attempts keep ending is not sent behind the others each time one does."""
    fill(ledger, 20)
    busy = [one for one in lease(ledger, 60) if one.destination == "lane-a"]
    seen: list[str] = []
    for one in busy[:10]:
        settle(ledger, outcome(one))
        seen += lanes_of(lease(ledger, 1))
    assert seen.count("lane-a") == 2


def test_a_concurrency_limit_holds_over_all_drains_to_the_last_place(ledger: Ledger) -> None:
    """However many drains ask, a destination has never more in flight than its limit, and always that many."""
    configure(ledger, concurrency=5)
    route(ledger, *(f"ev_{number}" for number in range(20)))
    first = lease(ledger, 3, "drain-a")
    second = lease(ledger, 3, "drain-b")
    assert (len(first), len(second), len(lease(ledger, 3, "drain-c"))) == (3, 2, 0)
    settle(ledger, outcome(first[0]), outcome(first[1], State.PENDING), drain="drain-a")
    assert len(lease(ledger, 9, "drain-c")) == 2
    assert ledger.survey().standings["shop"].in_flight == 5


def test_a_full_lane_is_looked_at_when_a_place_may_be_free_and_not_all_the_time(ledger: Ledger) -> None:
    """A drain that finds a lane full is told to wait for the end of a lease, instead of asking again at once."""
    configure(ledger, concurrency=1)
    route(ledger, "ev_1", "ev_2")
    lease(ledger)
    full = ledger.lease("other", WORKER, 10, LEASE_MS)
    assert (full.leases, full.wait_ms > LEASE_MS - 2000) == ([], True)


def test_a_higher_limit_takes_effect_at_once(ledger: Ledger) -> None:
    """Work that waited for a place is leased as soon as there are more places."""
    configure(ledger, concurrency=1)
    route(ledger, "ev_1", "ev_2")
    assert len(lease(ledger)) == 1
    configure(ledger, concurrency=2)
    assert ids(lease(ledger)) == ["ev_2"]


def test_leases_that_ended_in_a_full_lane_give_their_places_back(ledger: Ledger) -> None:
    """A drain that lives but has lost track of its leases cannot block a destination for good."""
    configure(ledger, concurrency=2)
    route(ledger, "ev_1", "ev_2", "ev_3")
    assert len(lease(ledger, lease_ms=1000)) == 2
    pass_time(ledger.client, 1001)
    again = lease(ledger, drain="other")
    assert len(again) == 2
    rest = ledger.lease("other", WORKER, 10, LEASE_MS)
    assert (rest.leases, rest.wait_ms > LEASE_MS - 2000) == ([], True)
    settle(ledger, *(outcome(one) for one in again), drain="other")
    assert len(lease(ledger, drain="other")) == 1


def test_a_limit_of_nothing_is_refused_with_the_advice_to_pause(ledger: Ledger) -> None:
    """A limit below one would stop the destination without saying so."""
    with pytest.raises(ValueError, match="shop: expected a limit of at least 1, got 0: to stop it, pause it"):
        configure(ledger, concurrency=0)


def test_a_delivery_whose_record_is_gone_does_not_stop_the_others(ledger: Ledger) -> None:
    """A key deleted by hand costs that delivery, shows in the survey, and nothing else."""
    configure(ledger, concurrency=1)
    route(ledger, "ev_1", "ev_2", "ev_3")
    assert ids(lease(ledger, lease_ms=1000)) == ["ev_1"]
    ledger.client.delete(key("record", "ev_1"), key("record", "ev_2"))
    pass_time(ledger.client, 1001)
    assert ids(lease(ledger)) + ids(lease(ledger)) == ["ev_3"]
    standing = ledger.survey().standings["shop"]
    assert (standing.waiting, standing.in_flight, standing.balanced) == (0, 1, False)


def test_an_event_routed_twice_to_a_destination_gets_one_delivery(ledger: Ledger) -> None:
    """A routing that names a destination twice neither counts nor delivers twice."""
    route(ledger, "ev_1", to=("shop", "shop"))
    (one,) = lease(ledger)
    settle(ledger, outcome(one))
    assert ledger.survey().standings["shop"].balanced
    assert ledger.client.pttl(key("record", "ev_1")) > 0


def test_the_survey_says_how_long_the_oldest_that_waits_has_been_due(ledger: Ledger) -> None:
    """What is in flight does not count as waiting: with nothing else there is no due time."""
    route(ledger, "ev_1", "ev_2")
    assert len(lease(ledger, 1, DRAIN, 1000)) == 1
    waits = ledger.survey()
    due = waits.standings["shop"].oldest_due
    assert due is not None
    assert due <= waits.now
    (rest,) = lease(ledger)
    assert ledger.survey().standings["shop"].oldest_due is None
    settle(ledger, outcome(rest, State.PENDING, delay_ms=90_000))
    later = ledger.survey()
    due = later.standings["shop"].oldest_due
    assert due is not None
    assert due - later.now > 80_000
