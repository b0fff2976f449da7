"""Books of a chaos run made up for a test: everything agrees until a test spoils something."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from outhaul_ledger.flow import Flow
from outhaul_ledger.model import State
from outhaul_ledger.record import DeliveryRecord, EventRecord
from outhaul_ledger.survey import Standing, Survey
from outhaul_ops.chaos.books import Evidence, LedgerBook
from outhaul_ops.chaos.journal import Arrival, Handed
from outhaul_ops.chaos.scene import SHAPES, UNKNOWN

NARROW = next(i for i, shape in enumerate(SHAPES) if shape.type == "custom.narrow")
LINED = next(i for i, shape in enumerate(SHAPES) if "ordered" in shape.wanted)
NAMED = next(i for i, shape in enumerate(SHAPES) if UNKNOWN in shape.wanted)


def handed(event_id: str, at: float, shape: int = NARROW, **changes: Any) -> Handed:
    """An event that was acknowledged a hundredth of a second after its intent."""
    return replace(Handed(event_id, shape, False, at, at + 0.01), **changes)


def delivery(destination: str, state: State = State.DELIVERED, **changes: Any) -> DeliveryRecord:
    """A delivery after one attempt."""
    return replace(DeliveryRecord(destination, state, 1, 1, 0, 0, 0, False, 200, "", "", "HTTP 200"), **changes)


def line(attempt: int, *, destination: str = "steady", marked: bool = False) -> dict[str, Any]:
    """A line of the attempt log."""
    return {"destination": destination, "attempt": attempt, "possible_duplicate": marked}


def record(event_id: str, deliveries: Iterable[DeliveryRecord], *lines: Mapping[str, Any]) -> EventRecord:
    """An event that was fanned out."""
    kept = {each.destination: each for each in deliveries}
    logs = {name: tuple(dict(each) for each in lines if each["destination"] == name) for name in kept}
    return EventRecord(event_id, "custom.narrow", "/", 0, True, kept, logs, {}, {}, None, None, 0)


def arrival(event_id: str, at: float, attempt: int = 1, *, destination: str = "steady", taken: bool = True) -> Arrival:
    """A request that arrived."""
    return Arrival(at, destination, event_id, attempt, taken)


def survey(records: Iterable[EventRecord]) -> Survey:
    """The counters that agree with these records."""
    found: dict[str, Counter[State]] = {}
    for each in records:
        for name, one in each.deliveries.items():
            found.setdefault(name, Counter())[one.state] += 1
    return Survey(0, {name: standing(name, counts) for name, counts in found.items()})


def standing(name: str, counts: Mapping[State, int]) -> Standing:
    """A destination with these deliveries."""
    get = Counter(counts)
    kept = (get[State.DEAD], get[State.HELD])
    ended = (get[State.DELIVERED], get[State.SKIPPED], get[State.CANCELLED])
    return Standing(name, get[State.PENDING], get[State.LEASED], *kept, None, Flow(), sum(get.values()), *ended)


def evidence(hands: Iterable[Handed], arrivals: Iterable[Arrival], records: Iterable[EventRecord]) -> Evidence:
    """Put three books together."""
    records = list(records)
    book = LedgerBook({each.event_id: each for each in records}, survey(records))
    return Evidence({each.event_id: each for each in hands}, list(arrivals), book)
