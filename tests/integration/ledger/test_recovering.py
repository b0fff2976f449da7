"""What a drain that died had leased is taken from it, at once and as what it is."""

from pathlib import Path
from typing import cast

import pytest

from eventually import eventually
from integration.ledger.scenario import (
    DRAIN,
    LEASE_MS,
    WORKER,
    accept,
    key,
    lease,
    outcome,
    route,
    settle,
    state_of,
)
from integration.ledger.time_travel import pass_time
from outhaul_config.policy import Policy
from outhaul_ledger.ledger import POISON, SILENCE_MS, Ledger
from outhaul_ledger.model import Dispatch, Route, Schedule, State
from outhaul_ledger.subscribing import SubscriptionLedger
from outhaul_ops.embedded import EmbeddedServer


def lose(ledger: Ledger) -> None:
    """Lease everything, fall silent, and let it be recovered."""
    lease(ledger)
    pass_time(ledger.client, SILENCE_MS + 1)
    ledger.recover()


def test_a_silent_drain_loses_its_leases_long_before_they_end(ledger: Ledger) -> None:
    """After 10 s without a beat everything it held is due, as possible duplicates, with a line that says why."""
    route(ledger, "ev_1", "ev_2")
    lease(ledger)
    pass_time(ledger.client, SILENCE_MS + 1)
    assert tuple(ledger.recover()) == (2, 0, 1)
    again = lease(ledger, drain="other")
    assert [(one.attempt, one.possible_duplicate) for one in again] == [(2, True), (2, True)]
    record = ledger.status("ev_1")
    assert record is not None
    assert [(line["attempt"], line["outcome"], line["reason"]) for line in record.attempts] == [
        (1, "retry", "worker_lost")
    ]


def test_what_a_server_may_have_forgotten_is_a_possible_duplicate(tmp_path: Path) -> None:
    """A replica takes over without the last moments: what was due is sent again, marked; what comes later is not."""
    with (
        EmbeddedServer(tmp_path / "primary") as primary,
        EmbeddedServer(tmp_path / "replica") as replica,
        primary.client() as one,
        replica.client() as other,
    ):
        first, second = Ledger(one), Ledger(other)
        route(first, "ev_1")
        second.client.replicaof("127.0.0.1", primary.port)
        eventually(lambda: second.client.exists(key("record", "ev_1")), within=10)
        second.client.replicaof("NO", "ONE")
        settle(first, *map(outcome, lease(first)))
        assert [(one.event_id, one.attempt, one.possible_duplicate) for one in lease(second)] == [("ev_1", 1, True)]
        since = int(cast("bytes", second.client.hget(key("history"), "since")))
        eventually(lambda: second.survey().now > since, within=1)  # what comes within that millisecond is marked too
        route(second, "ev_2")
        assert [(one.event_id, one.possible_duplicate) for one in lease(second)] == [("ev_2", False)]


def test_what_a_server_may_have_forgotten_to_have_routed_is_a_possible_duplicate(own_server: EmbeddedServer) -> None:
    """An event that is in the inbox again may have been routed and sent in the moments that were lost."""
    ledger = Ledger(own_server.client())
    accept(ledger, "ev_1")
    own_server.stop()
    own_server.start()
    lease(ledger, most=0)
    ledger.lease_inbox(DRAIN, 1, LEASE_MS)
    ledger.fan_out(DRAIN, [("ev_1", [Route("shop")])])
    assert [one.possible_duplicate for one in lease(ledger)] == [True]


def test_a_restart_forgets_nothing_of_what_waits_for_later(own_server: EmbeddedServer) -> None:
    """A delivery whose next attempt is due after the restart cannot have been attempted in moments that were lost."""
    ledger = Ledger(own_server.client())
    route(ledger, "ev_1")
    settle(ledger, *(outcome(one, State.PENDING, delay_ms=60_000) for one in lease(ledger)))
    own_server.stop()
    own_server.start()
    assert lease(ledger) == []
    pass_time(ledger.client, 60_000)
    assert [one.possible_duplicate for one in lease(ledger)] == [False]


def test_a_drain_that_beats_keeps_its_leases(ledger: Ledger) -> None:
    """A beat within the silence is enough, with or without new work."""
    route(ledger, "ev_1")
    (one,) = lease(ledger)
    for _ in range(3):
        pass_time(ledger.client, SILENCE_MS - 1000)
        assert lease(ledger, most=0) == []
        assert tuple(ledger.recover()) == (0, 0, 0)
    assert settle(ledger, outcome(one)) == [True]


def test_a_drain_is_not_given_up_before_its_silence_is_over(ledger: Ledger) -> None:
    """`recover` spares a drain whose last beat is less than 10 s ago."""
    route(ledger, "ev_1")
    lease(ledger)
    pass_time(ledger.client, SILENCE_MS - 1000)
    assert tuple(ledger.recover()) == (0, 0, 0)
    pass_time(ledger.client, 1000)
    assert tuple(ledger.recover()) == (1, 0, 1)


