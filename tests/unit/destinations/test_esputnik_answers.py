"""What eSputnik's answers mean."""

import random
from dataclasses import replace

import pytest

from outhaul_config.policy import Retry
from outhaul_ledger.model import Lease
from outhaul_worker.destinations.contract import Meaning, Verdict
from outhaul_worker.destinations.esputnik import Esputnik
from outhaul_worker.destinations.esputnik.answers import GUARD, PAUSE
from outhaul_worker.exchange import Answer
from outhaul_worker.outcome import decide
from unit.destinations.configured import built

DEAD, RETRY, FAULT, DELIVERED = Meaning.DEAD, Meaning.RETRY, Meaning.DESTINATION_FAULT, Meaning.DELIVERED
KNOWN = ("eSputnik has this event already: it called the request a duplicate",)
NOW = 1_763_600_000.0
LEASE = Lease("es", "ev_1", 1, 1, int(NOW * 1000), int(NOW * 1000), possible_duplicate=False, body=b"{}")


def _verdict(status: int, body: bytes = b"", **headers: str) -> Verdict:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return built("esputnik").classify(Answer(status=status, headers=named, body=body))


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict(DELIVERED, "HTTP 200")),
        (202, Verdict(DELIVERED, "HTTP 202")),
        (301, Verdict(FAULT, "HTTP 301: redirects are not followed")),
        (400, Verdict(DEAD, "HTTP 400")),
        (401, Verdict(FAULT, "HTTP 401: credentials refused")),
        (403, Verdict(DEAD, "HTTP 403")),
        (404, Verdict(DEAD, "HTTP 404")),
        (413, Verdict(DEAD, "HTTP 413")),
        (415, Verdict(DEAD, "HTTP 415")),
        (422, Verdict(DEAD, "HTTP 422")),
        (408, Verdict(RETRY, "HTTP 408", wait=GUARD)),
        (409, Verdict(DELIVERED, "HTTP 409", KNOWN)),
        (429, Verdict(RETRY, "HTTP 429", wait=PAUSE)),
        (500, Verdict(RETRY, "HTTP 500", wait=GUARD)),
        (503, Verdict(RETRY, "HTTP 503", wait=GUARD)),
    ],
)
def test_statuses_are_read_as_esputnik_documents_them(status: int, verdict: Verdict) -> None:
    """A wrong key or address pauses the destination, what is malformed is final, the rest is tried again later."""
    assert _verdict(status) == verdict


@pytest.mark.parametrize("status", [200, 400, 409, 422, 500])
def test_a_request_that_is_called_a_duplicate_is_delivered_with_a_warning(status: int) -> None:
    """An earlier attempt got through, or another event took its place: either way nothing is gained by another try."""
    assert _verdict(status, b"Duplicated request") == Verdict(DELIVERED, f"HTTP {status}", KNOWN)


def test_refused_credentials_outrank_whatever_the_body_says() -> None:
    """Nothing counts as delivered that was not let in."""
    assert _verdict(401, b"Duplicated request").meaning is FAULT


def test_an_order_that_failed_inside_a_success_is_dead_with_its_reason() -> None:
    """The orders resource answers 200 to what it did not take; the answer's own words are kept."""
    body = b'{"asyncSessionId": "a1", "failedOrders": [{"externalOrderId": "O-5001", "error": "wrong date"}]}'
    verdict = _verdict(200, body)
    assert verdict.meaning is DEAD
    assert verdict.reason == (
        'HTTP 200, but the order was not taken: failedOrders [{"externalOrderId":"O-5001","error":"wrong date"}]'
    )


def test_a_long_list_of_failures_is_cut() -> None:
    """A reason stays a line."""
    assert len(_verdict(200, b'{"failedOrders": ["%s"]}' % (b"x" * 5000)).reason) < 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"asyncSessionId": "a1"}',
        b'{"failedOrders": []}',
        b'{"failedOrders": null}',
        b'["failedOrders"]',
        b'{"failedOrders": [',
        b"\xfffailedOrders",
    ],
)
def test_any_other_success_is_a_delivery(body: bytes) -> None:
    """Its body says nothing, and an unreadable one changes nothing."""
    assert _verdict(200, body) == Verdict(DELIVERED, "HTTP 200")


def test_an_endpoint_that_says_when_to_come_back_is_believed() -> None:
    """Five minutes are only for 429 without an own wish, or with one that cannot be read."""
    assert _verdict(429, retry_after="90").wait == GUARD
    assert _verdict(429, retry_after="soon").wait == PAUSE


def test_no_schedule_makes_a_retry_come_within_the_guard() -> None:
    """Even a destination configured to hurry is not taken for a repeat of itself."""
    answer = Answer(status=503)
    policy = replace(Esputnik.policy, retry=Retry(schedule=(1.0,), max_attempts=2))
    decision = decide(_verdict(503), answer, LEASE, policy, now=NOW, draw=random.Random(7))
    assert decision.delay == GUARD
