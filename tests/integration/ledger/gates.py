"""An independent reading of what holds a destination's lane back, from the fields that the scripts keep in its hash."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

SLOW_MS = 1000
CHUNK_MS = 10


@dataclass(frozen=True)
class Gates:
    """Times are ms of the server's clock.

    Args:
        limit: how many may be in flight.
        token_at: from when on the rate allows one.
        tokens: how many it allows at once.
        looked_for_at: when a lane that waits for the rate is looked at.
        reopen_at: when an open breaker lets a probe through; 0 when closed.
        probe: the event whose attempt decides, else empty.
        slow: whether the lane is one of the slow ones.
    """

    limit: float = math.inf
    token_at: float = 0.0
    tokens: float = math.inf
    looked_for_at: float = 0.0
    reopen_at: float = 0.0
    probe: str = ""
    slow: bool = True

    def probing(self, inflight: Mapping[str, float], now: float) -> bool:
        """Whether a probe is under way."""
        return self.reopen_at > 0 and inflight.get(self.probe, 0.0) > now

    def breaker_at(self, inflight: Mapping[str, float]) -> float:
        """When the breaker lets the next one through."""
        return inflight.get(self.probe, self.reopen_at) if self.reopen_at else 0.0

    def admits(self, inflight: Mapping[str, float], now: float) -> float:
        """How many attempts rate and breaker let start now."""
        if self.breaker_at(inflight) > now:
            return 0
        return min(self.tokens, 1 if self.reopen_at else math.inf)


def read_gates(settings: Mapping[str, str], now: float) -> Gates:
    """Read a destination's hash."""
    if "policy" not in settings:
        return Gates(slow=_pace(settings) < 0 or _pace(settings) > SLOW_MS)
    most, adaptive, interval, tolerance, _, minimum, *_ = map(float, settings["policy"].split())
    window = float(settings.get("window", "0").split()[0])
    limit = max(1, min(most, math.floor(window))) if window else (1 if adaptive else most)
    arrival = float(settings.get("arrival", 0))
    token_at = arrival - tolerance if interval else 0.0
    tokens = math.floor((tolerance - max(arrival - now, 0)) / interval) + 1 if interval else math.inf
    return Gates(
        limit=limit,
        token_at=token_at,
        tokens=max(0, tokens),
        looked_for_at=token_at + max(0, CHUNK_MS - interval) if interval else 0.0,
        reopen_at=float(settings.get("breaker", "0").split()[0]) if minimum else 0.0,
        probe=settings.get("probe", ""),
        slow=_pace(settings) < 0 or _pace(settings) > SLOW_MS,
    )


def _pace(settings: Mapping[str, str]) -> float:
    return float(settings.get("window", "0 0 0 -1").split()[3])
