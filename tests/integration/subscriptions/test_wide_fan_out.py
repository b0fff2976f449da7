"""One event for ten thousand receivers."""

from collections.abc import Hashable

import pytest

from integration.ledger.books import check_books, read_books
from integration.ledger.metering import Dying, Metered, too_long
from integration.ledger.scenario import key
from integration.ledger.time_travel import pass_time
from integration.subscriptions.stories import (
    Process,
    accept,
    all_balanced,
    draft,
    many,
    states,
    subscribe,
    unsubscribe,
)
from integration.worker.test_drain import Canned
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Route, State
from outhaul_ops.embedded import EmbeddedServer
from outhaul_worker import drain, fanning
from outhaul_worker.exchange import Request

RECEIVERS = 10_000
WINDOW = 1_000


class Sent(Canned):
    """Answers 200, and counts the requests."""

    def __init__(self) -> None:
        super().__init__(200)
        self.requests = 0

    def submit(self, key: Hashable, request: Request) -> None:
        """Answer at once."""
        self.requests += 1
        super().submit(key, request)


def test_ten_thousand_receivers_get_an_event_once_each_and_no_script_takes_long(own_server: EmbeddedServer) -> None:
    """Routing, leasing, settling and reading the state of so wide an event never hold the server up for 5 ms."""
    metered, transport = Metered(own_server.client()), Sent()
    names = many(metered, RECEIVERS)
    accept(metered, "ev_wide")
    Process(metered, transport).drain(WINDOW)
    assert states(metered, "ev_wide") == dict.fromkeys(names, State.DELIVERED)
    assert transport.requests == RECEIVERS
    assert all_balanced(metered)
    assert metered.most["fan_out"] > 400
    assert too_long(metered) == {}


def test_many_receivers_with_two_events_of_their_own_hold_the_server_up_no_longer(own_server: EmbeddedServer) -> None:
    """Each outcome ends an event, and each receiver is looked after: the most that outcomes of subscriptions cost."""
    metered, transport = Metered(own_server.client()), Sent()
    subscribe(metered, *(draft(f"custom.t{number}") for number in range(200)))
    for turn in range(2):
        for number in range(200):
            accept(metered, f"ev_{turn}_{number}", event_type=f"custom.t{number}")
    Process(metered, transport).drain(WINDOW)
    assert transport.requests == 400
    assert metered.most["settle"] > 800
    assert too_long(metered) == {}


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of ten, so that a few receivers need several."""
    monkeypatch.setattr(fanning, "CHUNK", 10)
    monkeypatch.setattr(drain, "OUTAGE_PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(drain, "OUTAGE_PAUSE_SECONDS", 0.0)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("answered", [False, True], ids=["unheard", "unanswered"])
@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_whichever_chunk_a_worker_dies_at_each_receiver_gets_one_delivery(
    ledger: Ledger, call: int, answered: bool
) -> None:
    """What the dead one had begun is begun anew by another, and nobody gets the event twice or not at all."""
    names = many(ledger, 35)
    accept(ledger, "ev_wide")
    transport = Sent()
    dying = Process(Dying(ledger.client, "fan_out", call, answered=answered), transport)
    dying.drain()
    check_books(read_books(ledger.client))
    pass_time(ledger.client, 11_000)
    ledger.recover()
    Process(ledger, transport).drain()
    assert states(ledger, "ev_wide") == dict.fromkeys(names, State.DELIVERED)
    assert transport.requests == len(names)
    check_books(read_books(ledger.client))


def test_an_event_is_not_finished_before_its_last_chunk(ledger: Ledger) -> None:
    """The receivers of the first chunk may be served before the others have their deliveries; the event stays."""
    first, last = many(ledger, 2)
    accept(ledger, "ev_wide")
    ledger.lease_inbox("slow", 1, 60_000)
    assert ledger.fan_out("slow", [("ev_wide", [Route(first)])], more_within=60_000) == [True]
    Process(ledger, Sent()).drain()
    record = ledger.status("ev_wide")
    assert record is not None
    assert (record.fanned_out, states(ledger, "ev_wide")) == (False, {first: State.DELIVERED})
    assert ledger.client.pttl(key("event", "ev_wide")) == -1
    assert ledger.fan_out("slow", [("ev_wide", [Route(last)])]) == [True]
    Process(ledger, Sent()).drain()
    assert ledger.client.pttl(key("event", "ev_wide")) > 0
    check_books(read_books(ledger.client))


def test_an_event_taken_back_between_two_chunks_goes_to_nobody_else(ledger: Ledger) -> None:
    """What has its delivery already ends as cancelled, the chunk that comes later changes nothing, and it expires."""
    first, last = many(ledger, 2)
    accept(ledger, "ev_wide")
    ledger.lease_inbox("slow", 1, 60_000)
    ledger.fan_out("slow", [("ev_wide", [Route(first)])], more_within=60_000)
    ledger.cancel("ev_wide")
    assert ledger.fan_out("slow", [("ev_wide", [Route(last)])]) == [False]
    assert states(ledger, "ev_wide") == {first: State.CANCELLED}
    assert ledger.client.pttl(key("event", "ev_wide")) > 0
    check_books(read_books(ledger.client))


def test_a_receiver_that_left_before_its_chunk_gets_nothing(ledger: Ledger) -> None:
    """What was routed by a copy from before is not made a delivery to somebody who is gone."""
    gone, stays = many(ledger, 2)
    accept(ledger, "ev_wide")
    ledger.lease_inbox("slow", 1, 60_000)
    unsubscribe(ledger, gone)
    assert ledger.fan_out("slow", [("ev_wide", [Route(gone), Route(stays)])]) == [True]
    assert states(ledger, "ev_wide") == {stays: State.PENDING}
