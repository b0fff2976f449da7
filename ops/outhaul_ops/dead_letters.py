"""Finding dead letters and held deliveries, however many there are: one page of them is in memory at a time."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import orjson

from outhaul_config.redaction import redact
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import State
from outhaul_ledger.record import EventRecord
from outhaul_ledger.survey import KeptEntry, Standing
from outhaul_ops.moments import PointInTime, rfc3339

PAGE = 500  # entries read at once

Batches = Iterator[list[KeptEntry]]


@dataclass(frozen=True, slots=True)
class Reach:
    """The span of time, in Unix ms and including both ends, in which an entry must have been kept."""

    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Selection:
    """What an operator asks for; what is left empty restricts nothing.

    Args:
        state: DEAD, or HELD for deliveries with an ambiguous outcome.
        destinations: names.
        types: event types, or patterns such as `order.*`.
        reasons: texts, of which the reason must contain one; case does not matter.
        events: event ids.
        since: the earliest time of death.
        until: the latest.
        limit: the most entries.
    """

    state: State = State.DEAD
    destinations: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    since: PointInTime | None = None
    until: PointInTime | None = None
    limit: int | None = None

    @property
    def unrestricted(self) -> bool:
        """True when only state and destinations restrict it."""
        return not (self.types or self.reasons or self.events or self.since or self.until or self.limit)

    def matches(self, entry: KeptEntry) -> bool:
        """Say whether an entry of one of the destinations has a type and a reason that were asked for."""
        reason = entry.delivery.reason.lower()
        return (not self.types or any(fnmatchcase(entry.type, pattern) for pattern in self.types)) and (
            not self.reasons or any(text.lower() in reason for text in self.reasons)
        )

    def reach(self, now: float) -> Reach:
        """Return the span that is meant when it is `now` (Unix ms); nothing later than that."""
        since = self.since.before(now) if self.since else 0.0
        return Reach(since, min(now, self.until.before(now)) if self.until else now)

    def digest(self) -> str:
        """Return a text that is the same for selections that mean the same, whatever the order they were given in."""
        parts: list[Any] = [
            self.state,
            *(sorted(set(names)) for names in (self.destinations, self.types, self.reasons, self.events)),
            *(point and str(point) for point in (self.since, self.until)),
            self.limit,
        ]
        return hashlib.sha256(orjson.dumps(parts)).hexdigest()


def reach_now(ledger: Ledger, selection: Selection) -> Reach:
    """Return the span that a selection means by the server's clock."""
    # The clock is read in whole milliseconds, rounded down; what died in this one is in.
    return selection.reach(ledger.survey().now + 1)


def batches(ledger: Ledger, selection: Selection, reach: Reach, *, most: int = PAGE) -> Batches:
    """Yield what matches in batches of at most `most`, by destination, the oldest first.

    A batch is read when it is asked for, so that it is fresh; taking its entries off the shelf does not disturb the
    next one.
    """
    left = selection.limit if selection.limit is not None else float("inf")
    for take in _takers(ledger, selection, reach):
        while left > 0 and (found := take(int(min(most, left)))):
            left -= len(found)
            yield found


def count(ledger: Ledger, selection: Selection) -> dict[str, int]:
    """Return how many match now, by destination; one without any is left out unless it was asked for."""
    counted = Counter(dict.fromkeys(selection.destinations, 0))
    if selection.unrestricted:
        counted.update({each.destination: _kept(each, selection.state) for each in _standings(ledger, selection)})
        return dict(counted)
    for batch in batches(ledger, selection, reach_now(ledger, selection)):
        counted.update(entry.delivery.destination for entry in batch)
    return dict(counted)


def discard(ledger: Ledger, found: Batches) -> Iterator[int]:
    """Give entries up for good, batch by batch; yields how many of each batch still were dead or held."""
    for batch in found:
        yield sum(ledger.discard(pairs(batch)))


