"""The main job through a real worker: accepted, fanned out, signed, delivered, recorded."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from standardwebhooks import Webhook

import outhaul_producers
from acceptance.site import SECRET, Site
from eventually import eventually
from outhaul_ledger.model import State
from outhaul_producers import EventConflict, enqueue_event
from receiver import Hang, Receiver, Reset, Status, TooMany

QUICK = 'retry = { base = "50ms", factor = 1, cap = "100ms", max_attempts = 4, max_age = "1h" }'


def state_of(site: Site, event_id: str, destination: str) -> State | None:
    """Return a delivery's state; None before it exists."""
    record = site.ledger().status(event_id)
    delivery = record and record.deliveries.get(destination)
    return delivery.state if delivery else None


def reaches(site: Site, event_id: str, destination: str, state: State, within: float = 15) -> None:
    """Wait until a delivery is in a state."""
    eventually(lambda: state_of(site, event_id, destination) is state, within=within, what=f"{event_id} {state}")


def test_an_event_reaches_every_destination_that_wants_it_signed_and_recorded(site: Site, receiver: Receiver) -> None:
    """One call, one worker: each subscribed destination gets the event once, with a signature that verifies."""
    site.destination("first", f"{receiver.url}/first")
    site.destination("second", f"{receiver.url}/second", subscribe='["custom.*"]')
    site.destination("orders", f"{receiver.url}/orders", subscribe='["order.*"]')
    site.start_worker()
    receipt = enqueue_event("custom.ping", id="ev_one", properties={"n": 1})
    requests = receiver.wait_for(2)
    assert sorted(request.path for request in requests) == ["/first", "/second"]
    for request in requests:
        assert Webhook(SECRET).verify(request.body, request.headers)["type"] == "custom.ping"
    reaches(site, "ev_one", "first", State.DELIVERED)
    reaches(site, "ev_one", "second", State.DELIVERED)
    status = outhaul_producers.get_status(receipt.event_id)
    assert status is not None
    assert [(each.destination, each.attempts, each.last_status) for each in status.deliveries] == [
        ("first", 1, 200),
        ("second", 1, 200),
    ]
    assert status.deliveries[0].log[0].outcome == "delivered"


def test_a_hundred_threads_with_one_id_make_one_delivery_per_destination(site: Site, receiver: Receiver) -> None:
    """One acceptance and 99 duplicates, and nothing is sent twice; other content under the id is a conflict."""
    site.destination("hooks", receiver.url)
    site.start_worker()

    def call(_: int) -> bool:
        return enqueue_event("custom.ping", id="ev_same", properties={"n": 1}).duplicate

    with ThreadPoolExecutor(100) as threads:
        assert Counter(threads.map(call, range(100))) == {True: 99, False: 1}
    with pytest.raises(EventConflict):
        enqueue_event("custom.ping", id="ev_same", properties={"n": 2})
    reaches(site, "ev_same", "hooks", State.DELIVERED)
    enqueue_event("custom.ping", id="ev_last")
    reaches(site, "ev_last", "hooks", State.DELIVERED)
    assert [request.event_id for request in receiver.requests] == ["ev_same", "ev_last"]
    assert b'"n":1' in receiver.requests[0].body


def test_failures_are_tried_again_until_the_endpoint_accepts(site: Site, receiver: Receiver) -> None:
    """A 500, a reset connection, then ok: three attempts, and the third is a possible duplicate of the second."""
    site.destination("hooks", receiver.url, QUICK)
    receiver.answer(Status(500), Reset())
    site.start_worker()
    enqueue_event("custom.ping", id="ev_thrice")
    reaches(site, "ev_thrice", "hooks", State.DELIVERED)
    record = site.ledger().status("ev_thrice")
    assert record is not None
    assert [(line["attempt"], line["outcome"], line["possible_duplicate"]) for line in record.attempts] == [
        (1, "retry", False),
        (2, "retry", False),
        (3, "delivered", True),
    ]
    assert {request.headers["webhook-id"] for request in receiver.requests} == {"ev_thrice"}


