"""The two books that are written outside the ledger: what producers handed over, and what receivers got.

Both are text, a line an entry, written with one `write` each before anything else happens, so that a process that is
killed leaves whole lines.
"""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path


class Word(StrEnum):
    """What a producer notes."""

    INTENT = "intent"
    """It is about to hand an event over."""
    ACKNOWLEDGED = "acknowledged"
    """`enqueue_event` returned."""
    REFUSED = "refused"
    """`enqueue_event` raised; the event may be stored all the same."""


class Appender:
    """Appends entries to a file, each call one `write` to the operating system."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, *entries: Sequence[object]) -> None:
        """Append entries with the time of now, Unix seconds."""
        now = time.time()
        text = "".join(f"{now:.6f} {' '.join(map(str, entry))}\n" for entry in entries)
        os.write(self._file, text.encode())


@dataclass(frozen=True, slots=True)
class Handed:
    """One event in a producer's book. Times are Unix seconds; `acknowledged_at` is the first, None without any.

    `durable` says that its producer waits for the server's disk.
    """

    event_id: str
    shape: int
    durable: bool
    intended_at: float
    acknowledged_at: float | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request in the receivers' book. `taken` says that the receiver accepted it, whatever became of its answer."""

    at: float
    destination: str
    event_id: str
    attempt: int
    taken: bool


def read_handed(path: Path, *, durable: bool) -> dict[str, Handed]:
    """Read one producer's book, by event id.

    Raises:
        ValueError: a line is none of a producer's.
    """
    found: dict[str, Handed] = {}
    for at, word, event_id, *rest in _lines(path):
        known = found.get(event_id)
        if word == Word.INTENT and known is None:
            found[event_id] = Handed(event_id, int(rest[0]), durable, float(at))
        elif known is None:
            raise ValueError(f"{path}: {word} {event_id} without an intent")
        elif Word(word) is Word.ACKNOWLEDGED and known.acknowledged_at is None:
            found[event_id] = replace(known, acknowledged_at=float(at))
    return found


def read_arrivals(path: Path) -> list[Arrival]:
    """Read the receivers' book, in order of arrival."""
    return [
        Arrival(float(at), destination, event_id, int(attempt), treatment == "taken")
        for at, destination, event_id, attempt, treatment in _lines(path)
    ]


def unacknowledged(book: Iterable[Handed]) -> list[Handed]:
    """The events whose producer does not know whether they are stored."""
    return [each for each in book if each.acknowledged_at is None]


def _lines(path: Path) -> Iterator[list[str]]:
    if path.exists():
        with path.open() as lines:
            yield from (line.split() for line in lines)
