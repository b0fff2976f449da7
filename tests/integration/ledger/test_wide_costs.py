"""What is done to ten thousand deliveries holds the server up for no longer than what is done to a few."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from integration.ledger.metering import Metered, MeteredJobs, MeteredSubscriptions, too_long
from integration.ledger.scenario import DRAIN, EVER, LEASE_MS, WORKER, accept, outcome, route, settle
from integration.ledger.time_travel import pass_time
from integration.ledger.wide import WIDE, lease_many, names, spread, tally
from outhaul_config.policy import Policy
from outhaul_ledger import dead_letters
from outhaul_ledger.browsing import Place, Sought
from outhaul_ledger.dead_letters import Selection
from outhaul_ledger.ledger import SILENCE_MS, Ledger
from outhaul_ledger.model import Route, State, Submission
from outhaul_ops.embedded import EmbeddedServer

CANCELLED, EXPIRED = (State.CANCELLED, "cancelled"), (State.DEAD, "expired")


@pytest.fixture
def metered(own_server: EmbeddedServer) -> Iterator[Metered]:
    """An empty ledger, which counts; of one kind of server, as all count alike."""
    with own_server.client() as client:
        yield Metered(client)


@pytest.mark.parametrize("order", ["", "anna"], ids=["free", "ordered"])
def test_a_wide_event_is_taken_back_and_no_script_takes_long(metered: Metered, order: str) -> None:
    """Those that wait end, those in flight are marked, and the note of it is gone in the end."""
    spread(metered, "ev_wide", names(), order=order)
    flying = lease_many(metered, 200)
    answer = metered.cancel("ev_wide")
    assert answer is not None
    told = Counter((each.state, each.now) for each in answer.deliveries)
    assert told == {(State.CANCELLED, True): WIDE - 200, (State.LEASED, False): 200}
    assert metered.calls["cancel"] > 80
    settle(metered, *(outcome(one, State.PENDING) for one in flying[:64]))
    assert tally(metered, "ev_wide") == {CANCELLED: WIDE - 136, (State.LEASED, "cancelled"): 136}
    assert not metered.expire().cancelling
    assert all(each.balanced for each in metered.survey().standings.values())
    assert too_long(metered) == {}


@pytest.mark.parametrize("order", ["", "anna"], ids=["free", "ordered"])
def test_a_wide_event_expires_beside_others_and_no_script_takes_long(metered: Metered, order: str) -> None:
    """It takes several calls, of which each goes on where the last one was, and the others do not wait for it."""
    spread(metered, "ev_wide", names(), order=order, life_ms=1_000)
    route(metered, "ev_narrow", life_ms=1_500)
    pass_time(metered.client, 10_000)
    first = metered.expire()
    assert (first.deliveries < WIDE, first.more) == (True, True)
    assert tally(metered, "ev_narrow") == {EXPIRED: 1}
    ended = first.deliveries
    while (done := metered.expire()).deliveries:
        ended += done.deliveries
    assert (ended, done.more, tally(metered, "ev_wide")) == (WIDE + 1, False, {EXPIRED: WIDE})
    assert metered.calls["expire"] < 150
    assert too_long(metered) == {}


def test_a_wide_event_is_listed_in_its_place_and_no_script_takes_long(metered: Metered) -> None:
    """Every delivery is met once and in order, also where they change while pages are read."""
    route(metered, "ev_1", to=("a", "b"))
    spread(metered, "ev_2", names())
    route(metered, "ev_3", to=("a", "b"))
    position: Place | None = None
    found: list[tuple[str, str]] = []
    while True:
        page = metered.browse(Sought(0.0, EVER), position, most=4_000, look=500)
        found += [(each.event_id, each.delivery.destination) for each in page.deliveries]
        settle(metered, *map(outcome, lease_many(metered, 64)))
        position = page.position
        if position is None:
            break
    narrow = [[(event, name) for name in ("a", "b")] for event in ("ev_3", "ev_1")]
    assert found == [*narrow[0], *(("ev_2", name) for name in names()), *narrow[1]]
    delivered = metered.browse(Sought(0.0, EVER, states=(State.DELIVERED,)), None, most=WIDE, look=500)
    assert {each.delivery.state for each in delivered.deliveries} == {State.DELIVERED}
    (one,) = metered.browse(Sought(0.0, EVER, "shop-00007"), None, most=9, look=500).deliveries
    assert one.event_id == "ev_2"
    assert too_long(metered) == {}


def test_many_events_are_taken_over_and_routed_and_no_script_takes_long(metered: Metered) -> None:
    """What a drain that died had leased for routing, of a type that nobody wants and of one that many do."""
    for event_type, routes in (("unwanted", []), ("wanted", [Route(f"shop-{number}") for number in range(100)])):
        metered.fan_out("other", [], types={event_type: routes})
        events = [f"ev_{event_type}_{number}" for number in range(400)]
        metered.accept([Submission(each, "digest", "/shop", event_type, b"{}", plain=True) for each in events])
        assert len(metered.lease_inbox("dying", 400, 1_000).events) == 400
        pass_time(metered.client, 1_000)
        routed = 0
        while routed < 400:
            taken = metered.lease_inbox("other", 384, 1_000, most_work=2_048)
            routed += taken.routed
            metered.fan_out("other", [(one.event_id, []) for one in taken.events])
            routed += len(taken.events)
    assert too_long(metered) == {}


def replay(ledger: Ledger) -> dict[str, int]:
    """Replay all dead letters as a job, as fast as it goes."""
    jobs = MeteredJobs(ledger)
    jobs.open(Selection(), None)
    while jobs.carry_on() is not None:
        pass
    return too_long(jobs)


def discard(ledger: Ledger) -> dict[str, int]:
    """Give all dead letters up."""
    reach = dead_letters.reach_now(ledger, Selection())
    assert sum(dead_letters.discard(ledger, dead_letters.batches(ledger, Selection(), reach))) == 1_000
    return {}


@pytest.mark.parametrize(("way", "left"), [(replay, State.PENDING), (discard, State.CANCELLED)])
def test_a_thousand_dead_letters_leave_in_scripts_that_take_not_long(
    metered: Metered, way: Callable[[Ledger], dict[str, int]], left: State
) -> None:
    """Whether they are replayed or given up, and each has a destination of its own."""
    spread(metered, "ev_wide", names(1_000), life_ms=-1)
    while metered.expire().more:
        pass
    assert way(metered) == {}
    assert {state for state, _ in tally(metered, "ev_wide")} == {left}
    assert too_long(metered) == {}


def test_a_subscription_with_a_long_backlog_is_stopped_resumed_and_removed_without_taking_long(
    metered: Metered,
) -> None:
    """What it has left is cancelled step by step, dead letters too, and what is left of it in the end is nothing."""
    subscriptions = MeteredSubscriptions(metered.client)
    subscriptions.subscribe("sub.deep", b"{}", policy=Policy(concurrency=500), patience=60.0)
    events = [f"ev_{number:04d}" for number in range(3_000)]
    for start in range(0, len(events), 100):
        route(metered, *events[start : start + 100], to=("sub.deep",))
    flying = lease_many(metered, 500)
    settle(metered, *(outcome(one, State.DEAD) for one in flying[:60]))
    settle(metered, outcome(flying[60], State.PENDING, pause="HTTP 410"))
    assert metered.resume("sub.deep").paused
    assert subscriptions.unsubscribe("sub.deep")
    cursor, cancelled = "0", 0
    while True:
        done = subscriptions.tidy(cursor, parking=60.0)
        cursor, cancelled = done.cursor, cancelled + done.cancelled
        if not done.cancelled:
            break
    assert cancelled == 3_000 - len(flying) + 61
    assert (too_long(metered), too_long(subscriptions)) == ({}, {})


@pytest.mark.parametrize("end", ["expired", "taken back"])
def test_a_lease_that_finds_nothing_but_ended_deliveries_does_not_take_long(metered: Metered, end: str) -> None:
    """Thousands of deliveries that must not be sent any more, in one lane and in many, are ended call by call."""
    events = [f"ev_{number:04d}" for number in range(2_000)]
    for start in range(0, len(events), 100):
        route(metered, *events[start : start + 100], to=("deep",), life_ms=1_000)
    spread(metered, "ev_wide", names(2_000), life_ms=1_000)
    if end == "expired":
        pass_time(metered.client, 2_000)
    else:
        for event in (*events, "ev_wide"):
            metered.client.hset(f"outhaul:{{0}}:record:{event}", "cancelling", "0")
    for _ in range(200):
        answer = metered.lease(DRAIN, WORKER, 200, LEASE_MS)
        assert answer.leases == []
        if answer.wait_ms < 0:
            break
    wanted = EXPIRED if end == "expired" else CANCELLED
    assert (answer.wait_ms, tally(metered, "ev_wide")) == (-1, {wanted: 2_000})
    assert too_long(metered) == {}


def test_what_a_dead_drain_had_leased_is_taken_back_in_scripts_that_take_not_long(metered: Metered) -> None:
    """However much that was."""
    spread(metered, "ev_wide", names(2_000), order="anna")
    lease_many(metered, 2_000)
    pass_time(metered.client, SILENCE_MS + 1)
    recovered = 0
    while (answer := metered.recover()).recovered:
        recovered += answer.recovered
    assert recovered == 2_000
    assert too_long(metered) == {}


def test_many_that_waited_for_one_to_be_routed_go_in_scripts_that_take_not_long(metered: Metered) -> None:
    """They stand behind the gate in lanes of their own until it is routed."""
    accept(metered, "ev_first", "ev_wide")
    metered.lease_inbox("slow", 1, LEASE_MS)
    metered.lease_inbox(DRAIN, 1, LEASE_MS)
    to = names(2_000)
    for start in range(0, len(to), 128):
        routes = [Route(each, order="anna") for each in to[start : start + 128]]
        more = LEASE_MS if start + 128 < len(to) else None
        metered.fan_out(DRAIN, [("ev_wide", routes)], more_within=more)
    metered.cancel("ev_first")
    calls = 1
    while metered.lease_inbox(DRAIN, 1, LEASE_MS).more:
        calls += 1
    assert calls == 2_000 // 128
    assert tally(metered, "ev_wide") == {(State.PENDING, ""): 2_000}
    assert metered.client.exists("outhaul:{0}:gate") == 0
    assert too_long(metered) == {}
