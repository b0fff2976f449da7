"""The programs a benchmark starts: each a group of its own that ends with the benchmark, its output in a file."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from outhaul_ops.embedded import end_with_parent

STOP_SECONDS = 15.0
_TAIL = 2000


class BenchFailed(RuntimeError):
    """A program of the benchmark did not do its part; the message holds the end of what it printed."""


@dataclass(frozen=True, slots=True)
class Running:
    """A program that runs beside the benchmark."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def require_alive(self) -> None:
        """Raise if it has ended.

        Raises:
            BenchFailed: it has.
        """
        status = self.process.poll()
        if status is not None:
            raise self.failed(f"ended with status {status}")

    def failed(self, what: str) -> BenchFailed:
        """Word a failure of this program."""
        end = self.log.read_text(errors="replace")[-_TAIL:]
        return BenchFailed(f"{' '.join(map(str, self.process.args))}: {what}\n{end}")  # type: ignore[arg-type] # a list


@contextmanager
def running(
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    *,
    folder: Path | None = None,
    ending: signal.Signals = signal.SIGTERM,
) -> Iterator[Running]:
    """Run a program for as long as the context lasts, then end it and all it started.

    Args:
        command: the program and its arguments.
        environment: all of its environment.
        log: where its output goes.
        folder: where it runs; the folder of the log unless given.
        ending: the signal it ends by; after SIGTERM it gets `STOP_SECONDS`.
    """
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command,
            cwd=folder or log.parent,
            env=environment,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
    try:
        yield Running(process, log)
    finally:
        _end(process, ending)


def run(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> bytes:
    """Run a program to its end; returns what it printed.

    Raises:
        BenchFailed: it ended with another status than 0.
    """
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        check=False,
        preexec_fn=end_with_parent,
    )
    if done.returncode:
        raise BenchFailed(f"{' '.join(command)}: status {done.returncode}\n{done.stderr.decode()[-_TAIL:]}")
    return done.stdout


def _end(process: "subprocess.Popen[bytes]", ending: signal.Signals) -> None:
    process.send_signal(ending)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
