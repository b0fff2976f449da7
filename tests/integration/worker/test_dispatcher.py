"""The dispatcher's thread: how a worker's end reaches its drains, whatever happens at the same moment."""

import time
from threading import Event
from typing import Any

import pytest

from eventually import eventually
from integration.ledger.time_travel import pass_time
from integration.ledger.wide import cancel_step, names, spread, tally
from outhaul_config.connections import open_client
from outhaul_config.policy import Policy
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Dispatch, Route, Schedule, State, Submission
from outhaul_ledger.portions import ABANDONED_MS
from outhaul_ledger.subscribing import SubscriptionLedger, Tidied
from outhaul_ops.embedded import EmbeddedServer
from outhaul_worker.dispatcher import Dispatcher, Tidying
from outhaul_worker.tidying import PAUSE_SECONDS, Tidier

WORKER = "worker@here:1"


class Gated(Ledger):
    """A ledger whose ordinary beats wait at a gate."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.reached, self.gate = Event(), Event()

    def dispatch(self, worker: str, slots: int, *, stopping: bool = False) -> Dispatch:
        """Wait at the gate unless the worker is stopping."""
        if not stopping:
            self.reached.set()
            self.gate.wait(10)
        return super().dispatch(worker, slots, stopping=stopping)


def nothing(**_: object) -> None:
    """Do nothing."""


def signal(event: Event) -> Tidying:
    """Tell that subscriptions were looked after."""

    def tidy(*, urgent: bool) -> None:
        assert isinstance(urgent, bool)
        event.set()

    return tidy


def test_a_beat_that_comes_late_does_not_take_back_that_the_worker_is_stopping(server: EmbeddedServer) -> None:
    """The last word is `stopping`, also where a cycle of the thread was under way when the worker was told to end."""
    with server.client() as client:
        ledger = Gated(client)
        dispatcher = Dispatcher(ledger, WORKER, 2, nothing, nothing, nothing)
        dispatcher.start()
        assert ledger.reached.wait(10)
        dispatcher.end()
        ledger.gate.set()
        dispatcher.join(10)
        assert not dispatcher.is_alive()
        assert ledger.workers()[WORKER].stopping


def test_drains_are_told_by_signal_where_the_ledger_is_away() -> None:
    """A worker must be able to end during an outage of the ledger."""
    told = Event()
    dispatcher = Dispatcher(Ledger(open_client("redis://127.0.0.1:1/0", 0.5)), WORKER, 2, nothing, told.set, nothing)
    dispatcher.start()
    dispatcher.end()
    dispatcher.join(10)
    assert told.is_set()


def test_a_beat_from_the_future_does_not_hold_a_slot_for_ever(server: EmbeddedServer) -> None:
    """After the server's clock was set back, a dead drain counts as long as any other, not until the clock is there."""
    with server.client() as client:
        ledger = Ledger(client)
        client.zadd("outhaul:{0}:drains", {"dead": 4e12})
        client.zadd("outhaul:{0}:asks", {"lost": 4e12})
        ledger.dispatch(WORKER, 2)
        for key in ("drains", "asks"):
            (_, score), *_ = client.zrange(f"outhaul:{{0}}:{key}", 0, 0, withscores=True)
            assert score < 4e12


def test_expired_events_leave_the_index_as_fast_as_they_came(server: EmbeddedServer) -> None:
    """However many there are, and however seldom a pass begins."""
    with server.client() as client:
        client.zadd("outhaul:{0}:events", {f"ev_{number}": number for number in range(5500)})
        dispatcher = Dispatcher(Ledger(client), WORKER, 2, nothing, nothing, nothing, sleep_seconds=60)
        dispatcher.start()
        eventually(lambda: client.zcard("outhaul:{0}:events") == 0, within=10)
        dispatcher.end()
        dispatcher.join(10)


