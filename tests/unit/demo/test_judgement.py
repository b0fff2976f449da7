"""The demo ends well only if ledger and vendors both say what the sample says."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from outhaul_ledger.model import State
from outhaul_ops.demo.judgement import discrepancies
from outhaul_ops.demo.scenario import Place, Scenario, Standing, load_scenario
from outhaul_ops.demo.sighting import Result, Sighting
from outhaul_ops.simulators.record import Entry, Fate

TWICE = Place("ev_demo_fails_twice", "shop-hooks")
REFUSED = Place("ev_demo_refused", "remarkety-main")
ORDER = Place("ev_demo_order_created", "remarkety-main")

Doctor = Callable[[Result], Result]


@pytest.fixture
def scenario() -> Scenario:
    """The shipped one."""
    return load_scenario()


def entries(scenario: Scenario, place: Place, standing: Standing) -> list[Entry]:
    """Record a delivery as its vendor does when all is well."""
    fates = [*[Fate.DROPPED] * (standing.attempts - 1), Fate.STORED]
    return [entry(scenario, place, fate) for fate in fates]


def entry(scenario: Scenario, place: Place, fate: Fate) -> Entry:
    """Record one request about an event."""
    return Entry(
        number=1,
        received_at=0.0,
        event=scenario.stored_as[place],
        event_id=place.event_id,
        key=place.event_id,
        occurred_at=scenario.occurred_at(place.event_id),
        fate=fate,
        status=200,
        reason="",
        body=b"{}",
    )


def as_expected(scenario: Scenario) -> Result:
    """Make the result of a run in which everything went as it must."""
    received: dict[str, tuple[Entry, ...]] = dict.fromkeys(scenario.destinations, ())
    for place, standing in scenario.endings.items():
        received[place.destination] += tuple(entries(scenario, place, standing))
    return Result(scenario.repeated, scenario.dead_letters, Sighting(scenario.endings, {}, 0), received)


def ending(place: Place, standing: Standing | None) -> Doctor:
    """Change how a delivery ended in the ledger; with None there is no such delivery."""

    def doctored(result: Result) -> Result:
        others = {each: stands for each, stands in result.sighting.standings.items() if each != place}
        standings = {**others, **({place: standing} if standing else {})}
        return replace(result, sighting=replace(result.sighting, standings=standings))

    return doctored


def arrivals(place: Place, change: Callable[[list[Entry]], list[Entry]]) -> Doctor:
    """Change what a vendor recorded about one event."""

    def doctored(result: Result) -> Result:
        kept = result.received[place.destination]
        about = [entry for entry in kept if entry.event_id == place.event_id]
        others = tuple(entry for entry in kept if entry not in about)
        return replace(result, received={**result.received, place.destination: (*others, *change(about))})

    return doctored


def test_a_run_that_ended_as_expected_has_nothing_to_complain_about(scenario: Scenario) -> None:
    """The check passes what is right."""
    assert discrepancies(scenario, as_expected(scenario)) == []


@pytest.mark.parametrize(
    ("doctor", "complaint"),
    [
        (ending(TWICE, Standing(State.DELIVERED, 2, 200)), f"delivery {TWICE}: expected delivered after 3 attempts"),
        (ending(TWICE, Standing(State.PENDING, 3, 500)), "got pending after 3 attempts, last answer 500"),
        (ending(REFUSED, Standing(State.DEAD, 1, 400)), "got dead after 1 attempt, last answer 400"),
        (ending(ORDER, None), f"delivery {ORDER}: expected delivered after 1 attempt, last answer 200, got none"),
        (
            ending(Place("ev_demo_cart_created", "shop-hooks"), Standing(State.DELIVERED, 1, 200)),
            "delivery ev_demo_cart_created at shop-hooks: expected none",
        ),
        (arrivals(ORDER, lambda about: []), f"vendor of {ORDER}: expected stored 1, got no request"),
        (arrivals(ORDER, lambda about: about * 2), f"vendor of {ORDER}: expected stored 1, got stored 2"),
        (
            arrivals(TWICE, lambda about: [*about, replace(about[-1], fate=Fate.DUPLICATE)]),
            "expected stored 1, dropped 2, got stored 1, duplicate 1, dropped 2",
        ),
        (
            arrivals(ORDER, lambda about: [replace(about[0], fate=Fate.NOT_STORED)]),
            "expected stored 1, got accepted_not_stored 1",
        ),
        (
            arrivals(ORDER, lambda about: [*about, replace(about[0], event="orders/delete", key="orders/O-1")]),
            "vendor of remarkety-main: expected nothing but the sample, got orders/delete orders/O-1",
        ),
        (lambda result: replace(result, repeated=()), "expected ev_demo_order_created to be answered as duplicates"),
        (lambda result: replace(result, dead_letters={}), f"dead letter {REFUSED}: expected dead after 1 attempt"),
        (
            lambda result: replace(result, dead_letters={**result.dead_letters, TWICE: Standing(State.DEAD, 5, 500)}),
            f"dead letter {TWICE}: expected none, got dead after 5 attempts, last answer 500",
        ),
    ],
)
def test_each_departure_from_the_sample_is_named(scenario: Scenario, doctor: Doctor, complaint: str) -> None:
    """One wrong delivery, arrival, receipt or dead letter is one complaint that says which and what was expected."""
    (line,) = discrepancies(scenario, doctor(as_expected(scenario)))
    assert complaint in line
