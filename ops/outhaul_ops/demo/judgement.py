"""Whether a run ended as the sample says it must: in the ledger, and by the vendors' own records."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeVar

from outhaul_ops.demo.scenario import Expectation, Place, Scenario, Standing
from outhaul_ops.demo.sighting import Result
from outhaul_ops.simulators.record import Entry, Fate

T = TypeVar("T")


def discrepancies(scenario: Scenario, result: Result) -> list[str]:
    """Say one by one what is not as expected; nothing when all is."""
    return [
        *_wrong_receipts(scenario, result),
        *_differences("dead letter", scenario.dead_letters, result.dead_letters),
        *_differences("delivery", scenario.endings, result.sighting.standings),
        *_wrong_notes(scenario, result),
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


def _wrong_notes(scenario: Scenario, result: Result) -> Iterator[str]:
    for place, expectation in scenario.expected.items():
        note = result.sighting.notes.get(place, "")
        if place in result.sighting.standings and not _says(note, expectation.note):
            yield f"note on {place}: expected {_or_none(expectation.note)}, got {_or_none(note)}"


def _wrong_arrivals(scenario: Scenario, destination: str, result: Result) -> Iterator[str]:
    strangers = list(result.received.get(destination, ()))
    for place, expectation in scenario.expected.items():
        if place.destination != destination:
            continue
        about = [entry for entry in strangers if _is_about(scenario, place, entry)]
        strangers = [entry for entry in strangers if entry not in about]
        yield from _wrong_records(place, expectation, about)
    for entry in strangers:
        yield f"vendor of {destination}: expected nothing but the sample, got {entry.event} {entry.key}"


def _is_about(scenario: Scenario, place: Place, entry: Entry) -> bool:
    """Whether a vendor's entry is about an event: by its name, and by its id and time as far as the vendor has them."""
    if entry.event != scenario.expected[place].name:
        return False
    if entry.event_id != place.event_id and entry.event_id in scenario.event_ids:
        return False
    return entry.occurred_at in (None, scenario.occurred_at(place.event_id))


def _wrong_records(place: Place, expectation: Expectation, about: list[Entry]) -> Iterator[str]:
    fates = tuple(entry.fate for entry in about)
    if fates != expectation.fates:
        yield f"vendor of {place}: expected {_told(expectation.fates)}, got {_told(fates)}"
    elif about and not _says(about[-1].reason, expectation.remark):
        remark = about[-1].reason
        yield f"vendor of {place}: expected it to remark {_or_none(expectation.remark)}, got {_or_none(remark)}"


def _says(text: str, words: str) -> bool:
    """Whether a text holds the words, or is empty where there are none."""
    return words in text if words else not text


def _told(fates: tuple[Fate, ...]) -> str:
    return ", ".join(fates) or "no request"


def _listed(counted: Counter[str]) -> str:
    return ", ".join(sorted(counted.elements())) or "none"


def _or_none(value: T | None) -> T | str:
    return value or "none"
