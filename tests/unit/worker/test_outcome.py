"""The outcome table: from what an answer means, and the policy, to what happens next. One test a row."""

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from outhaul_config.policy import Policy, Retry
from outhaul_ledger.model import Lease
from outhaul_worker.destinations.contract import Meaning, Verdict
from outhaul_worker.exchange import Answer, Fault
from outhaul_worker.outcome import Decision, Outcome, decide, read_fault

NOW = 1_763_600_000.0
LEASE = Lease("shop-hooks", "ev_1", 1, 1, int(NOW * 1000), int(NOW * 1000), possible_duplicate=False, body=b"{}")
POLICY = Policy(retry=Retry(base=5, factor=3, cap=3600, max_attempts=4, max_age=7200))
SERVER_ERROR = Verdict(Meaning.RETRY, "HTTP 503")


def decided(
    verdict: Verdict,
    answer: Answer | None = None,
    lease: Lease = LEASE,
    policy: Policy = POLICY,
    expires_at: datetime | None = None,
) -> Decision:
    """Decide with a fixed draw."""
    said = answer or Answer(status=503)
    return decide(verdict, said, lease, policy, now=NOW, draw=random.Random(7), expires_at=expires_at)


def test_a_delivered_answer_ends_the_delivery() -> None:
    """Delivered is final, whatever the policy says."""
    assert decided(Verdict(Meaning.DELIVERED), Answer(status=200)) == Decision(Outcome.DELIVERED)


def test_a_refusal_for_good_makes_a_dead_letter_at_once() -> None:
    """What the endpoint will never take is not tried again."""
    assert decided(Verdict(Meaning.DEAD, "HTTP 400")) == Decision(Outcome.DEAD, "HTTP 400")


def test_refused_credentials_pause_the_destination_and_burn_no_attempt() -> None:
    """The delivery keeps its whole retry budget for when the credentials are mended."""
    decision = decided(Verdict(Meaning.DESTINATION_FAULT, "HTTP 401"))
    assert decision == Decision(Outcome.DESTINATION_FAULT, "HTTP 401")
    assert not decision.burned


def test_a_passing_failure_is_tried_again_within_the_backoff() -> None:
    """Full jitter: the wait lies between nothing and base * factor ** (tries - 1)."""
    decision = decided(SERVER_ERROR, lease=LEASE._replace(tries=2))
    assert decision.outcome is Outcome.RETRY
    assert 0 <= decision.delay <= 15


def test_the_last_allowed_try_that_fails_makes_a_dead_letter() -> None:
    """max_attempts counts all tries, and the reason keeps the last answer."""
    decision = decided(SERVER_ERROR, lease=LEASE._replace(tries=4))
    assert decision == Decision(Outcome.DEAD, "gave up after 4 tries: HTTP 503")


def test_a_retry_beyond_the_age_limit_makes_a_dead_letter() -> None:
    """max_age runs from acceptance or the last replay, and includes the wait that would follow."""
    old = LEASE._replace(since=int((NOW - 7201) * 1000))
    assert decided(SERVER_ERROR, lease=old).outcome is Outcome.DEAD


def test_retry_after_in_seconds_is_honoured_in_full() -> None:
    """A longer wait asked for by the endpoint replaces the back-off."""
    decision = decided(SERVER_ERROR, Answer(status=429, headers={"retry-after": "3600"}))
    assert (decision.outcome, decision.delay) == (Outcome.RETRY, 3600)


def test_retry_after_shorter_than_the_backoff_does_not_shorten_it() -> None:
    """The endpoint asks for a least wait; spreading retries out remains ours."""
    lease = LEASE._replace(tries=3)
    assert (
        decided(SERVER_ERROR, lease=lease).delay
        == decided(SERVER_ERROR, Answer(status=503, headers={"retry-after": "0"}), lease=lease).delay
    )


def test_the_least_wait_a_destination_asks_for_lengthens_the_backoff() -> None:
    """A kind that knows its vendor's patience is heeded, whatever the schedule says."""
    assert decided(replace(SERVER_ERROR, wait=300.0)) == Decision(Outcome.RETRY, "HTTP 503", 300.0)


