"""`outhaul chaos` passes when the product is right, fails when it is not, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eventually import eventually
from outhaul_ops.chaos.faults.catalogue import CATALOGUE

SINGLE = [name for name, fault in CATALOGUE.items() if not fault.replicated]

SABOTAGED = """
from outhaul_ledger.ledger import Ledger
from outhaul_ops.chaos.worker import app
from outhaul_worker.routing import Router

route, lease = Router.route, Ledger.lease

def forget_a_destination(self, inbound):
    routed = route(self, inbound)
    return routed._replace(routes=[each for each in routed.routes if each.destination != "fragile"])

def forget_the_mark(self, *arguments, **options):
    found = lease(self, *arguments, **options)
    return found._replace(leases=[each._replace(possible_duplicate=False) for each in found.leases])

Router.route, Ledger.lease = forget_a_destination, forget_the_mark
"""


def command(*arguments: str) -> list[str]:
    """The command with arguments."""
    return [sys.executable, "-m", "outhaul_ops", "chaos", *arguments]


def result(*arguments: str, environment: Mapping[str, str] | None = None) -> tuple[int, dict[str, Any]]:
    """Run it; returns its exit status and what it printed as JSON."""
    done = subprocess.run(
        command(*arguments, "--json"),
        env={**os.environ, **(environment or {})},
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.stdout, done.stderr.decode()
    return done.returncode, json.loads(done.stdout)


def processes_in(folder: Path) -> list[str]:
    """The processes that work in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            where, words = (process / "cwd").readlink(), (process / "cmdline").read_bytes()
        except OSError:
            continue
        if where.is_relative_to(folder):
            found.append(words.replace(b"\0", b" ").decode())
    return found


def test_nothing_is_lost_and_nothing_stalls_while_everything_fails(tmp_path: Path) -> None:
    """The short form of the proof: all faults of a single server, mixed, for 25 s; and no process is left over."""
    status, told = result("--duration=25s", "--seed=7", f"--faults={','.join(SINGLE)}", f"--folder={tmp_path / 'run'}")
    assert told["findings"] == []
    assert status == 0
    assert told["accepted"] > 200
    assert sum(each["count"] for each in told["faults"].values()) >= 10
    ended = sum(told[state] for state in ("delivered", "dead", "skipped", "held"))
    assert ended > told["accepted"]
    assert {name: told[name] for name in ("pending", "lost", "duplicates_unmarked", "stalled")} == {
        "pending": 0,
        "lost": 0,
        "duplicates_unmarked": 0,
        "stalled": 0,
    }
    assert processes_in(tmp_path) == []


def test_a_product_that_forgets_a_delivery_and_a_mark_does_not_pass(tmp_path: Path) -> None:
    """The harness can fail: a worker that is broken on purpose is found out."""
    (tmp_path / "sabotaged.py").write_text(SABOTAGED)
    status, told = result(
        "--duration=8s",
        "--seed=1",
        "--faults=endpoint-lose",
        "--worker-app=sabotaged",
        environment={"PYTHONPATH": str(tmp_path)},
    )
    assert status == 1
    assert told["lost"] > 0
    assert told["duplicates_unmarked"] > 0
    assert any("missing for ['fragile']" in finding for finding in told["findings"])


def test_ctrl_c_leaves_no_process_behind(tmp_path: Path) -> None:
    """In the middle of the faults, with a worker frozen."""
    folder = tmp_path / "run"
    process = subprocess.Popen(
        command("--duration=10m", "--seed=1", "--faults=worker-freeze", f"--folder={folder}"), stderr=subprocess.PIPE
    )
    with process:
        assert process.stderr is not None
        for line in process.stderr:
            if b"worker-freeze" in line:
                break
        assert len(processes_in(folder)) > 5
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    eventually(lambda: not processes_in(folder), within=5)
