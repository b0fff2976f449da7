"""Finding dead letters and held deliveries, however many there are: one page of them is in memory at a time."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import orjson

from outhaul_config.moments import PointInTime, rfc3339
from outhaul_config.redaction import redact
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import State
from outhaul_ledger.record import EventRecord
from outhaul_ledger.survey import KeptEntry, Standing

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


@dataclass(frozen=True, slots=True)
class Position:
    """How far a walk over dead letters has got: behind the entry `event_id`, kept at `since` by `destination`.

    Entries are in the order of these three. It holds still while entries come and go: one that is there throughout is
    met once, whatever happens to the others.
    """

    destination: str = ""
    since: float = 0.0
    event_id: str = ""

    def is_before(self, entry: KeptEntry) -> bool:
        """Say whether an entry is still to come."""
        return (self.destination, self.since, self.event_id) < _place(entry)


class Page(NamedTuple):
    """What a step of a walk met, and where it goes on; None at the end. A page may be empty and not the last."""

    entries: list[KeptEntry]
    position: Position | None


def walk(ledger: Ledger, selection: Selection, reach: Reach, position: Position, *, most: int, look: int) -> Page:
    """Go on from a position: return at most `most` entries that match, having looked at about `look` at most."""
    walker = _Walker(ledger, selection, reach, most, look)
    if selection.events:
        return walker.over_events(position)
    return walker.over_shelves(position)


def batches(ledger: Ledger, selection: Selection, reach: Reach, *, most: int = PAGE) -> Batches:
    """Yield what matches in batches of at most `most`, by destination, the oldest first.

    A batch is read when it is asked for, so that it is fresh; taking its entries off the shelf does not disturb the
    next one.
    """
    left = selection.limit if selection.limit is not None else float("inf")
    position: Position | None = Position()
    while position and left > 0:
        page = walk(ledger, selection, reach, position, most=int(min(most, left)), look=PAGE)
        position = page.position
        left -= len(page.entries)
        if page.entries:
            yield page.entries


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


class _Walker:
    """Takes one step of a walk."""

    def __init__(self, ledger: Ledger, selection: Selection, reach: Reach, most: int, look: int) -> None:
        self._ledger = ledger
        self._selection = selection
        self._reach = reach
        self._most = most
        self._look = look
        self._found: list[KeptEntry] = []
        self._looked = 0

    def over_events(self, position: Position) -> Page:
        """Look at the named events."""
        records = (self._ledger.status(event_id) for event_id in dict.fromkeys(self._selection.events))
        entries = [entry for record in records for entry in _entries_of(record, self._selection.state)]
        entries = [entry for entry in entries if _is_within(entry, self._selection, self._reach)]
        return self._taken(sorted(filter(position.is_before, entries), key=_place))

    def over_shelves(self, position: Position) -> Page:
        """Look at the shelves of one destination after the other."""
        names = [each.destination for each in _standings(self._ledger, self._selection)]
        for name in (each for each in names if each >= position.destination):
            start = position if name == position.destination else Position(name, self._reach.since)
            page = self._over_shelf(start)
            if page.position:
                return page
        return Page(self._found, None)

    def _over_shelf(self, position: Position) -> Page:
        size = min(PAGE, self._most)
        while True:
            fetched = self._read(position, size)
            # What stands at the very instant of the position may lie before it. A number to pass over would be wrong as
            # soon as one of those leaves the shelf.
            fresh = [entry for entry in fetched if position.is_before(entry)]
            page = self._taken(fresh)
            if page.position:
                return page
            if len(fetched) < size:
                return Page(self._found, None)
            position = _at(fresh[-1]) if fresh else position
            size = min(2 * size, PAGE) if fresh else 2 * size

    def _taken(self, entries: list[KeptEntry]) -> Page:
        for entry in entries:
            self._looked += 1
            if self._selection.matches(entry):
                self._found.append(entry)
            if len(self._found) == self._most or self._looked >= self._look:
                return Page(self._found, _at(entry))
        return Page(self._found, None)

    def _read(self, position: Position, size: int) -> list[KeptEntry]:
        since, until = position.since, self._reach.until
        return self._ledger.kept(self._selection.state, position.destination, since=since, until=until, most=size)


def _place(entry: KeptEntry) -> tuple[str, float, str]:
    return entry.delivery.destination, entry.since, entry.event_id


def _at(entry: KeptEntry) -> Position:
    return Position(*_place(entry))


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
