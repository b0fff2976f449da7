"""The question `serialise`, asked small."""

from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from outhaul_ops.bench.questions import serialise
from outhaul_ops.bench.report import Result, Results
from outhaul_ops.bench.sample import SIZE
from outhaul_ops.commands.bench import bench
from outhaul_worker.destinations.registry import kinds


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """What the command prints when it is asked for JSON."""
    outcome = CliRunner().invoke(bench, ["serialise", "--quick", "--events", "20", "--json"])
    assert outcome.exit_code == 0, outcome.output
    printed: dict[str, Any] = orjson.loads(outcome.stdout)
    return printed


def test_every_kind_is_measured_and_has_a_mark(document: dict[str, Any]) -> None:
    """A kind that is added cannot be left out; what passes events through is held to less than what converts them."""
    measured = {each["contender"]: each for each in document["results"]}
    assert set(measured) == {serialise.BARE, *kinds()}
    assert all(len(each["rounds"]) == 3 and each["median"] > 0 for each in measured.values())
    bounds = {mark["name"].split(",")[0]: mark["mark"] for mark in document["marks"]}
    assert bounds == {name: 60 if name in ("webhook", "cloudevents") else 250 for name in kinds()}


def test_the_document_has_the_shape_of_every_question(document: dict[str, Any]) -> None:
    """Whoever reads the answers of one question can read those of all."""
    assert set(document) == {*("question", "conditions", "notes", "machine", "versions", "results", "ratios", "marks")}
    assert (document["question"], document["conditions"]["event_bytes"]) == ("serialise", SIZE)
    assert {"python", "outhaul", "orjson"} <= set(document["versions"])


def test_ratios_and_marks_follow_from_the_measurements() -> None:
    """The median stands for the rounds."""
    results = [Result(serialise.BARE, serialise.PER_EVENT, (2.0, 2.0, 9.0))]
    results += [Result(name, serialise.PER_EVENT, (10.0, 70.0, 80.0)) for name in serialise.OPTIONS]
    assert set(serialise.ratios(Results(results)).values()) == {35.0}
    held = {mark.name.split(",")[0]: mark.holds for mark in serialise.marks(Results(results))}
    assert held == {name: name not in ("webhook", "cloudevents") for name in kinds()}


def test_the_events_are_orders_of_the_size_that_is_told_all_different() -> None:
    """A cache of one event's payload would gain nothing."""
    events = serialise.sample_events(3)
    assert len({event.id for event in events}) == 3
    assert {event.type for event in events} == {"order.created"}
    for event in events:
        assert SIZE <= len(orjson.dumps(event.body)) < SIZE + 200