def test_what_expires_at_a_paused_destination_is_ended_by_the_dispatcher(server: EmbeddedServer) -> None:
    """Nothing is leased from a paused lane, so no drain would ever come to it."""
    with server.client() as client:
        ledger = Ledger(client)
        ledger.accept([Submission("ev_1", "digest", "/", "order.created", b"{}")])
        ledger.pause("shop", "maintenance")
        ledger.lease_inbox("drain", 1, 1000)
        ledger.fan_out("drain", [("ev_1", [Route("shop")])], {"ev_1": Schedule(expires=ledger.survey().now + 300)})
        dispatcher = Dispatcher(ledger, WORKER, 2, nothing, nothing, nothing)
        dispatcher.start()
        eventually(lambda: ledger.survey().standings["shop"].dead == 1, within=10)
        dispatcher.end()
        dispatcher.join(10)
        assert ledger.survey().standings["shop"].waiting == 0


def test_what_a_dead_drain_had_leased_is_taken_back_and_subscriptions_are_looked_after(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both happen where an answer to a beat says that there is something, without anyone asking for more."""
    monkeypatch.setattr("outhaul_worker.dispatcher.GRACE_SECONDS", 0.0)
    tidied = Event()
    with server.client() as client:
        ledger = Ledger(client)
        SubscriptionLedger(client).subscribe("sub.one", b"{}", identity="one", policy=Policy(), patience=1.0)
        ledger.accept([Submission("ev_1", "digest", "/", "order.created", b"{}")])
        ledger.lease_inbox("dead", 1, 60_000)
        ledger.retire("dead")
        dispatcher = Dispatcher(ledger, WORKER, 2, nothing, nothing, signal(tidied))
        dispatcher.start()
        assert tidied.wait(10)
        eventually(lambda: client.exists("outhaul:{0}:inbox"), within=10)
        dispatcher.end()
        dispatcher.join(10)


def test_a_dispatcher_without_subscriptions_does_not_look_after_them(server: EmbeddedServer) -> None:
    """It would cost an idle server five commands a second."""
    tidied, waited = Event(), Event()
    with server.client() as client:

        class Waiting(Ledger):
            def wait_for_wake(self, timeout: float) -> bool:
                waited.set()
                return super().wait_for_wake(timeout)

        dispatcher = Dispatcher(Waiting(client), WORKER, 2, nothing, nothing, signal(tidied))
        dispatcher.start()
        assert waited.wait(10)
        dispatcher.end()
        dispatcher.join(10)
    assert not tidied.is_set()


def test_many_subscriptions_are_looked_at_seldom_and_one_that_was_removed_at_once(server: EmbeddedServer) -> None:
    """Each look costs a command for every subscription, and deliveries to stopped ones wait for weeks."""
    looks: list[str] = []

    class Counting(SubscriptionLedger):
        def tidy(self, cursor: str, *, parking: float) -> Tidied:
            looks.append(cursor)
            return super().tidy(cursor, parking=parking)

    with server.client() as client:
        tidier = Tidier(Ledger(client), Counting(client), 60.0, "/")
        tidier.step(urgent=False)
        began = time.monotonic()
        eventually(lambda: time.monotonic() > began + PAUSE_SECONDS, within=10)
        tidier.step(urgent=False)
        assert len(looks) == 1
        tidier.step(urgent=True)
        assert len(looks) == 2


def test_what_a_caller_was_lost_over_is_taken_back_to_the_end_by_the_dispatcher(server: EmbeddedServer) -> None:
    """Its deliveries do not stay unfinished, though nothing leases them and nobody calls again."""
    with server.client() as client:
        ledger = Ledger(client)
        spread(ledger, "ev_1", names(9))
        cancel_step(ledger, "ev_1", changed=4)
        pass_time(client, ABANDONED_MS)
        dispatcher = Dispatcher(ledger, WORKER, 2, nothing, nothing, nothing)
        dispatcher.start()
        eventually(lambda: tally(ledger, "ev_1") == {(State.CANCELLED, "cancelled"): 9}, within=10)
        dispatcher.end()
        dispatcher.join(10)
