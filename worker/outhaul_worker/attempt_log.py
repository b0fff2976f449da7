"""What is kept of an attempt: one line in the event's log in the ledger, one wide line in the worker's log."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import orjson

from outhaul_config.redaction import redact
from outhaul_worker.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from outhaul_config.destinations import Destination
    from outhaul_worker.attempt import Attempt
    from outhaul_worker.exchange import Answer
    from outhaul_worker.outcome import Decision

ALERTING = frozenset({Outcome.DEAD, Outcome.DESTINATION_FAULT})
REASONS = 1000  # remembered in their redacted form
EXCERPT = 500  # characters of an answer that are worth keeping


class Entry(NamedTuple):
    """The redacted reason, and the JSON line for the event's attempt log."""

    reason: str
    line: bytes


class AttemptLog:
    """Writes both lines of every attempt.

    Args:
        worker: the worker's name.
        emit: gets the wide line; None where nobody reads it.
        report: gets what a person must know: destination, reason, kind.
    """

    def __init__(self, worker: str, emit: Callable[..., None] | None, report: Callable[[str, str, str], None]) -> None:
        self._worker = worker
        self._emit = emit
        self._report = report
        self._secrets: dict[str, tuple[Destination, tuple[str, ...]]] = {}
        self._reasons: dict[tuple[str, tuple[str, ...]], str] = {}

    def write(self, attempt: Attempt, answer: Answer, decision: Decision, warnings: tuple[str, ...]) -> Entry:
        """Describe one attempt that has ended."""
        secrets = self._secrets_of(attempt)
        reason = self._reason(decision.reason, secrets)
        lease, line = attempt.lease, self._line(attempt, answer, decision)
        due_in = int(decision.delay * 1000) if decision.outcome is Outcome.RETRY else None
        if self._emit:
            self._emit(
                **line,
                destination=lease.destination,
                event_id=lease.event_id,
                type=attempt.gist.type,
                due_in_ms=due_in,
                reason=reason,
                possible_duplicate=lease.possible_duplicate,
            )
        if decision.outcome in ALERTING:
            self._report(lease.destination, reason, attempt.target.destination.kind)
        line["at"] = int(attempt.started * 1000)
        # Of the ledger's line, which is kept long, these are left out where they say nothing.
        if due_in:
            line["due_in_ms"] = due_in
        if reason:
            line["reason"] = reason
        if lease.possible_duplicate:
            line["possible_duplicate"] = True
        _add_details(line, attempt, answer, decision, warnings, secrets)
        return Entry(reason, orjson.dumps(line))

    def _line(self, attempt: Attempt, answer: Answer, decision: Decision) -> dict[str, object]:
        """Begin the line with what it always has."""
        return {
            "kind": attempt.target.destination.kind,
            "attempt": attempt.lease.attempt,
            "outcome": decision.outcome,
            "status": answer.status,
            "duration_ms": round(answer.duration_ms, 1),
            "worker": self._worker,
        }

    def _reason(self, reason: str, secrets: tuple[str, ...]) -> str:
        # Most attempts end for one of few reasons, and redacting costs more than the rest of the line.
        known = self._reasons.get((reason, secrets))
        if known is None:
            known = redact(reason, secrets)[:EXCERPT]
            if len(self._reasons) < REASONS:
                self._reasons[reason, secrets] = known
        return known

    def _secrets_of(self, attempt: Attempt) -> tuple[str, ...]:
        destination = attempt.target.destination
        known = self._secrets.get(destination.name)
        if known is None or known[0] is not destination:  # a subscription's secrets may change
            known = self._secrets[destination.name] = (destination, destination.secrets())
        return known[1]


def _add_details(
    line: dict[str, object],
    attempt: Attempt,
    answer: Answer,
    decision: Decision,
    warnings: tuple[str, ...],
    secrets: tuple[str, ...],
) -> None:
    if attempt.payload and attempt.payload.vendor_id:
        line["vendor_id"] = attempt.payload.vendor_id
    if answer.body and decision.outcome is not Outcome.DELIVERED:
        line["answer"] = redact(answer.body[: 4 * EXCERPT].decode(errors="replace"), secrets)[:EXCERPT]
    if warnings:
        line["warnings"] = [redact(warning, secrets)[:EXCERPT] for warning in warnings]
