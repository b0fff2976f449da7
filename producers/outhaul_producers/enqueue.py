"""Handing events over: validate, then store with one round trip."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

from outhaul_ledger.errors import LedgerUnavailable as NoAnswer
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Acceptance, Accepted, Submission
from outhaul_producers.client import connection
from outhaul_producers.errors import EventConflict, InvalidEvent, LedgerUnavailable, OuthaulError
from outhaul_producers.normalise import normalise

MOST_EVENTS = 500
MOST_BYTES = 1024 * 1024
"""What goes to the server in one call, so that it answers others in between."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """An event is stored and will reach a final state at every destination that wants it.

    `accepted_at` is when the event was accepted first, by the server's clock; `duplicate` says that this was before
    this call.
    """

    event_id: str
    accepted_at: datetime
    duplicate: bool


@dataclass(frozen=True, slots=True)
class EnqueueResult:
    """What became of many events: at the index of each its receipt, or the error that `enqueue_event` would raise."""

    results: tuple[Receipt | OuthaulError, ...]

    @property
    def receipts(self) -> dict[int, Receipt]:
        """The stored ones, duplicates included, by index."""
        return {index: one for index, one in enumerate(self.results) if isinstance(one, Receipt)}

    @property
    def errors(self) -> dict[int, OuthaulError]:
        """The refused ones and those whose fate is unknown (`LedgerUnavailable`), by index."""
        return {index: one for index, one in enumerate(self.results) if not isinstance(one, Receipt)}


def enqueue_event(
    type: str,  # noqa: A002 -- the words of the event model
    *,
    id: str | None = None,  # noqa: A002 -- as above
    occurred_at: datetime | str | None = None,
    source: str | None = None,
    deliver_after: datetime | str | None = None,
    expires_at: datetime | str | None = None,
    **sections: Any,
) -> Receipt:
    """Store one event for delivery to every destination that wants it. One round trip to the server.

    Call it again with the same `id` whenever in doubt: the same content is a duplicate, which changes nothing.

    Args:
        type: a type of the vocabulary (`order.created`), its Segment name (`Order Completed`), or `custom.<name>`.
        id: the idempotency key, 3 to 64 letters, digits, `_` and `-`; without one a new `ev_...` is made.
        occurred_at: an aware datetime or RFC 3339 string, at most 5 minutes in the future; default: now.
        source: URI-reference of the system it comes from; default: the setting `source`.
        deliver_after: an aware datetime or RFC 3339 string before which it is not sent, at most 90 days ahead.
        expires_at: likewise, later than `deliver_after`, from which on it is not wanted any more: what has not been
            delivered by then becomes a dead letter with the reason `expired`. One in the past is accepted.
        **sections: everything else of the event: `customer`, `order`, `cart`, `product`, `properties`, ...

    Returns:
        The receipt; from here on the event is not lost.

    Raises:
        InvalidEvent: it does not fit the model; every problem with its path. Nothing was stored.
        EventTooLarge: it is over 64 KiB of canonical JSON. Nothing was stored.
        EventConflict: the id belongs to an event of other content, which is untouched. Nothing was stored.
        LedgerUnavailable: no answer within the time-out. Calling again with the error's `event_id` is safe.
        outhaul_config.problems.ConfigError: the settings are wrong.
    """
    named = {
        "type": type,
        "id": id,
        "occurred_at": occurred_at,
        "source": source,
        "deliver_after": deliver_after,
        "expires_at": expires_at,
    }
    given = {name: value for name, value in named.items() if value is not None} | sections
    here = connection()
    submission = normalise(given, source=here.source)
    try:
        (accepted,) = here.ledger.accept([submission])
    except NoAnswer as error:
        raise LedgerUnavailable(submission.event_id, str(error)) from error
    answer = _answer(submission, accepted)
    if isinstance(answer, OuthaulError):
        raise answer
    return answer


def enqueue_events(events: Iterable[Mapping[str, Any]]) -> EnqueueResult:
    """Store many events; an invalid one never costs the others. One round trip for up to 500 events or 1 MiB.

    Args:
        events: mappings with the keys that `enqueue_event` takes; `type` is required.

    Returns:
        A receipt or error for every event. Once the server fails to answer, it is not asked again: the rest gets
        `LedgerUnavailable`, and handing all of those in again with the ids in their errors is safe.

    Raises:
        outhaul_config.problems.ConfigError: the settings are wrong.
    """
    here = connection()
    return accept_events(here.ledger, events, source=here.source)


def accept_events(ledger: Ledger, events: Iterable[Mapping[str, Any] | InvalidEvent], *, source: str) -> EnqueueResult:
    """Do what `enqueue_events` does, in a ledger of one's own; an error in place of an event is its result."""
    intake = _Intake(ledger)
    for event in events:
        try:
            if isinstance(event, InvalidEvent):
                raise event
            intake.add(normalise(event, source=source))
        except InvalidEvent as error:
            intake.refuse(error)
    return EnqueueResult(tuple(intake.finish()))


_UNANSWERED = OuthaulError("not asked yet")


class _Intake:
    """Collects events into calls and their answers into order."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._results: list[Receipt | OuthaulError] = []
        self._waiting: list[tuple[int, Submission]] = []
        self._bytes = 0
        self._silence: str | None = None

    def refuse(self, error: OuthaulError) -> None:
        self._results.append(error)

    def add(self, submission: Submission) -> None:
        self._waiting.append((len(self._results), submission))
        self._results.append(_UNANSWERED)
        self._bytes += len(submission.body)
        if len(self._waiting) >= MOST_EVENTS or self._bytes >= MOST_BYTES:
            self._send()

    def finish(self) -> list[Receipt | OuthaulError]:
        if self._waiting:
            self._send()
        return self._results

    def _send(self) -> None:
        waiting, self._waiting, self._bytes = self._waiting, [], 0
        submissions = [submission for _, submission in waiting]
        answers = self._ask(submissions) if self._silence is None else []
        for (index, submission), answer in zip_longest(waiting, answers):
            unknown = LedgerUnavailable(submission.event_id, self._silence or "")
            self._results[index] = _answer(submission, answer) if answer else unknown

    def _ask(self, submissions: list[Submission]) -> list[Accepted]:
        try:
            return self._ledger.accept(submissions)
        except NoAnswer as error:
            self._silence = str(error)
            return []


def _answer(submission: Submission, accepted: Accepted) -> Receipt | EventConflict:
    accepted_at = datetime.fromtimestamp(accepted.accepted_at / 1000, UTC)
    if accepted.result is Acceptance.CONFLICT:
        return EventConflict(submission.event_id, accepted_at)
    return Receipt(submission.event_id, accepted_at, accepted.result is Acceptance.DUPLICATE)
