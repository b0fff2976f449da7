"""The questions, asked small: who takes part, what the answers consist of, and that nothing is made up."""

import os
import subprocess
import sys
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from outhaul_ops.bench.contenders import SECRET
from outhaul_ops.bench.peers import CELERY, PEERS
from outhaul_ops.bench.questions import deliver, fanout, memory, replay, retries
from outhaul_ops.bench.sites import transports
from outhaul_ops.commands.bench import bench

OURS = {"curl": deliver.CURL, "requests": deliver.REQUESTS}[transports()[0]]


def answer(*arguments: str) -> dict[str, Any]:
    """Ask a question for JSON."""
    outcome = CliRunner().invoke(bench, [*arguments, "--rounds", "1", "--json"])
    assert outcome.exit_code == 0, outcome.output
    document: dict[str, Any] = orjson.loads(outcome.stdout)
    return document


def values(document: dict[str, Any], contender: str) -> dict[str, float]:
    """Return a contender's medians by metric."""
    return {each["metric"]: each["median"] for each in document["results"] if each["contender"] == contender}


def test_asked_for_json_the_command_prints_one_document() -> None:
    """`outhaul bench enqueue --json` tells where, with what and how it was measured, and what follows."""
    document = answer("enqueue", "--calls", "20")
    assert document["question"] == "enqueue"
    assert document["conditions"]["rounds"] == 1
    assert document["machine"]["cores"] == len(os.sched_getaffinity(0))
    assert {"outhaul", "celery", "python"} < set(document["versions"])
    ours, theirs = values(document, "enqueue_event"), values(document, "celery .delay()")
    assert values(document, "enqueue_events of 1000")["rate"] > 0
    (mark,) = (each for each in document["marks"] if "delay" in each["name"])
    assert mark["value"] == document["ratios"][mark["name"]] == ours["p50"] / theirs["p50"]
    assert mark["holds"] is (mark["value"] <= mark["mark"] == 0.6)


def test_a_backlog_reaches_the_receiver_whole_from_every_contender() -> None:
    """All events of the backlog arrive, none twice, and what each delivery took of the machine is told."""
    # So many that their processor time is several of the 10 ms that the system counts in.
    document = answer("deliver", "--events", "1000", "--only", OURS, "--only", CELERY.name)
    assert {each["contender"] for each in document["results"]} == {OURS, CELERY.name}
    for contender in (OURS, CELERY.name):
        found = values(document, contender)
        assert found["repeated"] == 0
        assert found["deliveries"] > 0
        assert found["workers' processor"] > 0
        assert found["memory, resident"] > found["memory, shared once"] > 10
    (mark,) = document["marks"]
    ours, theirs = (values(document, name)["deliveries"] for name in (OURS, CELERY.name))
    assert mark["value"] == document["ratios"][mark["name"]] == ours / theirs
    assert mark["name"] == f"{OURS} / {CELERY.name}"


def test_one_event_is_fanned_out_to_all_destinations() -> None:
    """The question is over when each of them has had the event once."""
    document = answer("fanout", "--destinations", "30")
    found = values(document, fanout.NAME)
    assert 0 < found["first arrival"] <= found["all arrived"] < 30
    assert found["longest script"] > 0


def test_what_the_server_keeps_is_weighed_without_the_bodies() -> None:
    """A body weighs about what the event does, and what a server holds without any delivery is left out."""
    waiting = values(answer("memory", "--events", "2000", "--only", memory.WAITING), memory.WAITING)
    assert 1500 < waiting["body"] < 3000
    assert 100 < waiting["kept beside the body"] < 1500


def test_dead_letters_are_replayed_by_destination_each_round() -> None:
    """Every round replays its own dead letters: none is left out and none is counted twice."""
    outcome = CliRunner().invoke(bench, ["replay", "--dead-letters", "300", "--rounds", "3", "--json"])
    assert outcome.exit_code == 0, outcome.output
    document = orjson.loads(outcome.stdout)
    (rate,) = (each for each in document["results"] if each["metric"] == replay.RATE.name)
    assert len(rate["rounds"]) == 3
    assert all(each > 0 for each in rate["rounds"])


def test_what_is_due_is_timed_while_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing arrives before it is due, and only what is due arrives at all."""
    for name, value in {"DUE_A_SECOND": 50, "SECONDS": 1, "LEAD_SECONDS": 2.0}.items():
        monkeypatch.setattr(retries, name, value)
    document = answer("retries", "--waiting", "40", "--only", "40 wait")
    found = values(document, retries.waiting_name(40))
    assert 0 <= found["lateness, p50"] <= found["lateness, p99"]
    assert found["repeated"] == 0
    assert found["server's memory"] > 100


def test_the_peer_signs_as_the_specification_says() -> None:
    """The peer does the same work as Outhaul: its signature is the one of the specification's algorithm."""
    code = (
        "from celery_per_delivery.deliveries import signature;"
        """print(signature("msg_9fK2c7Qx1", "1763600000", b'{"type":"order.created","n":1}'))"""
    )
    environment = {"PYTHONPATH": str(PEERS), "BENCH_SECRET": SECRET, "BENCH_ENDPOINT": "", "BENCH_BROKER_URL": ""}
    printed = subprocess.run([sys.executable, "-B", "-c", code], env=environment, capture_output=True, check=True)
    assert printed.stdout.strip() == b"v1,pTdF25Jv0z1zmBy2tjDBFXpQ2PQYvKSXfTE3E2JVzF4="
