"""What each question holds Outhaul to, on results that are made up."""

from collections.abc import Mapping

import pytest
from click.testing import CliRunner

from outhaul_ops.bench.clocks import SERVER_TIME
from outhaul_ops.bench.measuring import OWN, RATE, RESIDENT
from outhaul_ops.bench.peers import BULLMQ, CELERY, DRAMATIQ
from outhaul_ops.bench.question import Asked, Question
from outhaul_ops.bench.questions import (
    deliver,
    deliver_slowly,
    enqueue,
    fanout,
    interference,
    lanes,
    latency,
    memory,
    replay,
    retries,
    scale,
    soak,
)
from outhaul_ops.bench.questions.all import QUESTIONS
from outhaul_ops.bench.report import Metric, Result, Results
from outhaul_ops.bench.sites import transports
from outhaul_ops.bench.slow_log import LONGEST
from outhaul_ops.commands.bench import bench

Values = Mapping[tuple[str, Metric], float]

CURL, REQUESTS = deliver.CURL, deliver.REQUESTS
OURS = {"curl": CURL, "requests": REQUESTS}[transports()[0]]
MANY = retries.waiting_name(1000)


def held(question: Question, values: Values) -> dict[str, bool]:
    """Say which marks hold on results of one round each."""
    results = Results([Result(name, metric, (value,)) for (name, metric), value in values.items()])
    question.ratios(results)
    return {mark.name: mark.holds for mark in question.marks(results)}


GOOD: list[tuple[Question, Values]] = [
    (
        deliver.QUESTION,
        {(CURL, RATE): 16_000, (REQUESTS, RATE): 3750, (BULLMQ.name, RATE): 10_000, (CELERY.name, RATE): 1060},
    ),
    (
        deliver_slowly.QUESTION,
        {
            (CURL, RATE): 15_000,
            (BULLMQ.name, RATE): 10_000,
            (DRAMATIQ.name, RATE): 900,
            (deliver_slowly.ONE, RESIDENT): 200,
            (BULLMQ.name, RESIDENT): 280,
            (DRAMATIQ.name, RESIDENT): 202,
            (deliver_slowly.MANY_IN_FLIGHT, deliver_slowly.IN_FLIGHT_AT_MOST): 5000,
            (deliver_slowly.MANY_IN_FLIGHT, RESIDENT): 250,
        },
    ),
    (
        latency.QUESTION,
        {(OURS, latency.P50): 8, (OURS, latency.P99): 40, (CELERY.name, latency.P50): 4, (CELERY.name, latency.P99): 5},
    ),
    (
        enqueue.QUESTION,
        {
            (enqueue.ENQUEUE_EVENT, enqueue.P50): 160,
            (enqueue.VALIDATED_SET, enqueue.P50): 100,
            (enqueue.DELAY, enqueue.P50): 267,
            (enqueue.ENQUEUE_EVENTS, enqueue.RATE): 7000,
        },
    ),
    (lanes.QUESTION, {("1 lane", RATE): 10, ("100 lanes", RATE): 1, ("100000 lanes", RATE): 6}),
    (fanout.QUESTION, {(fanout.NAME, fanout.ALL): 30, (fanout.NAME, LONGEST): 5}),
    (
        retries.QUESTION,
        {
            (retries.NONE, retries.P99): 5,
            (MANY, retries.P99): 1000,
            (retries.NONE, OWN): 100,
            (MANY, OWN): 110,
        },
    ),
    (memory.QUESTION, {(memory.FINISHED, memory.BOOKS): 800, (memory.WAITING, memory.BOOKS): 400}),
    (replay.QUESTION, {(replay.NAME, replay.RATE): 20_000, (replay.NAME, LONGEST): 10}),
    (
        interference.QUESTION,
        {
            (interference.ALONE, RATE): 10,
            (interference.BESIDE, RATE): 9,
            (interference.ALONE, interference.P99): 10,
            (interference.BESIDE, interference.P99): 20,
        },
    ),
    (scale.QUESTION, {("1 process", RATE): 5, ("2 processes", RATE): 9, ("2 processes", SERVER_TIME): 60}),
    (soak.QUESTION, {(soak.NAME, soak.growth(metric)): 1.05 for metric in soak.GROWING}),
]
"""Values that are just good enough."""


@pytest.mark.parametrize(("question", "values"), GOOD, ids=lambda each: each.name if isinstance(each, Question) else "")
def test_what_is_just_good_enough_holds(question: Question, values: Values) -> None:
    """Every mark includes its bound."""
    found = held(question, values)
    assert found
    assert all(found.values()), found


@pytest.mark.parametrize(("question", "values"), GOOD, ids=lambda each: each.name if isinstance(each, Question) else "")
def test_every_mark_is_missed_by_what_is_a_little_worse(question: Question, values: Values) -> None:
    """No mark holds whatever is measured: moving single values by 3 % in one direction or the other fails each."""
    missed: set[str] = set()
    for key, value in values.items():
        for factor in (0.97, 1.03):
            missed |= {name for name, holds in held(question, {**values, key: value * factor}).items() if not holds}
    assert missed == set(held(question, values))


@pytest.mark.parametrize(
    "question", [deliver.QUESTION, deliver_slowly.QUESTION, latency.QUESTION], ids=lambda q: q.name
)
def test_without_peers_there_is_nothing_to_be_held_to_them(question: Question) -> None:
    """Where no peer could be installed, ours is measured all the same."""
    alone = {(OURS, metric): 1.0 for metric in (RATE, RESIDENT, latency.P50, latency.P99)}
    assert not any(CELERY.name in name or "peer" in name for name in held(question, alone))


def test_every_question_but_serialise_is_held_to_marks_here() -> None:
    """A question that is added is added here; `serialise` has tests of its own."""
    assert {question.name for question, _ in GOOD} | {"serialise"} == {question.name for question in QUESTIONS}


def test_every_question_has_a_command_with_the_options_of_all() -> None:
    """Who can ask one question can ask them all."""
    for question in QUESTIONS:
        command = bench.commands[question.name.partition(" ")[0]]
        options = {option for parameter in command.params for option in parameter.opts}
        assert {"--rounds", "--quick", "--only", "--check", "--markdown", "--json"} < options
        assert f"--{question.amount.unit.replace('_', '-')}" in options
        assert question.amount.least <= question.amount.quick <= question.amount.usual


def test_a_question_for_nobody_is_refused() -> None:
    """A name that no contender has is a typing error, not an empty table."""
    outcome = CliRunner().invoke(bench, ["memory", "--only", "nobody"])
    assert outcome.exit_code == 1
    assert "nobody whose name holds nobody" in outcome.output


def test_only_some_can_be_asked_for() -> None:
    """Parts of names choose, and without any everybody takes part."""
    assert Asked(1, 1).wants(CURL)
    assert Asked(1, 1, ("bull", "curl")).wants(CURL)
    assert not Asked(1, 1, ("bull",)).wants(CURL)
