"""The demo's data: sample events, destinations and expectations belong together."""

from collections import Counter
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import pytest

from outhaul_config.destinations import Destination, load_destinations
from outhaul_ops.demo.folder import url_variable
from outhaul_ops.demo.scenario import Place, Scenario, load_scenario
from outhaul_ops.simulators.misbehaviour import parse
from outhaul_ops.simulators.record import Fate
from outhaul_ops.simulators.registry import SIMULATORS
from outhaul_producers.normalise import normalise
from outhaul_producers.types import TYPES
from outhaul_worker.destinations.registry import kind_specs


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """The shipped one."""
    return load_scenario()


@pytest.fixture(scope="module")
def destinations(scenario: Scenario) -> Mapping[str, Destination]:
    """The shipped ones, at some address."""
    addresses = {url_variable(name): "http://127.0.0.1:9" for name in scenario.vendors}
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
    assert wanted == set(scenario.expected)
    assert set(scenario.dead_letters) <= wanted


def test_every_kind_has_a_destination_and_a_simulated_vendor(
    scenario: Scenario, destinations: Mapping[str, Destination]
) -> None:
    """The sample shows all kinds, each vendor is of its destination's kind and misbehaves in a way there is."""
    assert {name: destination.kind for name, destination in destinations.items()} == scenario.vendors
    assert sorted(scenario.vendors.values()) == sorted(SIMULATORS)
    assert set(scenario.misbehaviour) <= set(scenario.vendors)
    assert all(parse(text) for text in scenario.misbehaviour.values())


def test_pass_through_kinds_keep_every_events_own_type(scenario: Scenario) -> None:
    """Webhooks and CloudEvents rename nothing, so their expectations must be the sample's types."""
    types = {event["id"]: normalise(event, source="/").type for event in scenario.events}
    names = {
        place: each.name for place, each in scenario.expected.items() if place.destination in ("webhook", "cloudevents")
    }
    assert names == {place: types[place.event_id] for place in names}


def test_a_vendor_can_tell_the_sample_events_apart_by_name_and_time(scenario: Scenario) -> None:
    """No two expected arrivals at one vendor look alike, so each can be held to its own expectation."""
    sent = {place: each for place, each in scenario.expected.items() if each.name}
    marks = [(place.destination, each.name, scenario.occurred_at(place.event_id)) for place, each in sent.items()]
    assert len(set(marks)) == len(marks)
    # The one request of Simon's that says neither which event it is nor when it happened.
    assert Counter((place.destination, each.name) for place, each in sent.items())["simon", "identify"] == 1


def test_what_is_skipped_is_not_sent_and_everything_else_is(scenario: Scenario) -> None:
    """An expectation either names a reason or what the vendor knows the event by, and has a fate for each attempt."""
    for place, each in scenario.expected.items():
        assert bool(each.name) == bool(each.fates) == (not each.skipped), place


def test_the_scenario_holds_what_the_demonstration_promises(scenario: Scenario) -> None:
    """Twelve events at least, a repeated line, three attempts, a lost answer, and a dead letter that is replayed."""
    assert len(scenario.event_ids) >= 12
    assert len(scenario.events) - len(scenario.event_ids) == len(scenario.repeated) == 1
    assert scenario.endings[Place("ev_demo_fails_twice", "webhook")].attempts == 3
    assert scenario.expected[Place("ev_demo_answer_lost", "cloudevents")].fates == (Fate.STORED, Fate.DUPLICATE)
    assert [place.event_id for place in scenario.dead_letters] == ["ev_demo_refused"]


def test_the_scenario_shows_what_vendors_do_beyond_storing(scenario: Scenario) -> None:
    """Events that are skipped at some kinds, warned about, and accepted without being stored are among the sample."""
    expected = scenario.expected.values()
    assert {place.destination for place, each in scenario.expected.items() if each.skipped} >= {"okanjo", "simon"}
    assert any(each.warned for each in expected)
    assert {fate for each in expected for fate in each.fates} == set(Fate) - {Fate.REFUSED}
