"""Both questions, asked small: what comes out has its shape, and its conclusions follow from its measurements."""

import os
import subprocess
import sys
from typing import Any

import orjson
from click.testing import CliRunner

from outhaul_ops.bench import deliver
from outhaul_ops.bench.contenders import PEERS, SECRET
from outhaul_ops.bench.question import ask
from outhaul_ops.commands.bench import bench


def result(document: dict[str, Any], contender: str, metric: str) -> dict[str, Any]:
    """Find a result in what `--json` printed."""
    found = [each for each in document["results"] if (each["contender"], each["metric"]) == (contender, metric)]
    assert len(found) == 1
    return dict(found[0])


def test_asked_for_json_the_command_prints_one_document() -> None:
    """`outhaul bench enqueue --json` tells where, with what and how it was measured, and what follows."""
    outcome = CliRunner().invoke(bench, ["enqueue", "--quick", "--calls", "20", "--json"])
    assert outcome.exit_code == 0, outcome.output
    document = orjson.loads(outcome.stdout)
    assert document["question"] == "enqueue"
    assert document["conditions"]["rounds"] == 3
    assert document["machine"]["cores"] == len(os.sched_getaffinity(0))
    assert {"outhaul", "celery", "python"} < set(document["versions"])
    ours = result(document, "enqueue_event", "p50")
    theirs = result(document, "celery .delay()", "p50")
    assert len(ours["rounds"]) == 3
    assert result(document, "enqueue_events of 1000", "rate")["median"] > 0
    (mark,) = document["marks"]
    assert mark["value"] == document["ratios"][mark["name"]] == ours["median"] / theirs["median"]
    assert mark["holds"] is (mark["value"] < mark["mark"])


def test_a_backlog_reaches_the_receiver_whole_from_every_contender() -> None:
    """All events of the backlog arrive, none twice, and Outhaul's mark is the ratio of what was measured."""
    document = ask(deliver.QUESTION, amount=200, rounds=1, shown=False).document()
    ours = result(document, deliver.OUTHAUL, "deliveries")
    theirs = result(document, deliver.CELERY, "deliveries")
    for contender in (deliver.OUTHAUL, deliver.CELERY):
        assert result(document, contender, "repeated")["rounds"] == [0.0]
    (mark,) = document["marks"]
    assert mark["value"] == document["ratios"][mark["name"]] == ours["median"] / theirs["median"]
    assert mark["holds"] is (mark["value"] >= 3.0)


def test_the_peer_signs_as_the_specification_says() -> None:
    """The peer does the same work as Outhaul: its signature is the one of the specification's algorithm."""
    code = (
        "from celery_per_delivery.deliveries import signature;"
        """print(signature("msg_9fK2c7Qx1", "1763600000", b'{"type":"order.created","n":1}'))"""
    )
    environment = {"PYTHONPATH": str(PEERS), "BENCH_SECRET": SECRET, "BENCH_ENDPOINT": "", "BENCH_BROKER_URL": ""}
    printed = subprocess.run([sys.executable, "-B", "-c", code], env=environment, capture_output=True, check=True)
    assert printed.stdout.strip() == b"v1,pTdF25Jv0z1zmBy2tjDBFXpQ2PQYvKSXfTE3E2JVzF4="
