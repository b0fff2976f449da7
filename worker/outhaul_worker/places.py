"""The places of a drain: which attempts are in flight, and how many more there may be.

There are two windows of the same size. One is for lanes that answer quickly, one for all others: lanes that are slow,
that timed out lately, or that were never heard of. So whatever those do, the quick ones keep their places.
"""

from collections import deque
from collections.abc import Hashable
from typing import NamedTuple

from outhaul_worker.attempt import Attempt

OVERSTAY_SECONDS = 1.0
"""How long an attempt of a quick lane may take before it has to leave the quick window; such a lane is slow now."""


class Room(NamedTuple):
    """How many more attempts may start: of quick lanes, and of slow ones."""

    quick: int
    slow: int


class Places:
    """Holds the attempts in flight of one drain, each in one of its two windows of `window` places."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._attempts: dict[Hashable, Attempt] = {}
        self._quick: set[Hashable] = set()
        self._arrivals: deque[tuple[float, Hashable]] = deque()

    def __len__(self) -> int:
        return len(self._attempts)

    def take(self, key: Hashable, attempt: Attempt, now: float) -> None:
        """Give an attempt that starts at `now` (seconds of any steady clock) its place."""
        self._attempts[key] = attempt
        if not attempt.lease.slow:
            self._quick.add(key)
            self._arrivals.append((now, key))

    def leave(self, key: Hashable) -> Attempt | None:
        """Take an attempt out that has ended; None when it has no place here."""
        self._quick.discard(key)
        return self._attempts.pop(key, None)

    def room(self) -> Room:
        """Count the free places. Overstayers may fill more than the slow window; the whole is never more than both."""
        free = 2 * self._window - len(self)
        slow = len(self) - len(self._quick)
        return Room(max(0, min(self._window - len(self._quick), free)), max(0, min(self._window - slow, free)))

    def overstayers(self, now: float) -> set[str]:
        """Move attempts that stay too long out of the quick window; return the destinations they are for."""
        found = set()
        while self._arrivals and (self._arrivals[0][1] not in self._quick or self._overdue(now)):
            _, key = self._arrivals.popleft()
            if key in self._quick:
                self._quick.discard(key)
                found.add(self._attempts[key].lease.destination)
        return found

    def _overdue(self, now: float) -> bool:
        return self._arrivals[0][0] <= now - OVERSTAY_SECONDS
