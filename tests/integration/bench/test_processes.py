"""Programs that a benchmark starts."""

import os
import sys
from pathlib import Path

import pytest

from eventually import eventually
from outhaul_ops.bench.processes import BenchFailed, run, running

FAMILY = "import subprocess, time; print(subprocess.Popen(['sleep', '300']).pid, flush=True); time.sleep(300)"


def alive(pid: int) -> bool:
    """Say whether a process runs; one that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def failing_measurement(log: Path) -> None:
    """Start a program with a child, and fail once both run."""
    with running([sys.executable, "-c", FAMILY], dict(os.environ), log) as program:
        child = int(eventually(lambda: log.read_text().strip(), within=10))
        assert alive(program.process.pid)
        assert alive(child)
        raise program.failed("is slow today")


def test_when_a_measurement_fails_nothing_it_started_stays_behind(tmp_path: Path) -> None:
    """A program ends with all its children, whatever happens in between."""
    log = tmp_path / "family.log"
    with pytest.raises(BenchFailed, match="is slow today"):
        failing_measurement(log)
    eventually(lambda: not alive(int(log.read_text())), within=5)


def test_a_program_that_ended_early_is_told_with_its_last_words(tmp_path: Path) -> None:
    """Waiting for a worker that could not start ends at once, with the reason."""
    command = [sys.executable, "-c", "raise SystemExit('no broker there')"]
    with running(command, dict(os.environ), tmp_path / "worker.log") as program:
        eventually(lambda: program.process.poll() is not None, within=10)
        with pytest.raises(BenchFailed, match=r"(?s)ended with status 1.*no broker there"):
            program.require_alive()


def test_a_program_that_fails_ends_the_benchmark_with_what_it_said(tmp_path: Path) -> None:
    """A measurement never goes on without one of its parts, and the reason is shown."""
    with pytest.raises(BenchFailed, match="no such mode: dance"):
        run([sys.executable, "-c", "raise SystemExit('no such mode: dance')"], dict(os.environ), tmp_path)
