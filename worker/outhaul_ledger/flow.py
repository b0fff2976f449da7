"""What holds a destination's deliveries back: the policy the scripts go by, and how they describe what it comes to."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from outhaul_config.policy import MOST_IN_FLIGHT, Breaker, Policy, Rate

CATCH_UP_MS = 20
"""By how much a token may be fetched late without being lost."""


class Waiting(StrEnum):
    """Why a delivery is not being attempted at this moment."""

    BACKOFF = "backoff"
    DELAYED = "delayed"
    BREAKER_OPEN = "breaker_open"
    RATE_LIMITED = "rate_limited"
    PAUSED = "paused"
    ORDER = "order"
    DUE = "due"


class BreakerState(StrEnum):
    """Where a destination's breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Flow:
    """How a destination's lane stood at the moment of reading. Times are Unix ms.

    Args:
        paused: why a person or an answer has paused it, else empty.
        limit: how many deliveries may be in flight now; None where no worker has configured the destination.
        breaker: half open while the one attempt that decides is under way.
        reopen_at: when an open breaker lets that attempt through, else 0.
        next_token: from when on the rate allows an attempt, 0 without a rate.
        slow: it answers slowly, has not answered in time, or never has answered.
    """

    paused: str = ""
    limit: int | None = None
    breaker: BreakerState = BreakerState.CLOSED
    reopen_at: int = 0
    next_token: int = 0
    slow: bool = True

    @classmethod
    def read(cls, described: list[Any]) -> "Flow":
        """Read what the scripts answer for a destination."""
        paused, limit, reopen_at, probing, next_token, slow = described
        state = BreakerState.HALF_OPEN if probing else BreakerState.OPEN if reopen_at else BreakerState.CLOSED
        return cls(paused.decode(), limit if limit >= 0 else None, state, reopen_at, next_token, bool(slow))

    def waiting(self, due: int, now: int) -> Waiting:
        """Say what a delivery that is next due at `due` waits for: that which takes longest."""
        if self.paused:
            return Waiting.PAUSED
        if self.breaker is not BreakerState.CLOSED and due <= max(self.reopen_at, now):
            return Waiting.BREAKER_OPEN
        if self.next_token > now and due <= self.next_token:
            return Waiting.RATE_LIMITED
        return Waiting.BACKOFF if due > now else Waiting.DUE

    def waiting_until(self, due: int, now: int) -> int | None:
        """Say until when it waits; None where that is open: until somebody resumes it, or a worker comes to it."""
        moments = {Waiting.BREAKER_OPEN: self.reopen_at, Waiting.RATE_LIMITED: self.next_token, Waiting.BACKOFF: due}
        until = moments.get(self.waiting(due, now), 0)
        return until if until > now else None


def pack_policy(policy: Policy) -> str:
    """Return the part of a policy that the scripts enforce, as they read it."""
    interval, tolerance = _pacing(policy.rate, policy.burst)
    adaptive = policy.concurrency == "auto"
    limits = (
        MOST_IN_FLIGHT if adaptive else policy.concurrency,
        int(adaptive),
        f"{interval:.12g}",
        f"{tolerance:.12g}",
    )
    return " ".join(map(str, (*limits, *_rules(policy.breaker))))


def _pacing(rate: Rate | None, burst: int) -> tuple[float, float]:
    """Return the time from token to token and how far ahead of the clock they may run, both in ms.

    Tokens come a little further apart than the rate says, by just as much as a late one may be made up for: so in no
    period do more than `count + burst - 1` attempts start, and that many do even where every drain looks late.
    """
    if rate is None:
        return 0.0, 0.0
    period = rate.per * 1000
    interval = (period + CATCH_UP_MS) / rate.count
    return interval, CATCH_UP_MS + (burst - 1) * interval


def _rules(breaker: Breaker | None) -> tuple[object, ...]:
    if breaker is None:
        return (0,) * 6
    counts = (f"{breaker.failure_ratio:g}", breaker.min_attempts, _ms(breaker.window), breaker.connection_failures)
    return (*counts, _ms(breaker.open_for), _ms(breaker.open_cap))


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))
