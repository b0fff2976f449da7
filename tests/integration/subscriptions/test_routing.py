"""Who gets an event while subscriptions come, change and go."""

from typing import Any

import pytest

from integration.ledger.books import check_books, read_books
from integration.ledger.scenario import lease, outcome, route, settle
from integration.subscriptions.stories import (
    Process,
    accept,
    all_balanced,
    draft,
    states,
    subscribe,
    unsubscribe,
)
from integration.worker.test_drain import Canned
from outhaul_config.destinations import Destination
from outhaul_config.policy import Policy
from outhaul_config.secret import Secret
from outhaul_ledger import subscribing
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import State
from outhaul_ledger.subscribing import SubscriptionLedger
from outhaul_producers.subscriptions.book import SubscriptionBook
from outhaul_producers.subscriptions.model import Subscription
from outhaul_worker.exchange import Request
from outhaul_worker.fanning import FanOut
from outhaul_worker.routing import Router


class Seen(Canned):
    """Keeps the requests it answers."""

    def __init__(self, status: int = 200) -> None:
        super().__init__(status)
        self.requests: list[Request] = []

    def submit(self, key: Any, request: Request) -> None:
        """Answer at once."""
        self.requests.append(request)
        super().submit(key, request)


def tidied(ledger: Ledger) -> None:
    """Clear up until nothing is left to clear up."""
    subscriptions = SubscriptionLedger(ledger.client)
    while subscriptions.tidy("0", parking=86_400.0).cancelled:
        pass


def test_an_event_accepted_after_subscribing_reaches_every_process_at_once(ledger: Ledger) -> None:
    """A process that was running before routes by the new subscription, without a restart."""
    process = Process(ledger, Seen())
    process.drain()
    (name,) = subscribe(ledger, draft())
    accept(ledger, "ev_1")
    process.drain()
    assert states(ledger, "ev_1") == {name: State.DELIVERED}
    assert all_balanced(ledger)


def test_the_first_subscription_reaches_a_drain_that_has_told_the_ledger_where_events_go(ledger: Ledger) -> None:
    """What it knew before somebody subscribed counts for nothing after it."""
    book = SubscriptionBook(SubscriptionLedger(ledger.client))
    router = Router({"all": Destination("all", "webhook", ("*",))}, book)
    fan_out = FanOut(ledger, "drain-a", router)
    for event_id in ("ev_1", "ev_2"):
        accept(ledger, event_id, plain=True)
        fan_out.step()
    assert router.version == 0
    (name,) = subscribe(ledger, draft())
    accept(ledger, "ev_3", plain=True)
    fan_out.step()
    assert states(ledger, "ev_2").keys() == {"all"}
    assert states(ledger, "ev_3").keys() == {"all", name}
    assert router.version is None


def test_events_that_were_taken_before_the_first_subscription_go_where_their_type_goes(ledger: Ledger) -> None:
    """They were leased without their bodies, and some are still to be routed when somebody subscribes."""
    book = SubscriptionBook(SubscriptionLedger(ledger.client))
    destinations = {f"all-{number}": Destination(f"all-{number}", "webhook", ("*",)) for number in range(50)}
    fan_out = FanOut(ledger, "drain-a", Router(destinations, book))
    events = [f"ev_{number}" for number in range(40)]
    accept(ledger, *events, plain=True)
    fan_out.step()
    assert any(not states(ledger, event_id) for event_id in events)
    subscribe(ledger, draft())
    book.catch_up()
    while fan_out.step():
        pass
    assert all(states(ledger, event_id).keys() == destinations.keys() for event_id in events)


def test_an_event_accepted_before_subscribing_is_not_for_the_subscriber(ledger: Ledger) -> None:
    """However late it is routed: who gets an event does not depend on when a worker comes by."""
    accept(ledger, "ev_1")
    ledger.client.hincrby("outhaul:{0}:record:ev_1", "at", -1)
    subscribe(ledger, draft())
    Process(ledger, Seen()).drain()
    assert states(ledger, "ev_1") == {}


def test_an_event_accepted_after_unsubscribing_is_not_routed(ledger: Ledger) -> None:
    """Also by a process that has routed to the subscriber before."""
    process = Process(ledger, Seen())
    (name,) = subscribe(ledger, draft())
    accept(ledger, "ev_1")
    process.drain()
    assert unsubscribe(ledger, name)
    accept(ledger, "ev_2")
    process.drain()
    assert (states(ledger, "ev_1"), states(ledger, "ev_2")) == ({name: State.DELIVERED}, {})
    assert not unsubscribe(ledger, name)


def test_patterns_and_filters_decide_who_gets_what(ledger: Ledger) -> None:
    """By type first, through an index, then by what is in the event."""
    kinds = {
        "exact": draft("custom.quiz.done"),
        "family": draft("custom.quiz.*"),
        "all": draft("*"),
        "other": draft("order.*"),
        "good": draft("custom.*", filter={"field": "properties.score", "gte": 80}),
        "twice": draft("custom.quiz.done", "custom.*"),
    }
    names = {kind: subscribe(ledger, each)[0] for kind, each in kinds.items()}
    accept(ledger, "ev_1", event_type="custom.quiz.done", properties={"score": 79})
    accept(ledger, "ev_2", event_type="custom.quiz.done", properties={"score": 80})
    Process(ledger, Seen()).drain()
    few = {"exact", "family", "all", "twice"}
    assert set(states(ledger, "ev_1")) == {names[kind] for kind in few}
    assert set(states(ledger, "ev_2")) == {names[kind] for kind in (*few, "good")}


