"""Subscriptions whose receivers are gone: they are stopped, that is told, and nothing is dropped."""

from integration.ledger.books import read_books
from integration.ledger.scenario import key
from integration.ledger.time_travel import pass_time
from integration.subscriptions.stories import Process, accept, all_balanced, draft, states, subscribe
from integration.subscriptions.test_routing import Seen
from outhaul_config.destinations import Destination
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import State
from outhaul_ledger.subscribing import SubscriptionLedger
from outhaul_producers.operational import SUBSCRIPTION_DISABLED
from outhaul_worker.attempt import Target
from outhaul_worker.tidying import Tidier
from unit.destinations.configured import built, destination

PARKING = 86_400.0
PATIENCE_MS = 5 * 86_400_000


def tidier(ledger: Ledger, parking: float = PARKING) -> Tidier:
    """What a dispatcher clears up with."""
    return Tidier(ledger, SubscriptionLedger(ledger.client), parking, "/shops/main")


def watching(ledger: Ledger, status: int) -> Process:
    """A process with a configured destination `watch` for what is told of subscriptions."""
    watch = Destination("watch", "webhook", (SUBSCRIPTION_DISABLED,), options=destination("webhook").options)
    return Process(ledger, Seen(status), {"watch": Target(watch, built("webhook"))})


def reason_of(ledger: Ledger, name: str) -> str:
    """Why a subscription is stopped; empty where it is not."""
    return SubscriptionLedger(ledger.client).standings([name])[0].reason


def test_a_receiver_that_is_gone_stops_its_subscription_and_that_is_told_once(ledger: Ledger) -> None:
    """410 answers to several deliveries make one event, which other destinations get like any other."""
    only_this = {"field": "type", "eq": SUBSCRIPTION_DISABLED}
    name, everything = subscribe(ledger, draft(), draft("*", filter=only_this))
    accept(ledger, "ev_1", "ev_2")
    process = watching(ledger, 410)
    process.drain()
    assert "gone" in reason_of(ledger, name)
    for _ in range(2):
        tidier(ledger).step(urgent=True)
    watching(ledger, 200).drain()
    told = [record for record in read_books(ledger.client).family("record:") if "_disabled_" in record]
    assert len(told) == 1
    assert states(ledger, told[0]) == {"watch": State.DELIVERED}
    assert everything in ledger.survey().standings


def test_what_comes_in_for_a_stopped_subscription_waits_until_it_goes_on(ledger: Ledger) -> None:
    """Nothing is dropped."""
    (name,) = subscribe(ledger, draft())
    ledger.pause(name, "disabled by hand")
    accept(ledger, "ev_1")
    process = Process(ledger, Seen())
    process.drain()
    tidier(ledger).step(urgent=True)
    assert states(ledger, "ev_1") == {name: State.PENDING}
    ledger.resume(name)
    process.drain()
    assert states(ledger, "ev_1") == {name: State.DELIVERED}
    assert all_balanced(ledger)


def test_deliveries_do_not_wait_for_a_stopped_subscription_for_ever(ledger: Ledger) -> None:
    """After the configured time they end as cancelled."""
    (name,) = subscribe(ledger, draft())
    accept(ledger, "ev_1")
    ledger.pause(name, "disabled by hand")
    Process(ledger, Seen()).drain()
    pass_time(ledger.client, 3_599_000)
    tidier(ledger, 3600.0).step(urgent=True)
    assert states(ledger, "ev_1") == {name: State.PENDING}
    pass_time(ledger.client, 2_000)
    tidier(ledger, 3600.0).step(urgent=True)
    assert states(ledger, "ev_1") == {name: State.CANCELLED}
    assert all_balanced(ledger)


def failing_for(ledger: Ledger, name: str, ms: int) -> None:
    """Let its deliveries have failed for so long."""
    since = ledger.client.hget(key("destination", name), "failing_since")
    assert since is not None
    ledger.client.hset(key("destination", name), "failing_since", str(int(since) - ms))


def test_failing_for_as_long_as_it_has_patience_stops_a_subscription(ledger: Ledger) -> None:
    """Not with the first failure, nor before the time is over, but with the failure after it."""
    (name,) = subscribe(ledger, draft())
    for event_id, passed, stopped in (
        ("ev_1", 0, False),
        ("ev_2", PATIENCE_MS - 60_000, False),
        ("ev_3", 60_000, True),
    ):
        if passed:
            failing_for(ledger, name, passed)
        accept(ledger, event_id)
        Process(ledger, Seen(500)).drain()
        assert bool(reason_of(ledger, name)) == stopped, event_id
    assert reason_of(ledger, name) == "no delivery has succeeded for 120 h"


def test_one_success_makes_patience_start_over(ledger: Ledger) -> None:
    """A receiver that fails now and then is not stopped, however long it does."""
    (name,) = subscribe(ledger, draft())
    for event_id, status in (("ev_1", 500), ("ev_2", 200), ("ev_3", 500)):
        accept(ledger, event_id)
        Process(ledger, Seen(status)).drain()
        if event_id == "ev_1":
            failing_for(ledger, name, PATIENCE_MS)
    assert reason_of(ledger, name) == ""
