"""The guard against sending the same event twice in a short while."""

from collections import deque
from dataclasses import dataclass, field
from hashlib import blake2b

GUARDED_SECONDS = 60

_Print = tuple[str, str, bytes]


@dataclass(slots=True)
class Repetitions:
    """Remembers type, key and body of every event for a minute; a repetition does not make it longer."""

    _known: set[_Print] = field(default_factory=set)
    _ending: deque[tuple[float, _Print]] = field(default_factory=deque)

    def repeated(self, event_type: str, key: str, body: bytes, now: float) -> bool:
        """Whether the same came within the last minute before `now` (Unix seconds); if not, it is remembered."""
        self._forget(now)
        fingerprint = (event_type, key, blake2b(body, digest_size=16).digest())
        if fingerprint in self._known:
            return True
        self._known.add(fingerprint)
        self._ending.append((now + GUARDED_SECONDS, fingerprint))
        return False

    def _forget(self, now: float) -> None:
        while self._ending and self._ending[0][0] <= now:
            self._known.remove(self._ending.popleft()[1])