def test_only_the_silent_drain_loses_what_it_had(ledger: Ledger) -> None:
    """The leases of its living neighbour stay."""
    route(ledger, "ev_1", "ev_2")
    (kept,) = lease(ledger, 1, "living")
    lease(ledger, 1, "dying")
    ledger.retire(DRAIN)
    pass_time(ledger.client, SILENCE_MS + 1)
    lease(ledger, 0, "living")
    assert tuple(ledger.recover()) == (1, 0, 1)
    assert settle(ledger, outcome(kept), drain="living") == [True]


def test_events_that_a_dead_drain_was_to_route_are_routed_by_another(ledger: Ledger) -> None:
    """Accepted events do not wait for the end of a dead drain's lease."""
    accept(ledger, "ev_1")
    ledger.lease_inbox(DRAIN, 10, LEASE_MS)
    pass_time(ledger.client, SILENCE_MS + 1)
    assert tuple(ledger.recover()) == (1, 0, 1)
    assert len(ledger.lease_inbox("other", 10, LEASE_MS).events) == 1


def test_recovered_work_wakes_a_sleeping_dispatcher(ledger: Ledger) -> None:
    """Whoever waits for work learns of what became due."""
    route(ledger, "ev_1")
    lease(ledger)
    assert ledger.wait_for_wake(1)
    pass_time(ledger.client, SILENCE_MS + 1)
    ledger.recover()
    assert ledger.wait_for_wake(1)


def test_a_drain_with_more_leases_than_one_call_takes_is_recovered_by_the_next(ledger: Ledger) -> None:
    """A large loss is taken back in portions; the drain is given up with the last."""
    route(ledger, "ev_1", "ev_2", "ev_3")
    lease(ledger)
    pass_time(ledger.client, SILENCE_MS + 1)
    assert tuple(ledger.recover(most=2)) == (2, 0, 0)
    assert tuple(ledger.recover(most=2)) == (1, 0, 1)
    assert len(lease(ledger, drain="other")) == 3


def test_a_drain_thought_dead_that_comes_back_is_fenced_off(ledger: Ledger) -> None:
    """A stopped and continued process can neither settle what it lost nor disturb who has it now."""
    route(ledger, "ev_1")
    (old,) = lease(ledger)
    pass_time(ledger.client, SILENCE_MS + 1)
    ledger.recover()
    assert settle(ledger, outcome(old)) == [False]
    (new,) = lease(ledger, drain="other")
    assert settle(ledger, outcome(old, State.DEAD)) == [False]
    assert settle(ledger, outcome(new), drain="other") == [True]
    assert tuple(ledger.recover()) == (0, 0, 0)


@pytest.mark.parametrize("most", [0, 100])
def test_a_drain_that_ends_leaves_nothing_behind(ledger: Ledger, most: int) -> None:
    """Retiring unlists it; leases that are left, such as those it never heard of, are taken without waiting."""
    route(ledger, "ev_1")
    ledger.begin(DRAIN)
    left = lease(ledger, most)
    assert ledger.retire(DRAIN) == len(left)
    assert ledger.dispatch(WORKER, 2).running == 0
    assert tuple(ledger.recover()) == (len(left), 0, len(left))
    assert ledger.client.exists(key("drains"), key("leases", DRAIN)) == 0


def test_a_delivery_that_takes_three_workers_down_is_a_dead_letter(ledger: Ledger) -> None:
    """The poison pill is not leased a fourth time; its reason is `worker_lost`."""
    route(ledger, "ev_1")
    for _ in range(POISON):
        assert state_of(ledger, "ev_1") is State.PENDING
        lose(ledger)
    record = ledger.status("ev_1")
    assert record is not None
    assert (record.deliveries["shop"].state, record.deliveries["shop"].reason) == (State.DEAD, "worker_lost")
    assert [line["outcome"] for line in record.attempts] == ["retry", "retry", "dead"]
    assert lease(ledger) == []


def test_leases_that_merely_end_count_as_lost_too(ledger: Ledger) -> None:
    """A delivery that outlives its lease again and again ends the same way, with the drain alive."""
    route(ledger, "ev_1")
    for attempt in range(1, POISON + 1):
        assert [one.attempt for one in lease(ledger, lease_ms=1000)] == [attempt]
        pass_time(ledger.client, 1001)
    assert lease(ledger) == []
    assert state_of(ledger, "ev_1") is State.DEAD
    assert ledger.survey().standings["shop"].balanced


