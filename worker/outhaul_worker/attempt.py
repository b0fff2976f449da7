"""An attempt at a delivery: a pipeline of named steps over one frozen value.

`load -> serialise -> authenticate -> (send) -> classify -> decide`. The steps before the send either hand the attempt
on or end it; sending is the transport's; the steps after it turn the answer into a settlement.
"""

import random
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from outhaul_config.destinations import Destination
from outhaul_ledger.model import Health, Lease, Settlement
from outhaul_producers.event import Event
from outhaul_worker.attempt_log import AttemptLog
from outhaul_worker.destinations.contract import (
    DestinationKind,
    Meaning,
    Moment,
    NotApplicable,
    Payload,
    Unserialisable,
    Verdict,
)
from outhaul_worker.events import Events
from outhaul_worker.exchange import Answer, Request
from outhaul_worker.health import health_of
from outhaul_worker.outcome import EXPIRED, STATE_AFTER, Decision, Outcome, decide, read_fault

UNSENT = Answer(sent=False)


@dataclass(frozen=True, slots=True)
class Target:
    """A destination ready for use in this process: its configuration and the kind built from it.

    `keep`, where there is one, takes each payload and returns the one that was made of the same event first, so that
    all receivers, at all tries, get the same bytes.
    """

    destination: Destination
    kind: DestinationKind
    keep: Callable[[Payload], Payload] | None = None


class Gist(NamedTuple):
    """What is still to be known of an event when its attempt has ended."""

    type: str = ""
    expires_at: datetime | None = None


class Attempt(NamedTuple):
    """One attempt on its way: each step fills in its part.

    `started` is the ledger's clock, Unix seconds. The event is there until the request is, and then only its gist, for
    thousands of attempts may be in flight.
    """

    lease: Lease
    target: Target
    started: float
    gist: Gist = Gist()
    event: Event | None = None
    payload: Payload | None = None
    request: Request | None = None


class StageFailed(Exception):
    """A step before the send ended the attempt; carries the decision that follows."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.reason)
        self.decision = decision


def prepare(attempt: Attempt, events: Events) -> Attempt:
    """Run all steps before the send.

    Raises:
        StageFailed: the attempt ends here.
    """
    return authenticate(serialise(load(attempt, events), events))


def load(attempt: Attempt, events: Events) -> Attempt:
    """Read the stored event."""
    try:
        event = events.event(attempt.lease.event_id, attempt.lease.body, attempt.target.kind)
        gist = Gist(event.type, event.expires_at)
        return Attempt(attempt.lease, attempt.target, attempt.started, gist, event)
    except (ValueError, KeyError, TypeError) as error:
        raise StageFailed(Decision(Outcome.DEAD, f"load: the stored event cannot be read: {error!r}")) from error


def serialise(attempt: Attempt, events: Events) -> Attempt:
    """Turn the event into the destination's payload."""
    assert attempt.event is not None  # noqa: S101 - the order of the steps guarantees it
    try:
        payload = events.payload(attempt.event, attempt.target.kind)
    except Unserialisable as error:
        raise StageFailed(Decision(Outcome.DEAD, f"serialise: {error}")) from error
    except Exception as error:
        raise StageFailed(_crashed("serialise", error)) from error
    if isinstance(payload, NotApplicable):
        raise StageFailed(Decision(Outcome.SKIPPED, payload.reason))
    if attempt.target.keep:
        payload = attempt.target.keep(payload)
    return Attempt(attempt.lease, attempt.target, attempt.started, attempt.gist, attempt.event, payload)


def authenticate(attempt: Attempt) -> Attempt:
    """Address and sign the payload for this attempt."""
    assert attempt.event is not None  # noqa: S101 - the order of the steps guarantees it
    assert attempt.payload is not None  # noqa: S101 - the order of the steps guarantees it
    moment = Moment(sent_at=attempt.started, attempt=attempt.lease.attempt)
    try:
        request = attempt.target.kind.request(attempt.event, attempt.payload, moment)
    except Exception as error:
        raise StageFailed(_crashed("authenticate", error)) from error
    lease = attempt.lease.bare()
    return Attempt(lease, attempt.target, attempt.started, attempt.gist, None, attempt.payload, request)


def classify(attempt: Attempt, answer: Answer) -> Verdict:
    """Ask the destination what its answer means; what a fault means is the same for all."""
    if answer.fault is not None:
        return read_fault(answer.fault, answer.detail)
    try:
        return attempt.target.kind.classify(answer)
    except Exception as error:  # noqa: BLE001 - a kind may be anybody's code; its bug costs one delivery
        return Verdict(Meaning.DEAD, _crashed("classify", error).reason)


def conclude(attempt: Attempt, answer: Answer, log: AttemptLog, *, now: float, draw: random.Random) -> Settlement:
    """Run all steps after the send: classify, decide, and put it in the ledger's words."""
    verdict = classify(attempt, answer)
    policy, expires_at = attempt.target.destination.policy, attempt.gist.expires_at
    decision = decide(verdict, answer, attempt.lease, policy, now=now, draw=draw, expires_at=expires_at)
    return settlement(attempt, answer, decision, log, verdict)


def abandon(attempt: Attempt, decision: Decision, log: AttemptLog) -> Settlement:
    """Settle an attempt that ended before the send."""
    return settlement(attempt, UNSENT, decision, log, None)


def settlement(
    attempt: Attempt, answer: Answer, decision: Decision, log: AttemptLog, verdict: Verdict | None
) -> Settlement:
    """Put a decision in the ledger's words, with the attempt's line for its log; no verdict where nothing was sent."""
    lease = attempt.lease
    entry = log.write(attempt, answer, decision, verdict.warnings if verdict else ())
    return Settlement(
        destination=lease.destination,
        event_id=lease.event_id,
        attempt=lease.attempt,
        state=STATE_AFTER[decision.outcome],
        reason=EXPIRED if decision.expired else entry.reason,
        status=answer.status,
        delay_ms=int(decision.delay * 1000),
        burned=decision.burned,
        ambiguous=decision.ambiguous,
        pause=entry.reason if decision.outcome is Outcome.DESTINATION_FAULT else "",
        line=entry.line,
        health=health_of(verdict, answer) if verdict else Health.UNKNOWN,
        duration_ms=round(answer.duration_ms),
    )


def _crashed(stage: str, error: Exception) -> Decision:
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    where = " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    return Decision(Outcome.DEAD, f"{stage} crashed: {type(error).__name__}: {str(error)[:200]} at {where}")
