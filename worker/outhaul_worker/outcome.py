"""What happens next: one function from what an attempt came to, and the policy, to what the ledger is told."""

import random
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from outhaul_config.policy import Policy
from outhaul_ledger.model import Lease, State
from outhaul_worker.destinations.contract import Meaning, Verdict
from outhaul_worker.exchange import Answer, Fault
from outhaul_worker.retry import next_delay
from outhaul_worker.retry_after import parse_retry_after


class Outcome(StrEnum):
    """What an attempt came to."""

    DELIVERED = "delivered"
    RETRY = "retry"
    DEAD = "dead"
    SKIPPED = "skipped"
    HELD = "held"
    DESTINATION_FAULT = "destination_fault"


EXPIRED = "expired"
"""The reason a dead letter has when its event was not wanted any more; the ledger's word."""

STATE_AFTER = {
    Outcome.DELIVERED: State.DELIVERED,
    Outcome.RETRY: State.PENDING,
    Outcome.DEAD: State.DEAD,
    Outcome.SKIPPED: State.SKIPPED,
    Outcome.HELD: State.HELD,
    Outcome.DESTINATION_FAULT: State.PENDING,
}


class Decision(NamedTuple):
    """An outcome with what follows from it: seconds until the next try, and why.

    `expired` marks a dead letter of an event that is not wanted any more.
    """

    outcome: Outcome
    reason: str = ""
    delay: float = 0.0
    ambiguous: bool = False
    expired: bool = False

    @property
    def burned(self) -> bool:
        """True when the try counts against the retry budget."""
        return self.outcome is not Outcome.DESTINATION_FAULT


def decide(
    verdict: Verdict,
    answer: Answer,
    lease: Lease,
    policy: Policy,
    *,
    now: float,
    draw: random.Random,
    expires_at: datetime | None = None,
) -> Decision:
    """Map what an answer means to what happens next.

    Args:
        verdict: the destination's reading of the answer.
        answer: the answer itself, for its fault and `Retry-After`.
        lease: the delivery, for its tries and age.
        policy: the destination's policy.
        now: the ledger's clock, Unix seconds.
        draw: where the jitter comes from.
        expires_at: from when on the event is not wanted any more.
    """
    if verdict.meaning is Meaning.DELIVERED:
        return Decision(Outcome.DELIVERED, verdict.reason)
    if verdict.meaning is Meaning.DEAD:
        return Decision(Outcome.DEAD, verdict.reason)
    if verdict.meaning is Meaning.DESTINATION_FAULT:
        return Decision(Outcome.DESTINATION_FAULT, verdict.reason)
    if answer.ambiguous and policy.on_ambiguous == "hold":
        return Decision(Outcome.HELD, f"{verdict.reason}: the request was sent, its fate is unknown", ambiguous=True)
    decision = _try_again(verdict, answer, lease, policy, now, draw)
    if decision.outcome is Outcome.RETRY and _comes_too_late(now + decision.delay, lease, expires_at):
        reason = f"{EXPIRED} before the next try: {verdict.reason}"
        return Decision(Outcome.DEAD, reason, ambiguous=answer.ambiguous, expired=True)
    return decision


def read_fault(fault: Fault, detail: str) -> Verdict:
    """Say what it means that no answer came: try again, except where only a change of configuration can help."""
    reason = f"{fault}: {detail}" if detail else str(fault)
    if fault is Fault.BLOCKED_ADDRESS:
        return Verdict(Meaning.DESTINATION_FAULT, reason)
    return Verdict(Meaning.RETRY, reason)


def _try_again(
    verdict: Verdict, answer: Answer, lease: Lease, policy: Policy, now: float, draw: random.Random
) -> Decision:
    delay = next_delay(policy.retry, lease.tries, draw)
    if delay is None:
        return _give_up(verdict, f"gave up after {lease.tries} tries", answer)
    asked = parse_retry_after(answer.headers.get("retry-after", ""), now) or 0.0
    delay = max(delay, verdict.wait, asked)
    if now + delay - lease.since / 1000 > policy.retry.max_age:
        return _give_up(verdict, f"gave up at the age limit after {lease.tries} tries", answer)
    return Decision(Outcome.RETRY, verdict.reason, delay, answer.ambiguous)


def _comes_too_late(moment: float, lease: Lease, expires_at: datetime | None) -> bool:
    """True when the event is not wanted any more by then, and was not asked for later than that either."""
    return expires_at is not None and lease.since / 1000 < expires_at.timestamp() <= moment


def _give_up(verdict: Verdict, why: str, answer: Answer) -> Decision:
    return Decision(Outcome.DEAD, f"{why}: {verdict.reason}", ambiguous=answer.ambiguous)
