"""How `datareshape` reads what it is answered: the body says what happened, the status says little."""

from typing import Any

import orjson
import pytest

from outhaul_worker.destinations.contract import Meaning, Verdict
from outhaul_worker.exchange import Answer
from unit.destinations.configured import built

KIND = "datareshape"
PROCESSED = "Received. This has been processed."
UNPROCESSED = "Received. This will NOT be processed."
MISSING = "event.id is missing or does not match the required format."
DEAD, RETRY, FAULT, DELIVERED = Meaning.DEAD, Meaning.RETRY, Meaning.DESTINATION_FAULT, Meaning.DELIVERED


def _verdict(detail: Any = None, *, status: int = 200, test: str = "off", **more: Any) -> Verdict:
    body = {"emitter": "DATA Reshape", "detail": detail, "level": 2, **more}
    return built(KIND, test=test).classify(Answer(status=status, body=orjson.dumps(body)))


def test_an_event_that_was_processed_is_delivered_with_the_vendors_warnings() -> None:
    """Warnings are kept with the delivery, so that somebody can mend what they are about."""
    warnings = ["context.url is missing. Fallback to config host.", "another"]
    assert _verdict(PROCESSED, warnings=warnings) == Verdict(DELIVERED, "HTTP 200", tuple(warnings))
    assert _verdict(PROCESSED, warnings=[]) == Verdict(DELIVERED, "HTTP 200")


@pytest.mark.parametrize("warnings", [None, "text", {"a": 1}, 5])
def test_warnings_of_another_shape_are_no_trouble(warnings: Any) -> None:
    """A vendor may change its mind about them; the event was taken all the same."""
    assert _verdict(PROCESSED, warnings=warnings) == Verdict(DELIVERED, "HTTP 200")


def test_no_more_warnings_are_kept_than_a_person_reads() -> None:
    """An answer cannot fill the ledger."""
    kept = _verdict(PROCESSED, warnings=["x" * 5_000] * 500).warnings
    assert (len(kept), len(kept[0])) == (20, 300)
    assert _verdict(PROCESSED, warnings=[None, {"a": 1}]).warnings == ("None", "{'a': 1}")


def test_an_error_that_comes_as_200_is_final_and_says_what_is_wrong() -> None:
    """Success and error carry the same level and may carry the same status; only the detail tells them apart."""
    assert _verdict(MISSING) == Verdict(DEAD, f"HTTP 200: {MISSING}")


@pytest.mark.parametrize(
    "body", [b"", b"<html>Back soon</html>", b"[]", b'"Received."', b"{}", b'{"detail": null}', b"\xff"]
)
def test_a_200_that_is_not_from_the_vendor_is_tried_again(body: bytes) -> None:
    """A proxy's maintenance page must not cost the event, and must not count as a delivery."""
    verdict = built(KIND).classify(Answer(status=200, body=body))
    assert (verdict.meaning, verdict.reason[:10]) == (RETRY, "HTTP 200: ")


def test_events_that_are_taken_and_not_processed_pause_the_destination() -> None:
    """In production that means a wrong address or account: everything would be lost without a failure."""
    verdict = _verdict(UNPROCESSED, warnings=["kept"], data_received={"context": {"environment": "prod"}})
    assert verdict.meaning is FAULT
    assert verdict.warnings == ("kept",)
    assert "check base_url and path" in verdict.reason
    assert _verdict(UNPROCESSED, data_received={}).meaning is FAULT
    assert _verdict(UNPROCESSED, data_received={"context": None}).meaning is FAULT


@pytest.mark.parametrize("test", ["path", "environment"])
def test_a_destination_in_test_mode_expects_just_that(test: str) -> None:
    """Checked and not processed is what was asked for; processed is worth a warning."""
    assert _verdict(UNPROCESSED, test=test) == Verdict(DELIVERED, "HTTP 200: received, not processed")
    assert _verdict(PROCESSED, test=test).warnings == ("processed although the destination is in test mode",)


def test_a_test_event_pauses_no_destination() -> None:
    """The vendor's echo shows that the event itself asked not to be processed."""
    verdict = _verdict(UNPROCESSED, data_received={"context": {"environment": "dev"}})
    assert verdict == Verdict(DELIVERED, "HTTP 200: received, not processed")


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (201, RETRY),
        (204, RETRY),
        (302, DEAD),
        (400, DEAD),
        (401, FAULT),
        (403, FAULT),
        (404, DEAD),
        (408, RETRY),
        (415, DEAD),
        (422, DEAD),
        (425, RETRY),
        (429, RETRY),
        (500, RETRY),
        (503, RETRY),
    ],
)
def test_other_statuses_are_read_as_http_means_them_with_the_vendors_words(status: int, meaning: Meaning) -> None:
    """Refused credentials pause the destination, what is wrong with the event is final, the rest is tried again."""
    verdict = _verdict(MISSING, status=status)
    assert verdict.meaning is meaning
    assert verdict.reason.startswith(f"HTTP {status}")
    assert verdict.reason.endswith(MISSING)
    assert built(KIND).classify(Answer(status=status)).meaning is meaning