def test_losses_count_only_in_a_row(ledger: Ledger) -> None:
    """An attempt that was settled in between proves that the delivery kills nobody."""
    route(ledger, "ev_1")
    for _ in range(3):
        for _ in range(POISON - 1):
            lose(ledger)
        (one,) = lease(ledger)
        settle(ledger, outcome(one, State.PENDING))
    assert state_of(ledger, "ev_1") is State.PENDING


def test_a_replayed_poison_pill_has_its_three_chances_again(ledger: Ledger) -> None:
    """A person who replays it may have mended the cause."""
    route(ledger, "ev_1")
    for _ in range(POISON):
        lose(ledger)
    ledger.replay([("shop", "ev_1")])
    lose(ledger)
    assert state_of(ledger, "ev_1") is State.PENDING


def test_a_dispatcher_is_told_to_send_drains_while_there_is_work_and_room(ledger: Ledger) -> None:
    """No work, no drain; with work as many as there are slots, counting those asked for and not yet begun."""
    assert ledger.dispatch(WORKER, 2) == Dispatch(send=False, wait_ms=-1, running=0)
    accept(ledger, "ev_1")
    assert [ledger.dispatch(WORKER, 2).send for _ in range(3)] == [True, True, False]
    ledger.begin("drain-a")
    assert ledger.dispatch(WORKER, 2) == Dispatch(send=False, wait_ms=0, running=2)
    pass_time(ledger.client, 3001)
    assert ledger.dispatch(WORKER, 2).send


def test_a_dispatcher_is_told_of_a_drain_that_fell_silent_until_it_is_recovered(ledger: Ledger) -> None:
    """It need not ask every second whether there is one."""
    route(ledger, "ev_1")
    lease(ledger)
    assert not ledger.dispatch(WORKER, 2).silent
    pass_time(ledger.client, SILENCE_MS + 1)
    assert ledger.dispatch(WORKER, 2).silent
    ledger.recover()
    assert not ledger.dispatch(WORKER, 2).silent


def test_a_dispatcher_is_told_of_an_event_that_has_expired_until_it_is_ended(ledger: Ledger) -> None:
    """Nor whether one has; one that has not yet is not told of."""
    ledger.pause("shop", "maintenance")
    accept(ledger, "ev_1")
    ledger.lease_inbox(DRAIN, 1, LEASE_MS)
    ledger.fan_out(DRAIN, [("ev_1", [Route("shop")])], {"ev_1": Schedule(expires=ledger.survey().now + 60_000)})
    assert not ledger.dispatch(WORKER, 2).unwanted
    pass_time(ledger.client, 60_001)
    assert ledger.dispatch(WORKER, 2).unwanted
    ledger.expire()
    assert not ledger.dispatch(WORKER, 2).unwanted


def test_a_dispatcher_is_told_whether_there_are_subscriptions_and_whether_one_was_removed(ledger: Ledger) -> None:
    """To look at all of them now and then, or to clear up at once until nothing of the removed one is left."""
    subscriptions = SubscriptionLedger(ledger.client)
    assert (ledger.dispatch(WORKER, 2).untidy, ledger.dispatch(WORKER, 2).subscribed) == (False, False)
    subscriptions.subscribe("sub.one", b"{}", identity="one", policy=Policy(), patience=1.0)
    assert (ledger.dispatch(WORKER, 2).untidy, ledger.dispatch(WORKER, 2).subscribed) == (False, True)
    subscriptions.unsubscribe("sub.one")
    assert ledger.dispatch(WORKER, 2).untidy
    subscriptions.tidy("0", parking=60.0)
    assert not ledger.dispatch(WORKER, 2).untidy


def test_a_stopping_worker_gets_no_drains_and_its_own_are_told_to_end(ledger: Ledger) -> None:
    """The word reaches each of its drains with the next lease, and no other worker's."""
    accept(ledger, "ev_1")
    assert not ledger.dispatch(WORKER, 2, stopping=True).send
    assert ledger.lease(DRAIN, WORKER, 0, LEASE_MS).stopping
    assert not ledger.lease(DRAIN, "worker-b", 0, LEASE_MS).stopping


def test_a_stopping_worker_does_not_keep_its_successor_from_the_work(ledger: Ledger) -> None:
    """While its drains finish what hangs, however long, another worker fills its own slots."""
    route(ledger, "ev_1")
    ledger.retire(DRAIN)
    ledger.dispatch("old", 2)
    for drain in ("old-1", "old-2"):
        ledger.begin(drain)
    ledger.dispatch("old", 2, stopping=True)
    for _ in range(3):
        pass_time(ledger.client, SILENCE_MS - 1000)
        for drain in ("old-1", "old-2"):
            assert ledger.lease(drain, "old", 0, LEASE_MS).stopping
        assert [ledger.dispatch("new", 2).send for _ in range(3)] == [True, True, False]