def test_an_event_may_name_a_subscription_it_is_for(ledger: Ledger) -> None:
    """It is a destination like any other; one that is gone is recorded as skipped, for the sender to see."""
    one, _ = subscribe(ledger, draft(), draft())
    accept(ledger, "ev_1", destinations=[one, "sub.gone"])
    Process(ledger, Seen()).drain()
    assert states(ledger, "ev_1") == {one: State.DELIVERED, "sub.gone": State.SKIPPED}


def test_what_an_unsubscribed_one_has_left_is_cancelled(ledger: Ledger) -> None:
    """What waits and what is dead is cancelled, what is in flight ends as it ends, and all is accounted for."""
    (name,) = subscribe(ledger, draft())
    route(ledger, "ev_dead", "ev_flying", "ev_waiting", to=(name,))
    dead, flying = lease(ledger, 2)
    settle(ledger, outcome(dead, State.DEAD))
    unsubscribe(ledger, name)
    tidied(ledger)
    assert name in ledger.survey().standings
    settle(ledger, outcome(flying, State.PENDING))
    assert lease(ledger) == []
    tidied(ledger)
    for event_id in ("ev_dead", "ev_flying", "ev_waiting"):
        assert states(ledger, event_id) == {name: State.CANCELLED}
        assert ledger.client.pttl(f"outhaul:{{0}}:event:{event_id}") > 0
    assert name not in ledger.survey().standings
    check_books(read_books(ledger.client))


def test_a_changed_address_and_secret_hold_for_the_next_attempt(ledger: Ledger) -> None:
    """A process that has a target ready builds it anew; while secrets overlap both sign."""
    transport = Seen(500)
    process = Process(ledger, transport)
    (name,) = subscribe(ledger, draft())
    accept(ledger, "ev_1")
    process.drain()
    known = process.book.get(name)
    assert isinstance(known, Subscription)
    moved = draft(options={"url": "https://elsewhere.example/in"}).rotated(
        Secret("whsec_" + "A" * 44), known.entry.created_at / 1000, 3600.0
    )
    assert SubscriptionLedger(ledger.client).amend(known.entry, moved.document(), policy=Policy(), patience=60.0)
    accept(ledger, "ev_2")
    process.drain()
    first, *_, second = transport.requests  # a failed one may come again at once
    assert (first.url, second.url) == ("https://subscriber.example/in", "https://elsewhere.example/in")
    assert [len(each.headers["webhook-signature"].split()) for each in (first, second)] == [1, 2]


def test_a_secret_stops_signing_when_its_overlap_is_over(ledger: Ledger) -> None:
    """A target that was built before is built anew for it."""
    now = 1_800_000_000.0
    made = draft().rotated(Secret("whsec_" + "A" * 44), now, 3600.0)
    assert [len(made.table(now + after)["secret"]) for after in (0, 3599, 3600)] == [2, 2, 1]
    assert made.lapses(now) == now + 3600
    assert made.lapses(now + 3600) == float("inf")


def test_two_changes_at_once_do_not_undo_each_other(ledger: Ledger) -> None:
    """Whoever changes what was changed meanwhile is told."""
    subscriptions = SubscriptionLedger(ledger.client)
    subscribe(ledger, draft())
    ((entry,),) = [change.entries for change in subscriptions.changes(0)]
    assert subscriptions.amend(entry, b"{}", policy=Policy(), patience=60.0)
    assert subscriptions.amend(entry, b"[]", policy=Policy(), patience=60.0) == 0
    unsubscribe(ledger, entry.name)
    assert subscriptions.amend(entry, b"{}", policy=Policy(), patience=60.0) is None


def test_a_reader_that_is_far_behind_begins_anew(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Removals are remembered for a while only; who has missed some still forgets all that are gone."""
    monkeypatch.setattr(subscribing, "DEPARTED", 2)
    monkeypatch.setattr(subscribing, "PAGE", 3)
    process = Process(ledger, Seen())
    names = subscribe(ledger, *[draft() for _ in range(8)])
    process.book.catch_up()
    for name in names[:6]:
        unsubscribe(ledger, name)
    (late,) = subscribe(ledger, draft())
    process.book.catch_up()
    assert {each.name for each in process.book} == {*names[6:], late}
    fresh = Process(ledger, Seen())
    fresh.book.catch_up()
    assert {each.name for each in fresh.book} == {*names[6:], late}


def test_a_name_that_could_be_a_configured_destinations_is_refused(ledger: Ledger) -> None:
    """The dot keeps the two apart."""
    with pytest.raises(ValueError, match="hold a dot"):
        subscribe(ledger, draft(), name="shop-hooks")


def test_an_identity_is_anybodys_once(ledger: Ledger) -> None:
    """It is free again when its owner is gone."""
    subscriptions = SubscriptionLedger(ledger.client)
    first = subscriptions.subscribe("sub.a", b"{}", identity="same", policy=Policy(), patience=1.0)
    second = subscriptions.subscribe("sub.b", b"{}", identity="same", policy=Policy(), patience=1.0)
    assert (first.taken, second.taken, second.name) == (False, True, "sub.a")
    unsubscribe(ledger, "sub.a")
    assert not subscriptions.subscribe("sub.b", b"{}", identity="same", policy=Policy(), patience=1.0).taken


def test_a_removed_subscription_that_was_resumed_leaves_no_lane_behind(ledger: Ledger) -> None:
    """Else it would look due for ever, and drains would come and find nothing."""
    (name,) = subscribe(ledger, draft())
    accept(ledger, "ev_1")
    Process(ledger, Seen()).drain()
    assert not ledger.survey().standings[name].flow.slow
    route(ledger, "ev_2", to=(name,))
    unsubscribe(ledger, name)
    ledger.resume(name)
    tidied(ledger)
    assert lease(ledger) == []
    assert ledger.lease("drain-a", "worker", 10, 60_000).wait_ms == -1
    check_books(read_books(ledger.client))
