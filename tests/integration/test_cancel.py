"""What `cancel_event` says of an event, from web application to worker and back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from outhaul_config.destinations import Destination
from outhaul_config.settings import Settings
from outhaul_ledger.ledger import Ledger
from outhaul_ops.embedded import EmbeddedServer
from outhaul_producers import (
    CancelledDelivery,
    EventStatus,
    LedgerUnavailable,
    cancel_event,
    client,
    enqueue_event,
    get_status,
)
from outhaul_worker.routing import Router

SOON = timedelta(hours=1)


@pytest.fixture(autouse=True)
def producers(server: EmbeddedServer) -> Iterator[None]:
    """An empty server that `enqueue_event` and its kin use."""
    client.configure(Settings(ledger_url=server.url, source="/shops/ro"))
    yield
    client.configure(None)


def route(ledger: Ledger) -> None:
    """Route what was accepted as a worker does."""
    router = Router({name: Destination(name, "webhook", ("*",)) for name in ("mail", "shop")})
    inbound = ledger.lease_inbox("drain", 10, 60_000).events
    routed = {each.event_id: router.route(each) for each in inbound}
    ledger.fan_out(
        "drain",
        [(event_id, each.routes) for event_id, each in routed.items()],
        {event_id: each.schedule for event_id, each in routed.items()},
    )


def status(event_id: str) -> EventStatus:
    """Read the status of an event that must be known."""
    found = get_status(event_id)
    assert found is not None
    return found


def test_a_delayed_event_is_taken_back_before_its_time(ledger: Ledger) -> None:
    """Routed and waiting it says so; taken back it says that, and when."""
    after, expiry = datetime.now(UTC) + SOON, datetime.now(UTC) + 2 * SOON
    event_id = enqueue_event("custom.reminder", id="ev_1", deliver_after=after, expires_at=expiry).event_id
    route(ledger)
    found = status(event_id)
    assert [each.waiting_for for each in found.deliveries] == ["delayed", "delayed"]
    assert found.deliveries[0].due_at == after.replace(microsecond=after.microsecond // 1000 * 1000)
    assert found.expires_at == expiry.replace(microsecond=expiry.microsecond // 1000 * 1000)
    cancelled = cancel_event(event_id)
    assert cancelled is not None
    assert not cancelled.before_routing
    assert cancelled.deliveries == tuple(
        CancelledDelivery(name, "cancelled", stopped=True) for name in ("mail", "shop")
    )
    found = status(event_id)
    assert [(each.state, each.last_error) for each in found.deliveries] == [("cancelled", "cancelled")] * 2
    assert found.cancelled_at is not None
    assert abs(found.cancelled_at - datetime.now(UTC)) < timedelta(seconds=30)


def test_an_event_that_was_just_accepted_is_taken_back_as_a_whole(ledger: Ledger) -> None:
    """No destination gets it, and the JSON says so under the documented names."""
    enqueue_event("custom.reminder", id="ev_1")
    cancelled = cancel_event("ev_1")
    assert cancelled is not None
    assert cancelled.as_json() == {"event_id": "ev_1", "before_routing": True, "deliveries": []}
    route(ledger)
    assert status("ev_1").deliveries == ()


def test_an_unknown_event_cannot_be_taken_back() -> None:
    """The answer is None, as from `get_status`."""
    assert cancel_event("ev_other") is None


def test_taking_back_tells_when_the_ledger_does_not_answer() -> None:
    """Whether it was taken back is unknown then; calling again is safe."""
    client.configure(Settings(ledger_url="redis://127.0.0.1:1/0", ledger_timeout=0.3))
    with pytest.raises(LedgerUnavailable):
        cancel_event("ev_1")
