"""What `get_status` says about an event on its way."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from outhaul_config.settings import Settings
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Route, Settlement, State
from outhaul_ops.embedded import EmbeddedServer
from outhaul_producers import EventStatus, client, enqueue_event, get_status

LINE = {
    "destination": "shop-hooks",
    "kind": "webhook",
    "attempt": 1,
    "at": 1_772_698_500_000,
    "outcome": "retry",
    "status": 503,
    "duration_ms": 12.5,
    "due_in_ms": 60_000,
    "reason": "503 Service Unavailable",
    "answer": "try later",
    "worker": "celery@one",
    "possible_duplicate": False,
}


@pytest.fixture
def event_id(server: EmbeddedServer) -> Iterator[str]:
    """An accepted event."""
    client.configure(Settings(ledger_url=server.url))
    yield enqueue_event("custom.ping", id="ev_1", source="/shops/ro").event_id
    client.configure(None)


def status(event_id: str) -> EventStatus:
    """Read the status of an event that must be known."""
    found = get_status(event_id)
    assert found is not None
    return found


def attempted(ledger: Ledger, settlement: Settlement) -> None:
    """Fan the accepted event out to two destinations, and settle an attempt at the first."""
    ledger.begin("drain")
    ledger.lease_inbox("drain", 10, 60_000)
    ledger.fan_out("drain", [("ev_1", [Route("shop-hooks"), Route("remarkety-main", "no event for it")])])
    assert len(ledger.lease("drain", "celery@one", 10, 60_000).leases) == 1
    assert ledger.settle("drain", [settlement]) == [True]


def test_an_unknown_event_has_no_status(event_id: str) -> None:
    """Neither an error nor an empty status: None."""
    assert get_status("ev_other") is None


def test_an_event_that_was_just_accepted_waits_to_be_routed(event_id: str) -> None:
    """Before routing there are no deliveries, and the status says which of the two reasons that has."""
    found = status(event_id)
    assert (found.type, found.source, found.routed, found.deliveries) == ("custom.ping", "/shops/ro", False, ())
    assert abs(found.accepted_at - datetime.now(UTC)) < timedelta(seconds=30)


def test_a_delivery_that_failed_says_why_it_waits_and_until_when(event_id: str, ledger: Ledger) -> None:
    """Every delivery with its state; every attempt with its answer and what came of it."""
    failure = Settlement(
        "shop-hooks", "ev_1", 1, State.PENDING, "503 Service Unavailable", 503, 60_000, line=orjson.dumps(LINE)
    )
    attempted(ledger, failure)
    skipped, waiting = status(event_id).deliveries
    assert (skipped.destination, skipped.state, skipped.last_error) == ("remarkety-main", "skipped", "no event for it")
    assert (waiting.kind, waiting.state, waiting.attempts, waiting.waiting_for) == ("webhook", "pending", 1, "backoff")
    assert (waiting.last_status, waiting.last_error) == (503, "503 Service Unavailable")
    assert waiting.due_at is not None
    assert timedelta(seconds=30) < waiting.due_at - datetime.now(UTC) < timedelta(seconds=90)
    (attempt,) = waiting.log
    assert (attempt.attempt, attempt.outcome, attempt.status, attempt.answer) == (1, "retry", 503, "try later")
    assert attempt.due_at == attempt.at + timedelta(milliseconds=60_012.5)


def test_the_json_of_a_status_has_the_documented_keys(event_id: str, ledger: Ledger) -> None:
    """Programs read these names; times are RFC 3339 in UTC."""
    done = Settlement("shop-hooks", "ev_1", 1, State.DELIVERED, status=204, line=orjson.dumps(LINE))
    attempted(ledger, done)
    found = orjson.loads(orjson.dumps(status(event_id).as_json()))
    assert {"event_id", "type", "accepted_at", "deliveries"} <= set(found)
    delivery = found["deliveries"][1]
    log = delivery.pop("log")
    assert delivery == {
        "destination": "shop-hooks",
        "kind": "webhook",
        "state": "delivered",
        "attempts": 1,
        "due_at": None,
        "waiting_for": None,
        "waiting_until": None,
        "waiting_for_event": None,
        "possible_duplicate": False,
        "last_status": 204,
        "last_error": None,
    }
    assert log[0]["at"] == "2026-03-05T08:15:00.000Z"
    assert (log[0]["duration_ms"], log[0]["worker"], log[0]["stale"]) == (12.5, "celery@one", False)
