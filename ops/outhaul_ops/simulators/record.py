"""What a simulator received and what became of it: the record that tests, the demo and people read."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock

import orjson

ENTRIES_KEPT = 50_000


class Fate(StrEnum):
    """What became of a request."""

    STORED = "stored"
    """Accepted, and the vendor has it."""
    DUPLICATE = "duplicate"
    """Accepted, recognised as one it already has, and stored only once."""
    NOT_STORED = "accepted_not_stored"
    """Accepted by its status, yet the vendor throws it away."""
    REFUSED = "refused"
    """Told the sender what is wrong with it."""
    DROPPED = "dropped"
    """Lost to misbehaviour: it left no trace at the vendor."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. `status` is 0 where no answer was sent; times are Unix seconds; the body is as received.

    `occurred_at` is when the vendor believes the event happened, None where the request does not say.
    """

    number: int
    received_at: float
    event: str
    event_id: str
    key: str
    occurred_at: float | None
    fate: Fate
    status: int
    reason: str
    body: bytes

    @property
    def document(self) -> object:
        """The body read as JSON, or None where it is not JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    def as_json(self) -> dict[str, object]:
        """The entry as JSON types; a body that is not JSON comes as text."""
        shown = {name: getattr(self, name) for name in self.__slots__ if name != "body"}
        document = self.document
        return {**shown, "body": self.body.decode(errors="replace") if document is None else document}


class Record:
    """All requests since the start or the last `clear`, readable from any thread.

    Counts are of everything; of the entries themselves the newest 50 000 are kept.
    """

    def __init__(self, kept: int = ENTRIES_KEPT) -> None:
        self._lock = Lock()
        self._entries: deque[Entry] = deque(maxlen=kept)
        self._fates: Counter[Fate] = Counter()
        self._arrivals: Counter[str] = Counter()
        self._number = 0

    def add(self, entry: Entry) -> None:
        """Append an entry."""
        with self._lock:
            self._entries.append(entry)
            self._fates[entry.fate] += 1
            if entry.event_id and entry.fate in _KEPT_BY_VENDOR:
                self._arrivals[entry.event_id] += 1

    def next_number(self) -> int:
        """The number of the next request, counting from 1."""
        with self._lock:
            self._number += 1
            return self._number

    def entries(self, *, fate: Fate | None = None, event_id: str = "", since: int = 0) -> list[Entry]:
        """The kept entries in order, narrowed to a fate, an event id, and numbers above `since`."""
        with self._lock:
            kept = list(self._entries)
        return [
            entry
            for entry in kept
            if (fate is None or entry.fate is fate)
            and (not event_id or entry.event_id == event_id)
            and entry.number > since
        ]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries())

    def __len__(self) -> int:
        """How many entries there were, kept or not."""
        with self._lock:
            return sum(self._fates.values())

    def count(self, fate: Fate) -> int:
        """How many requests met this fate."""
        with self._lock:
            return self._fates[fate]

    def counts(self) -> dict[str, int]:
        """How many requests met each fate."""
        with self._lock:
            return {fate.value: self._fates[fate] for fate in Fate}

    def arrivals(self, event_id: str) -> int:
        """How often an event got through, repetitions included (fates stored, duplicate, accepted_not_stored)."""
        with self._lock:
            return self._arrivals[event_id]

    def repeated(self) -> dict[str, int]:
        """The event ids that got through more than once, with how often."""
        with self._lock:
            return {event_id: times for event_id, times in self._arrivals.items() if times > 1}

    def clear(self) -> None:
        """Forget everything; numbers go on."""
        with self._lock:
            self._entries.clear()
            self._fates.clear()
            self._arrivals.clear()


_KEPT_BY_VENDOR = frozenset({Fate.STORED, Fate.DUPLICATE, Fate.NOT_STORED})