def test_an_endpoint_that_never_accepts_makes_a_dead_letter_that_can_be_replayed(
    site: Site, receiver: Receiver
) -> None:
    """After the last try the delivery waits for a person; a replay gives it a fresh budget."""
    site.destination("hooks", receiver.url, QUICK)
    receiver.always(Status(503))
    site.start_worker()
    enqueue_event("custom.ping", id="ev_dead")
    reaches(site, "ev_dead", "hooks", State.DEAD)
    assert len(receiver.requests) == 4
    receiver.always(Status(200))
    assert site.ledger().replay([("hooks", "ev_dead")]) == [True]
    reaches(site, "ev_dead", "hooks", State.DELIVERED)


def test_an_ambiguous_outcome_is_held_where_configured_and_released_by_command(site: Site, receiver: Receiver) -> None:
    """The request was sent and the answer lost: it waits for a person, who finds it and lets it go on, marked."""
    site.destination("hooks", receiver.url, 'on_ambiguous = "hold"')
    receiver.answer(Reset())
    site.start_worker()
    enqueue_event("custom.ping", id="ev_held")
    reaches(site, "ev_held", "hooks", State.HELD)
    assert b"ev_held" in site.outhaul("dead-letters", "list", "--held")
    site.outhaul("dead-letters", "replay", "--held")
    reaches(site, "ev_held", "hooks", State.DELIVERED)
    record = site.ledger().status("ev_held")
    assert record is not None
    assert [(line["outcome"], line["possible_duplicate"]) for line in record.attempts] == [
        ("held", False),
        ("delivered", True),
    ]


def test_retry_after_is_honoured(site: Site, receiver: Receiver) -> None:
    """A 429 that asks for two seconds is not tried again earlier, however short the back-off is."""
    site.destination("hooks", receiver.url, QUICK)
    receiver.answer(TooMany(2))
    site.start_worker()
    enqueue_event("custom.ping", id="ev_later")
    first, second = receiver.wait_for(2)
    assert second.at - first.at >= 1.99


def test_refused_credentials_pause_the_destination_until_it_is_resumed(site: Site, receiver: Receiver) -> None:
    """410 from a webhook: the delivery stays, says why it waits, and goes out after `resume`."""
    site.destination("hooks", receiver.url)
    receiver.answer(Status(410))
    site.start_worker()
    site.enqueue(1)
    eventually(lambda: site.ledger().survey().standings["hooks"].paused, within=15)
    record = site.ledger().status("ev_000000")
    assert record is not None
    assert record.waiting_for("hooks") == "paused"
    assert site.ledger().resume("hooks").paused
    reaches(site, "ev_000000", "hooks", State.DELIVERED)


def test_a_private_address_is_refused_unless_the_destination_allows_it(site: Site, receiver: Receiver) -> None:
    """Without the destination's word nothing is sent to loopback; the destination pauses and says why."""
    site.table(
        "hooks",
        f'[destinations.hooks]\nkind = "webhook"\nurl = "{receiver.url}"\nsecret = "{SECRET}"\nsubscribe = ["*"]',
    )
    site.start_worker()
    site.enqueue(1)
    paused = eventually(lambda: site.ledger().survey().standings["hooks"].paused, within=15)
    assert "blocked_address" in paused
    assert receiver.requests == []


def test_a_hanging_destination_does_not_hold_up_the_others(site: Site, receiver: Receiver) -> None:
    """200 deliveries pass while every place of the hanging destination is taken."""
    site.destination("hanging", f"{receiver.url}/hang", 'timeout = { connect = "1s", total = "20s" }')
    site.destination("healthy", f"{receiver.url}/ok")
    receiver.always(Hang(), path="/hang")
    site.start_worker()
    site.enqueue(200)
    eventually(lambda: site.finished("healthy", 200), within=15)


def test_an_event_asks_for_the_destinations_it_is_for(site: Site, receiver: Receiver) -> None:
    """Named destinations only; a name that is not configured is recorded as skipped."""
    site.destination("first", f"{receiver.url}/first")
    site.destination("second", f"{receiver.url}/second")
    site.start_worker()
    enqueue_event("custom.ping", id="ev_only", destinations=["second", "thrid"])
    reaches(site, "ev_only", "second", State.DELIVERED)
    assert state_of(site, "ev_only", "thrid") is State.SKIPPED
    assert state_of(site, "ev_only", "first") is None
