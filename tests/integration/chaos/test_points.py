"""An armed point ends the process that reaches it, there and nowhere else."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Submission
from outhaul_ops.chaos.points import FOLDER_VARIABLE, KILL, Points
from outhaul_ops.embedded import EmbeddedServer

PROGRAM = """
from outhaul_ops.chaos.points import watch_if_asked
watch_if_asked()
from outhaul_producers import enqueue_event
enqueue_event("custom.ping", id="ev_1")
print("returned", flush=True)
"""


def enqueue(server: EmbeddedServer, folder: Path) -> "subprocess.CompletedProcess[bytes]":
    """Hand one event over in a process of its own."""
    environment = {**os.environ, "OUTHAUL_LEDGER_URL": server.url, FOLDER_VARIABLE: str(folder)}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, timeout=30, check=False
    )


@pytest.mark.parametrize(("moment", "stored"), [("before", False), ("sent", True), ("after", True)])
def test_a_producer_that_is_killed_at_a_point_has_done_just_what_comes_before_it(
    server: EmbeddedServer, tmp_path: Path, moment: str, stored: bool
) -> None:
    """Before: nothing is stored. Sent and after: the event is stored, and its producer has no receipt."""
    with server.client() as client:
        Ledger(client).accept([Submission("ev_0", "0", "/", "custom.ping", b"{}")])  # now the server knows the script
    points = Points(tmp_path / "points")
    points.prepare()
    points.arm(f"accept.{moment}", KILL)
    ended = enqueue(server, tmp_path / "points")
    assert ended.returncode == -signal.SIGKILL
    assert b"returned" not in ended.stdout
    assert points.reached() == {f"accept.{moment}": 1}
    with server.client() as client:
        assert (Ledger(client).status("ev_1") is not None) is stored


def test_a_point_that_was_taken_back_ends_nobody(server: EmbeddedServer, tmp_path: Path) -> None:
    """A fault that is over does not strike later."""
    points = Points(tmp_path / "points")
    points.prepare()
    points.arm("accept.sent", KILL)
    assert points.disarm("accept.sent")
    assert not points.disarm("accept.sent")
    ended = enqueue(server, tmp_path / "points")
    assert (ended.returncode, ended.stdout) == (0, b"returned\n")
    assert points.reached() == {}