def test_the_least_wait_of_a_destination_shortens_neither_backoff_nor_retry_after() -> None:
    """Of all that asks for time, the longest counts."""
    patient = replace(SERVER_ERROR, wait=0.001)
    assert decided(patient).delay == decided(SERVER_ERROR).delay
    assert decided(patient, Answer(status=429, headers={"retry-after": "3600"})).delay == 3600


def test_a_wait_beyond_the_age_limit_makes_a_dead_letter() -> None:
    """Nothing waits for a try that would come too late."""
    decision = decided(replace(SERVER_ERROR, wait=7201.0))
    assert decision == Decision(Outcome.DEAD, "gave up at the age limit after 1 tries: HTTP 503")


def test_an_ambiguous_outcome_is_retried_as_a_possible_duplicate() -> None:
    """The bytes were sent and the answer is lost: the next attempt is marked."""
    answer = Answer(fault=Fault.READ_TIMEOUT, sent=True)
    decision = decided(Verdict(Meaning.RETRY, "read_timeout"), answer)
    assert (decision.outcome, decision.ambiguous) == (Outcome.RETRY, True)


def test_an_ambiguous_outcome_is_held_where_the_policy_says_so() -> None:
    """A destination that cannot tell duplicates apart may leave the choice to a person."""
    answer = Answer(fault=Fault.RESET, sent=True)
    decision = decided(Verdict(Meaning.RETRY, "reset"), answer, policy=replace(POLICY, on_ambiguous="hold"))
    assert decision.outcome is Outcome.HELD


def test_a_failure_before_the_send_is_never_ambiguous() -> None:
    """Nothing was sent, so the next attempt cannot be a duplicate, and nothing is held."""
    answer = Answer(fault=Fault.CONNECT, sent=False)
    decision = decided(Verdict(Meaning.RETRY, "connect"), answer, policy=replace(POLICY, on_ambiguous="hold"))
    assert (decision.outcome, decision.ambiguous) == (Outcome.RETRY, False)


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_is_tried_again_except_where_only_configuration_can_help(fault: Fault) -> None:
    """A blocked address pauses the destination; all other faults may pass by themselves."""
    expected = Meaning.DESTINATION_FAULT if fault is Fault.BLOCKED_ADDRESS else Meaning.RETRY
    assert read_fault(fault, "detail") == Verdict(expected, f"{fault}: detail")


EXPIRY = datetime.fromtimestamp(NOW + 3600, UTC)


def test_a_retry_before_the_expiry_is_a_retry() -> None:
    """An event that is still wanted then is tried again."""
    early = Answer(status=503, headers={"retry-after": "3599"})
    assert decided(SERVER_ERROR, early, expires_at=EXPIRY).outcome is Outcome.RETRY


def test_a_retry_at_or_after_the_expiry_makes_an_expired_dead_letter() -> None:
    """Nobody waits for a moment at which the event is not wanted any more; the reason keeps the last answer."""
    late = Answer(status=503, headers={"retry-after": "3600"})
    decision = decided(SERVER_ERROR, late, expires_at=EXPIRY)
    assert decision == Decision(Outcome.DEAD, "expired before the next try: HTTP 503", expired=True)


def test_a_replay_after_the_expiry_is_tried_like_any_other() -> None:
    """A person who asked for it wants it, however late."""
    replayed = LEASE._replace(since=int((NOW + 3600) * 1000))
    late = Answer(status=503, headers={"retry-after": "3600"})
    assert decided(SERVER_ERROR, late, lease=replayed, expires_at=EXPIRY).outcome is Outcome.RETRY


def test_a_refusal_for_good_is_no_expiry() -> None:
    """What would have been dead anyway says why."""
    assert decided(Verdict(Meaning.DEAD, "HTTP 400"), expires_at=EXPIRY) == Decision(Outcome.DEAD, "HTTP 400")


def test_an_unknown_fate_is_held_past_the_expiry() -> None:
    """Whether it arrived is a question that does not expire."""
    lost = Answer(fault=Fault.READ_TIMEOUT)
    holding = replace(POLICY, on_ambiguous="hold")
    verdict = read_fault(Fault.READ_TIMEOUT, "")
    past = datetime.fromtimestamp(NOW, UTC)
    assert decided(verdict, lost, policy=holding, expires_at=past).outcome is Outcome.HELD
