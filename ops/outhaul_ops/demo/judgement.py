"""Whether a run ended as the sample says it must: in the ledger, and by the vendors' own records."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeVar

from outhaul_ops.demo.scenario import Place, Scenario, Standing
from outhaul_ops.demo.sighting import Result
from outhaul_ops.simulators.record import Entry, Fate

T = TypeVar("T")


def discrepancies(scenario: Scenario, result: Result) -> list[str]:
    """Say one by one what is not as expected; nothing when all is."""
    return [
        *_wrong_receipts(scenario, result),
        *_differences("dead letter", scenario.dead_letters, result.dead_letters),
        *_differences("delivery", scenario.endings, result.sighting.standings),
        *(line for name in scenario.destinations for line in _wrong_arrivals(scenario, name, result)),
    ]


def _wrong_receipts(scenario: Scenario, result: Result) -> Iterator[str]:
    expected, got = Counter(scenario.repeated), Counter(result.repeated)
    if expected != got:
        yield f"repeated lines: expected {_listed(expected)} to be answered as duplicates, got {_listed(got)}"


def _differences(what: str, expected: Mapping[Place, Standing], got: Mapping[Place, Standing]) -> Iterator[str]:
    for place in dict.fromkeys((*expected, *got)):
        if expected.get(place) != got.get(place):
            yield f"{what} {place}: expected {_or_none(expected.get(place))}, got {_or_none(got.get(place))}"


def _wrong_arrivals(scenario: Scenario, destination: str, result: Result) -> Iterator[str]:
    strangers = list(result.received.get(destination, ()))
    for place, standing in scenario.endings.items():
        if place.destination != destination:
            continue
        about = _about(scenario, place, strangers)
        strangers = [entry for entry in strangers if entry not in about]
        fates = Counter(entry.fate for entry in about)
        if fates != _expected_fates(scenario, place, standing):
            yield f"vendor of {place}: expected {_told(_expected_fates(scenario, place, standing))}, got {_told(fates)}"
    for entry in strangers:
        yield f"vendor of {destination}: expected nothing but the sample, got {entry.event} {entry.key}"


def _about(scenario: Scenario, place: Place, entries: list[Entry]) -> list[Entry]:
    """Find an event at its vendor, who knows it by name and time: not every vendor is sent the event's id."""
    known_by = (scenario.stored_as.get(place), scenario.occurred_at(place.event_id))
    return [entry for entry in entries if (entry.event, entry.occurred_at) == known_by]


def _expected_fates(scenario: Scenario, place: Place, standing: Standing) -> Counter[Fate]:
    """Every attempt reached the vendor; the last one left the event there, the ones before left nothing."""
    stored = int(place in scenario.stored_as)
    return +Counter({Fate.STORED: stored, Fate.DROPPED: standing.attempts - stored})


def _told(fates: Counter[Fate]) -> str:
    return ", ".join(f"{fate} {fates[fate]}" for fate in Fate if fates[fate]) or "no request"


def _listed(counted: Counter[str]) -> str:
    return ", ".join(sorted(counted.elements())) or "none"


def _or_none(standing: Standing | None) -> str:
    return str(standing) if standing else "none"
