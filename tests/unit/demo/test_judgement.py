"""The demo ends well only if ledger and vendors both say what the sample says."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from outhaul_ledger.model import State
from outhaul_ops.demo.judgement import discrepancies
from outhaul_ops.demo.scenario import Place, Scenario, Standing, load_scenario
from outhaul_ops.demo.sighting import Result
from outhaul_ops.simulators.record import Entry, Fate
from unit.demo.runs import as_expected

TWICE = Place("ev_demo_fails_twice", "webhook")
LOST = Place("ev_demo_answer_lost", "cloudevents")
REFUSED = Place("ev_demo_refused", "remarkety")
ORDER = Place("ev_demo_order_created", "remarkety")
SHIPPED = Place("ev_demo_order_shipped", "datareshape")
WARNED = Place("ev_demo_order_refunded", "datareshape")
UNUSED = Place("ev_demo_guest_viewed", "simon")
CART = Place("ev_demo_cart_created", "esputnik")

Doctor = Callable[[Result], Result]


@pytest.fixture
def scenario() -> Scenario:
    """The shipped one."""
    return load_scenario()


def ending(place: Place, standing: Standing | None) -> Doctor:
    """Change how a delivery ended in the ledger; with None there is no such delivery."""

    def doctored(result: Result) -> Result:
        others = {each: stands for each, stands in result.sighting.standings.items() if each != place}
        standings = {**others, **({place: standing} if standing else {})}
        return replace(result, sighting=replace(result.sighting, standings=standings))

    return doctored


def note(place: Place, words: str) -> Doctor:
    """Change what the ledger notes about a delivery."""

    def doctored(result: Result) -> Result:
        notes = {**result.sighting.notes, place: words}
        return replace(result, sighting=replace(result.sighting, notes=notes))

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


def test_vendors_that_are_not_sent_ids_know_events_by_name_and_time(scenario: Scenario) -> None:
    """An entry without the event's id, and one without id and time, is still found to be the event's."""
    result = as_expected(scenario)
    timed = arrivals(ORDER, lambda about: [replace(about[0], event_id="O-5001")])
    untimed = arrivals(
        Place("ev_demo_customer_updated", "simon"), lambda about: [replace(about[0], event_id="", occurred_at=None)]
    )
    assert discrepancies(scenario, untimed(timed(result))) == []


@pytest.mark.parametrize(
    ("doctor", "complaint"),
    [
        (ending(TWICE, Standing(State.DELIVERED, 2, 200)), f"delivery {TWICE}: expected delivered after 3 attempts"),
        (ending(TWICE, Standing(State.PENDING, 3, 500)), "got pending after 3 attempts, last answer 500"),
        (ending(REFUSED, Standing(State.DEAD, 1, 400)), "got dead after 1 attempt, last answer 400"),
        (ending(ORDER, None), f"delivery {ORDER}: expected delivered after 1 attempt, last answer 200, got none"),
        (
            ending(SHIPPED, Standing(State.DELIVERED, 1, 200)),
            f"delivery {SHIPPED}: expected skipped after 1 attempt, last answer none, got delivered after 1 attempt",
        ),
        (
            ending(Place("ev_demo_cart_created", "webhook"), Standing(State.DELIVERED, 1, 200)),
            "delivery ev_demo_cart_created at webhook: expected none",
        ),
        (note(SHIPPED, "nobody is identified"), "expected no event for order.shipped, got nobody is identified"),
        (note(WARNED, ""), f"note on {WARNED}: expected context.url: not given, got none"),
        (note(ORDER, "beware"), f"note on {ORDER}: expected none, got beware"),
        (arrivals(ORDER, lambda about: []), f"vendor of {ORDER}: expected stored, got no request"),
        (arrivals(ORDER, lambda about: about * 2), f"vendor of {ORDER}: expected stored, got stored, stored"),
        (
            arrivals(TWICE, lambda about: [*about, replace(about[-1], fate=Fate.DUPLICATE)]),
            "expected dropped, dropped, stored, got dropped, dropped, stored, duplicate",
        ),
        (arrivals(LOST, lambda about: about[1:]), f"vendor of {LOST}: expected stored, duplicate, got duplicate"),
        (
            arrivals(ORDER, lambda about: [replace(about[0], fate=Fate.NOT_STORED)]),
            "expected stored, got accepted_not_stored",
        ),
        (
            arrivals(UNUSED, lambda about: [replace(about[0], fate=Fate.STORED)]),
            "expected accepted_not_stored, got stored",
        ),
        (
            arrivals(UNUSED, lambda about: [replace(about[0], reason="dropped in silence")]),
            f"vendor of {UNUSED}: expected it to remark received, unusable: no traits.email, got dropped in silence",
        ),
        (
            arrivals(CART, lambda about: [replace(about[0], reason="template would break: items")]),
            f"vendor of {CART}: expected it to remark none, got template would break: items",
        ),
        (
            arrivals(ORDER, lambda about: [*about, replace(about[0], event="orders/delete", key="orders/O-1")]),
            "vendor of remarkety: expected nothing but the sample, got orders/delete orders/O-1",
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
    """One wrong delivery, note, arrival, receipt or dead letter is one complaint: which, and what was expected."""
    (line,) = discrepancies(scenario, doctor(as_expected(scenario)))
    assert complaint in line
