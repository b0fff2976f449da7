"""What an attempt says of its endpoint as a whole. One test a row."""

import pytest

from outhaul_ledger.model import Health
from outhaul_worker.destinations.contract import Meaning, Verdict
from outhaul_worker.exchange import Answer, Fault
from outhaul_worker.health import health_of

FAULTS = {
    Fault.DNS: Health.UNREACHABLE,
    Fault.BLOCKED_ADDRESS: Health.UNKNOWN,
    Fault.CONNECT: Health.UNREACHABLE,
    Fault.CONNECT_TIMEOUT: Health.TIMED_OUT,
    Fault.TLS: Health.UNREACHABLE,
    Fault.WRITE: Health.UNREACHABLE,
    Fault.RESET: Health.UNREACHABLE,
    Fault.READ_TIMEOUT: Health.TIMED_OUT,
    Fault.PROTOCOL: Health.FAILING,
}


def judged(status: int, meaning: Meaning) -> Health:
    """Judge by an answer with this status, which the destination's kind reads so."""
    return health_of(Verdict(meaning), Answer(status=status))


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_is_judged(fault: Fault) -> None:
    """No answer, no connection, no time: each says something else of the endpoint; a blocked address says nothing."""
    assert health_of(Verdict(Meaning.RETRY), Answer(fault=fault)) is FAULTS[fault]


def test_a_request_that_could_not_be_put_into_http_says_nothing() -> None:
    """That is our fault, not the endpoint's."""
    assert health_of(Verdict(Meaning.RETRY), Answer(fault=Fault.PROTOCOL, sent=False)) is Health.UNKNOWN


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("meaning", list(Meaning))
def test_too_many_requests_and_unavailable_are_overload_whatever_the_kind_makes_of_them(
    status: int, meaning: Meaning
) -> None:
    """Fewer at a time may help, also where the delivery itself is given up."""
    assert judged(status, meaning) is Health.OVERLOADED


@pytest.mark.parametrize("status", [200, 302, 408, 425, 500, 502, 504])
def test_what_is_to_be_tried_again_is_a_failure_of_the_endpoint(status: int) -> None:
    """Server errors, redirects of a site in maintenance, and a 200 whose body says no."""
    assert judged(status, Meaning.RETRY) is Health.FAILING


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422])
def test_the_refusal_of_one_event_for_now_says_that_the_endpoint_works(status: int) -> None:
    """An event that is refused again and again must not stop the others."""
    assert judged(status, Meaning.RETRY) is Health.OK


@pytest.mark.parametrize(
    ("status", "meaning"),
    [(200, Meaning.DELIVERED), (400, Meaning.DEAD), (500, Meaning.DEAD), (401, Meaning.DESTINATION_FAULT)],
)
def test_every_other_answer_says_that_the_endpoint_works(status: int, meaning: Meaning) -> None:
    """Delivered, refused for good, or refused altogether, which pauses the destination."""
    assert judged(status, meaning) is Health.OK


def test_what_each_judgement_moves() -> None:
    """Which of them the breaker counts, which are silence to it, and which lower the limit."""
    assert [each for each in Health if not each.judged] == [Health.UNKNOWN]
    assert [each for each in Health if not each.failed] == [Health.UNKNOWN, Health.OK]
    assert [each for each in Health if each.silent] == [Health.UNREACHABLE, Health.TIMED_OUT]
    assert [each for each in Health if each.overloaded] == [Health.OVERLOADED, Health.TIMED_OUT]
