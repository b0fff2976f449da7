"""A process follows the clock it was given, while it runs and in what it forks."""

import os
import subprocess
import sys
from pathlib import Path

from outhaul_ops.chaos.clock import CLOCK_VARIABLE, set_shift

PROGRAM = """
import time
true = time.time
from outhaul_ops.chaos.clock import follow_if_asked
follow_if_asked()
from datetime import UTC, datetime
def shifts():
    return [round(each - true()) for each in (time.time(), datetime.now(UTC).timestamp(), datetime.now().timestamp())]
print(*shifts(), isinstance(datetime.now(UTC), datetime), flush=True)
input()
print(*shifts(), flush=True)
"""


def test_a_running_process_follows_its_clock(tmp_path: Path) -> None:
    """An hour forward from the start, then an hour back in the middle."""
    set_shift(tmp_path / "clock", 3600)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, CLOCK_VARIABLE: str(tmp_path / "clock")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == b"3600 3600 3600 True\n"
        set_shift(tmp_path / "clock", -3600)
        assert process.communicate(b"\n", timeout=10)[0] == b"-3600 -3600 -3600\n"
