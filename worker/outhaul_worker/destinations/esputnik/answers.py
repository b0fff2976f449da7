"""What eSputnik's answers mean.

Source: eSputnik's API reference, and what the vendor's own plugins do with its answers.
"""

from dataclasses import replace
from typing import Any

import orjson

from outhaul_worker.destinations.contract import Meaning, Verdict
from outhaul_worker.destinations.verdicts import GONE, PASSING, StatusReading
from outhaul_worker.exchange import Answer
from outhaul_worker.retry_after import parse_retry_after

GUARD = 61.0
"""Seconds after which a repeated event is no longer taken for a duplicate."""

PAUSE = 300.0
"""Seconds that eSputnik wants to be left alone after 429, where it does not say itself."""

_EXCERPT = 300
_DUPLICATE = b"Duplicated request"
_FAILED = "failedOrders"
_KNOWN = "eSputnik has this event already: it called the request a duplicate"
_READING = StatusReading(
    redirect=Meaning.DESTINATION_FAULT,
    client_error=Meaning.DEAD,
    exact={401: Meaning.DESTINATION_FAULT, 409: Meaning.DELIVERED, **GONE, **PASSING},
)


def verdict_on(answer: Answer) -> Verdict:
    """The meaning of an answer; a duplicate counts as delivered, as an earlier attempt must have got through."""
    verdict = _READING.verdict(answer)
    if answer.status == 409 or (_DUPLICATE in answer.body and answer.status != 401):
        return replace(verdict, meaning=Meaning.DELIVERED, warnings=(_KNOWN,))
    if verdict.meaning is Meaning.DELIVERED:
        return _accepted(verdict, answer.body)
    if verdict.meaning is Meaning.RETRY:
        return replace(verdict, wait=_least_wait(answer))
    return verdict


def _accepted(verdict: Verdict, body: bytes) -> Verdict:
    failed = _failed_orders(body)
    if not failed:
        return verdict
    shown = orjson.dumps(failed).decode()[:_EXCERPT]
    return Verdict(Meaning.DEAD, f"{verdict.reason}, but the order was not taken: {_FAILED} {shown}")


def _failed_orders(body: bytes) -> Any:
    if _FAILED.encode() not in body:
        return None
    try:
        document = orjson.loads(body)
    except ValueError:
        return None
    return document.get(_FAILED) if isinstance(document, dict) else None


def _least_wait(answer: Answer) -> float:
    asked = parse_retry_after(answer.headers.get("retry-after", ""))
    return PAUSE if answer.status == 429 and asked is None else GUARD
