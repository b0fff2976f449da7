"""Order, delay, expiry and cancelling through a real worker with two processes."""

from datetime import UTC, datetime, timedelta

import orjson

from acceptance.site import Site
from eventually import eventually
from outhaul_producers import cancel_event, enqueue_event, enqueue_events
from receiver import Receiver, Status

QUICK = 'retry = { base = "50ms", factor = 1, cap = "100ms", max_attempts = 9, max_age = "1h" }\nbreaker = false'
ORDERED = f'order_by = "properties.room"\n{QUICK}'


def test_the_events_of_a_room_arrive_in_the_order_of_their_acceptance(site: Site, receiver: Receiver) -> None:
    """Two drains, refusals in between, twelve rooms in parallel: in each room nothing passes anything."""
    site.destination("hooks", receiver.url, ORDERED)
    receiver.answer(*(Status(503), Status(200), Status(200)) * 12)
    site.start_worker()
    given = [{"type": "custom.step", "id": f"ev_{n:03}", "properties": {"room": n % 12, "n": n}} for n in range(120)]
    for first in range(0, 120, 10):
        assert not enqueue_events(given[first : first + 10]).errors
    eventually(lambda: site.finished("hooks", 120), within=30, what="all delivered")
    told = [orjson.loads(request.body)["data"]["properties"] for request in receiver.requests]
    for room in range(12):
        steps = [each["n"] for each in told if each["room"] == room]
        assert steps == sorted(steps)
        assert sorted(set(steps)) == list(range(room, 120, 12))


def test_events_are_sent_later_not_too_late_or_not_at_all(site: Site, receiver: Receiver) -> None:
    """A delayed event comes in its time; one taken back and one whose destination stays paused never come."""
    site.destination("hooks", receiver.url, QUICK)
    site.destination("paused", f"{receiver.url}/paused", QUICK)
    now = datetime.now(UTC)
    enqueue_event("custom.later", id="ev_later", deliver_after=now + timedelta(seconds=2), destinations=["hooks"])
    enqueue_event("custom.never", id="ev_never", deliver_after=now + timedelta(hours=1), destinations=["hooks"])
    enqueue_event("custom.late", id="ev_late", expires_at=now + timedelta(seconds=2), destinations=["paused"])
    site.ledger().pause("paused", "maintenance")
    site.start_worker()
    eventually(lambda: cancel_event("ev_never"), within=5, what="cancelled")
    (request,) = receiver.wait_for(1, timeout=15)
    assert request.headers["webhook-id"] == "ev_later"
    assert datetime.now(UTC) >= now + timedelta(seconds=2)
    eventually(lambda: site.ledger().survey().standings["paused"].dead == 1, within=10, what="expired")
    record = site.ledger().status("ev_late")
    assert record is not None
    assert record.deliveries["paused"].reason == "expired"
    assert receiver.count == 1
