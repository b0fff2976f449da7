"""What of a policy the scripts go by, and how a lane's state reads."""

import pytest

from outhaul_config.policy import MOST_IN_FLIGHT, Breaker, Policy, Rate
from outhaul_ledger.flow import BreakerState, Flow, Waiting, pack_policy

NOW = 1_772_698_500_000
OPEN = Flow(breaker=BreakerState.OPEN, reopen_at=NOW + 5000)
PROBING = Flow(breaker=BreakerState.HALF_OPEN, reopen_at=NOW - 10)
RATED = Flow(next_token=NOW + 20)


def rate_of(policy: Policy) -> tuple[float, float]:
    """Interval and tolerance as packed, in ms."""
    _, _, interval, tolerance, *_ = map(float, pack_policy(policy).split())
    return interval, tolerance


def test_a_policy_is_packed_into_ten_columns() -> None:
    """In the order in which the scripts take them apart."""
    packed = pack_policy(Policy(concurrency=8, breaker=Breaker(0.25, 10, 60.0, 3, 1.5, 20.0)))
    assert packed == "8 0 0 0 0.25 10 60000 3 1500 20000"
    assert pack_policy(Policy(breaker=None)) == f"{MOST_IN_FLIGHT} 1 0 0 0 0 0 0 0 0"


@pytest.mark.parametrize("rate", [Rate(1, 1.0), Rate(50, 1.0), Rate(5000, 1.0), Rate(1000, 60.0), Rate(7, 3600.0)])
@pytest.mark.parametrize("burst", [1, 10])
def test_no_period_ever_holds_more_than_the_rate_and_the_burst_and_at_least_95_percent_are_used(
    rate: Rate, burst: int
) -> None:
    """Attempt n may start at its token less the tolerance: so `count + burst` of them span a whole period at least."""
    interval, tolerance = rate_of(Policy(rate=rate, burst=burst))
    assert (rate.count + burst - 1) * interval - tolerance >= rate.per * 1000 - 1e-3
    assert rate.per * 1000 / interval >= 0.95 * rate.count


def test_a_token_may_be_fetched_twenty_milliseconds_late_without_being_lost() -> None:
    """Drains have other things to do as well."""
    assert rate_of(Policy(rate=Rate(50, 1.0)))[1] >= 20


@pytest.mark.parametrize(
    ("flow", "due", "waiting", "until"),
    [
        (Flow(), -5, Waiting.DUE, None),
        (Flow(), 700, Waiting.BACKOFF, 700),
        (OPEN, -5, Waiting.BREAKER_OPEN, 5000),
        (OPEN, 700, Waiting.BREAKER_OPEN, 5000),
        (OPEN, 9000, Waiting.BACKOFF, 9000),
        (PROBING, -5, Waiting.BREAKER_OPEN, None),
        (PROBING, 700, Waiting.BACKOFF, 700),
        (RATED, -5, Waiting.RATE_LIMITED, 20),
        (RATED, 700, Waiting.BACKOFF, 700),
        (Flow(paused="why", breaker=BreakerState.OPEN, reopen_at=NOW + 5000), -5, Waiting.PAUSED, None),
    ],
)
def test_what_takes_longest_is_what_a_delivery_waits_for(
    flow: Flow, due: int, waiting: Waiting, until: int | None
) -> None:
    """And until when is known, except of a pause and of an attempt under way."""
    assert flow.waiting(NOW + due, NOW) is waiting
    assert flow.waiting_until(NOW + due, NOW) == (None if until is None else NOW + until)
