"""How DATA Reshape's answers are read: the status says little, the `detail` in the body says what happened.

Source: the responses of the Event Create page. `level` is 2 in success and error alike and tells nothing.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from outhaul_worker.destinations.contract import Meaning, Verdict
from outhaul_worker.destinations.verdicts import GONE, PASSING, StatusReading
from outhaul_worker.exchange import Answer

_RECEIVED = "Received."
_UNPROCESSED = "NOT be processed"
_MOST_WARNINGS = 20
_LONGEST = 300
_READING = StatusReading(
    redirect=Meaning.DEAD,
    client_error=Meaning.DEAD,
    exact={
        **dict.fromkeys((401, 403), Meaning.DESTINATION_FAULT),
        **GONE,
        **PASSING,
        # Success is 200; another kind of success was not said by DATA Reshape, so it may not have the event.
        **dict.fromkeys(set(range(201, 300)), Meaning.RETRY),
    },
)


def read(answer: Answer, *, testing: bool) -> Verdict:
    """Say what an answer means; `testing` where the destination asks for events not to be processed."""
    body = _body(answer)
    detail = str(body.get("detail") or "")[:_LONGEST]
    if answer.status != 200:
        return _with_detail(_READING.verdict(answer), detail)
    if not detail:
        return Verdict(
            Meaning.RETRY, "HTTP 200: this is no answer of DATA Reshape, something else answers in its place"
        )
    if not detail.startswith(_RECEIVED):
        return Verdict(Meaning.DEAD, f"HTTP 200: {detail}")
    return _received(body, detail, testing=testing)


def _received(body: Mapping[str, Any], detail: str, *, testing: bool) -> Verdict:
    warnings = _warnings(body)
    unprocessed = _UNPROCESSED in detail
    if unprocessed and not testing and not _asked_for(body):
        return Verdict(
            Meaning.DESTINATION_FAULT,
            "HTTP 200: DATA Reshape takes events without processing them, though the destination is not in test mode:"
            " check base_url and path, and the account",
            warnings,
        )
    if testing and not unprocessed:
        warnings = ("processed although the destination is in test mode", *warnings)
    return Verdict(Meaning.DELIVERED, "HTTP 200: received, not processed" if unprocessed else "HTTP 200", warnings)


def _asked_for(body: Mapping[str, Any]) -> bool:
    """Whether the event that is echoed was sent as one not to be processed."""
    echoed = body.get("data_received")
    context = echoed.get("context") if isinstance(echoed, dict) else None
    return isinstance(context, dict) and context.get("environment") == "dev"


def _warnings(body: Mapping[str, Any]) -> tuple[str, ...]:
    given = body.get("warnings")
    listed = given if isinstance(given, list) else []
    return tuple(str(warning)[:_LONGEST] for warning in listed[:_MOST_WARNINGS])


def _body(answer: Answer) -> Mapping[str, Any]:
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _with_detail(verdict: Verdict, detail: str) -> Verdict:
    return Verdict(verdict.meaning, f"{verdict.reason}: {detail}") if detail else verdict
