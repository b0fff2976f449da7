"""The demo's data: sample events, destinations and expectations belong together."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import pytest

from outhaul_config.destinations import Destination, load_destinations
from outhaul_ops.demo.folder import url_variable
from outhaul_ops.demo.scenario import Place, Scenario, load_scenario
from outhaul_ops.demo.stage import VENDORS
from outhaul_ops.simulators.misbehaviour import parse
from outhaul_producers.normalise import normalise
from outhaul_producers.types import TYPES
from outhaul_worker.destinations.registry import kind_specs


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """The shipped one."""
    return load_scenario()


@pytest.fixture(scope="module")
def destinations() -> Mapping[str, Destination]:
    """The shipped ones, at some address."""
    addresses = {url_variable(name): "http://127.0.0.1:9" for name in VENDORS}
    return load_destinations(
        Path(str(files("outhaul_ops") / "samples" / "destinations.toml")), addresses, kind_specs(), TYPES
    )


def test_every_wanted_delivery_and_no_other_is_expected(
    scenario: Scenario, destinations: Mapping[str, Destination]
) -> None:
    """The expectations name exactly the events that the subscriptions ask for."""
    submissions = [normalise(event, source="/") for event in scenario.events]
    wanted = {
        Place(one.event_id, name)
        for one in submissions
        for name, destination in destinations.items()
        if destination.wants(one.type)
    }
    assert wanted == set(scenario.endings)
    assert set(scenario.dead_letters) <= wanted


def test_every_destination_has_a_simulated_vendor_of_its_kind(destinations: Mapping[str, Destination]) -> None:
    """What is configured is what is simulated, and each is told to misbehave in a way there is."""
    assert {name: destination.kind for name, destination in destinations.items()} == VENDORS
    misbehaviour = load_scenario().misbehaviour
    assert set(misbehaviour) == set(VENDORS)
    assert all(parse(text) for text in misbehaviour.values())


def test_a_vendor_can_tell_the_sample_events_apart_by_name_and_time(scenario: Scenario) -> None:
    """No two expected arrivals at one vendor look alike, so each can be held to its own expectation."""
    marks = [
        (place.destination, name, scenario.occurred_at(place.event_id)) for place, name in scenario.stored_as.items()
    ]
    assert len(set(marks)) == len(marks) == len(scenario.endings)


def test_the_scenario_holds_what_the_demonstration_promises(scenario: Scenario) -> None:
    """Twelve events at least, a repeated line, three attempts for one delivery, and a dead letter that is replayed."""
    assert len(scenario.event_ids) >= 12
    assert len(scenario.events) - len(scenario.event_ids) == len(scenario.repeated) == 1
    assert scenario.endings[Place("ev_demo_fails_twice", "shop-hooks")].attempts == 3
    assert [place.event_id for place in scenario.dead_letters] == ["ev_demo_refused"]