def described(entry: KeptEntry) -> dict[str, Any]:
    """Return an entry as JSON types; its reason is redacted, and nothing of the event's body is in it."""
    delivery = entry.delivery
    return {
        "destination": delivery.destination,
        "event_id": entry.event_id,
        "type": entry.type,
        "state": delivery.state,
        "since": rfc3339(entry.since),
        "attempts": delivery.attempts,
        "last_status": delivery.status or None,
        "reason": redact(delivery.reason),
        "possible_duplicate": delivery.possible_duplicate,
    }


def pairs(entries: Sequence[KeptEntry]) -> list[tuple[str, str]]:
    """Return `(destination, event id)` of each entry, as the ledger's operations take them."""
    return [(entry.delivery.destination, entry.event_id) for entry in entries]


class _Shelf:
    """Goes once through a destination's dead letters or held deliveries, oldest first, while others change them."""

    def __init__(self, ledger: Ledger, selection: Selection, destination: str, reach: Reach) -> None:
        self._ledger = ledger
        self._selection = selection
        self._destination = destination
        self._at = reach.since
        self._until = reach.until
        self._passed: set[str] = set()

    def take(self, most: int) -> list[KeptEntry]:
        """Return the next matching entries, at least one and at most `most`; none at the end."""
        size = most
        while True:
            page = self._read(size)
            # Entries kept at the same instant are told apart by name. A number to pass over would be wrong as soon as
            # one of them leaves the shelf.
            fresh = [entry for entry in page if entry.event_id not in self._passed]
            found = self._go_through(fresh, most)
            if found or len(page) < size:
                return found
            size = min(2 * size, PAGE) if fresh else 2 * size

    def _read(self, size: int) -> list[KeptEntry]:
        return self._ledger.kept(
            self._selection.state, self._destination, since=self._at, until=self._until, passing=0, most=size
        )

    def _go_through(self, entries: list[KeptEntry], most: int) -> list[KeptEntry]:
        found: list[KeptEntry] = []
        for entry in entries:
            if entry.since != self._at:
                self._at = entry.since
                self._passed.clear()
            self._passed.add(entry.event_id)
            if self._selection.matches(entry):
                found.append(entry)
            if len(found) == most:
                break
        return found


def _takers(ledger: Ledger, selection: Selection, reach: Reach) -> Iterator[Callable[[int], list[KeptEntry]]]:
    if selection.events:
        for event_id in dict.fromkeys(selection.events):
            yield _of_event(ledger, selection, event_id, reach)
        return
    for standing in _standings(ledger, selection):
        yield _Shelf(ledger, selection, standing.destination, reach).take


def _of_event(ledger: Ledger, selection: Selection, event_id: str, reach: Reach) -> Callable[[int], list[KeptEntry]]:
    entries = _entries_of(ledger.status(event_id), selection.state)
    found = [entry for entry in entries if _is_within(entry, selection, reach)]

    def take(most: int) -> list[KeptEntry]:
        taken, found[:] = found[:most], found[most:]
        return taken

    return take


def _entries_of(record: EventRecord | None, state: State) -> list[KeptEntry]:
    if record is None:
        return []
    return [
        KeptEntry(record.event_id, delivery.due, record.type, delivery)
        for delivery in record.deliveries.values()
        if delivery.state is state
    ]


def _is_within(entry: KeptEntry, selection: Selection, reach: Reach) -> bool:
    destination = entry.delivery.destination
    wanted = destination in (selection.destinations or [destination])
    return wanted and reach.since <= entry.since <= reach.until and selection.matches(entry)


def _standings(ledger: Ledger, selection: Selection) -> list[Standing]:
    return [
        standing
        for name, standing in ledger.survey().standings.items()
        if name in (selection.destinations or [name]) and _kept(standing, selection.state)
    ]


def _kept(standing: Standing, state: State) -> int:
    return standing.dead if state is State.DEAD else standing.held
