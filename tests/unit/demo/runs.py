"""Runs of the demo that went as its sample says, for the tests to spoil."""

from outhaul_ops.demo.scenario import Expectation, Place, Scenario
from outhaul_ops.demo.sighting import Result, Sighting
from outhaul_ops.simulators.record import Entry, Fate


def as_expected(scenario: Scenario) -> Result:
    """Make the result of a run in which everything went as it must."""
    received: dict[str, tuple[Entry, ...]] = dict.fromkeys(scenario.vendors, ())
    for place, expectation in scenario.expected.items():
        received[place.destination] += tuple(entries(scenario, place, expectation))
    notes = {place: each.note for place, each in scenario.expected.items() if each.note}
    return Result(scenario.repeated, scenario.dead_letters, Sighting(scenario.endings, {}, notes, 0), received)


def entries(scenario: Scenario, place: Place, expectation: Expectation) -> list[Entry]:
    """Record a delivery as its vendor does when all is well."""
    last = len(expectation.fates) - 1
    return [
        entry(scenario, place, fate, expectation.remark if number == last else "")
        for number, fate in enumerate(expectation.fates)
    ]


def entry(scenario: Scenario, place: Place, fate: Fate, remark: str = "") -> Entry:
    """Record one request about an event."""
    return Entry(
        number=1,
        received_at=0.0,
        event=scenario.expected[place].name,
        event_id=place.event_id,
        key=place.event_id,
        occurred_at=scenario.occurred_at(place.event_id),
        fate=fate,
        status=200,
        reason=remark,
        body=b"{}",
    )
