"""When a failed delivery is tried again, and when it is given up."""

import random

from outhaul_config.policy import SCHEDULE_JITTER, Retry


def next_delay(retry: Retry, tries: int, draw: random.Random) -> float | None:
    """Return the seconds to wait after failed try number `tries`; None when that was the last one.

    Args:
        retry: the destination's schedule.
        tries: tries so far, at least 1.
        draw: where the jitter comes from.
    """
    if retry.schedule:
        if tries > len(retry.schedule):
            return None
        return retry.schedule[tries - 1] * draw.uniform(1 - SCHEDULE_JITTER, 1 + SCHEDULE_JITTER)
    if tries >= retry.max_attempts:
        return None
    return draw.uniform(0, ceiling(retry, tries))


def ceiling(retry: Retry, tries: int) -> float:
    """Return the longest exponential wait after try number `tries`, in seconds."""
    try:
        return min(retry.cap, retry.base * retry.factor ** (tries - 1))
    except OverflowError:
        return retry.cap
