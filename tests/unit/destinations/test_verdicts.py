"""How statuses become meanings."""

import pytest

from outhaul_worker.destinations.contract import Meaning, Verdict
from outhaul_worker.destinations.verdicts import StatusReading
from outhaul_worker.exchange import Answer
from unit.destinations.configured import built

DEAD, RETRY, FAULT = Meaning.DEAD, Meaning.RETRY, Meaning.DESTINATION_FAULT


def test_a_single_status_outranks_its_class() -> None:
    """A kind can single out what its vendor means by one status."""
    reading = StatusReading(redirect=DEAD, client_error=DEAD, exact={202: RETRY, 409: Meaning.DELIVERED})
    assert reading.verdict(Answer(status=202)) == Verdict(RETRY, "HTTP 202")
    assert reading.verdict(Answer(status=409)) == Verdict(Meaning.DELIVERED, "HTTP 409")
    assert reading.verdict(Answer(status=404)) == Verdict(DEAD, "HTTP 404")


@pytest.mark.parametrize("status", [-1, 0, 100, 199, 600, 999])
def test_what_is_no_final_answer_is_tried_again(status: int) -> None:
    """A number that no HTTP server should send decides nothing for good."""
    assert StatusReading(redirect=DEAD, client_error=DEAD).verdict(Answer(status=status)).meaning is RETRY


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict(Meaning.DELIVERED, "HTTP 200")),
        (204, Verdict(Meaning.DELIVERED, "HTTP 204")),
        (302, Verdict(DEAD, "HTTP 302: redirects are not followed")),
        (400, Verdict(DEAD, "HTTP 400")),
        (401, Verdict(FAULT, "HTTP 401: credentials refused")),
        (403, Verdict(DEAD, "HTTP 403")),
        (404, Verdict(DEAD, "HTTP 404")),
        (406, Verdict(DEAD, "HTTP 406")),
        (418, Verdict(DEAD, "HTTP 418")),
        (422, Verdict(DEAD, "HTTP 422")),
        (408, Verdict(RETRY, "HTTP 408")),
        (429, Verdict(RETRY, "HTTP 429")),
        (503, Verdict(RETRY, "HTTP 503")),
        (521, Verdict(RETRY, "HTTP 521")),
    ],
)
def test_remarkety_is_read_as_it_documents_its_errors(status: int, verdict: Verdict) -> None:
    """What Remarkety calls wrong is final, a wrong key pauses the destination, the rest is tried again."""
    assert built("remarkety").classify(Answer(status=status)) == verdict


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (202, Verdict(Meaning.DELIVERED, "HTTP 202")),
        (301, Verdict(RETRY, "HTTP 301: redirects are not followed")),
        (400, Verdict(RETRY, "HTTP 400")),
        (401, Verdict(RETRY, "HTTP 401")),
        (403, Verdict(RETRY, "HTTP 403")),
        (404, Verdict(RETRY, "HTTP 404")),
        (410, Verdict(FAULT, "HTTP 410: the endpoint is gone")),
        (500, Verdict(RETRY, "HTTP 500")),
    ],
)
def test_a_webhook_receiver_may_refuse_for_a_while(status: int, verdict: Verdict) -> None:
    """All but 2xx and 410 is tried again, as the receiver may be in the middle of a deployment."""
    for kind in ("webhook", "cloudevents"):
        assert built(kind).classify(Answer(status=status)) == verdict
