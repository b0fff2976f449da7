"""When a failed delivery is tried again."""

import random

import pytest

from outhaul_config.policy import Retry
from outhaul_worker.retry import ceiling, next_delay

DRAW = random.Random(11)


@pytest.mark.parametrize(("tries", "longest"), [(1, 5), (2, 15), (3, 45), (9, 21_600), (5_000, 21_600)])
def test_the_backoff_grows_exponentially_up_to_its_cap(tries: int, longest: float) -> None:
    """base * factor ** (tries - 1), never above the cap, whatever the number of tries."""
    assert ceiling(Retry(base=5, factor=3, cap=21_600), tries) == longest


def test_full_jitter_uses_the_whole_range() -> None:
    """Waits spread over [0, ceiling], so that deliveries that failed together do not come back together."""
    waits = [next_delay(Retry(base=100, factor=1), 1, DRAW) or 0 for _ in range(2000)]
    assert min(waits) < 5
    assert max(waits) > 95
    assert 45 < sum(waits) / len(waits) < 55


def test_a_schedule_is_followed_within_a_fifth() -> None:
    """The n-th wait is the n-th entry +-20 %."""
    retry = Retry(schedule=(60, 180))
    waits = [next_delay(retry, 2, DRAW) or 0 for _ in range(500)]
    assert 144 <= min(waits) < 150
    assert 210 < max(waits) <= 216


@pytest.mark.parametrize(("retry", "last"), [(Retry(max_attempts=3), 3), (Retry(schedule=(1, 1)), 3)])
def test_the_last_try_has_no_next(retry: Retry, last: int) -> None:
    """max_attempts counts all tries; a schedule of n waits allows n + 1 tries."""
    assert next_delay(retry, last - 1, DRAW) is not None
    assert next_delay(retry, last, DRAW) is None
