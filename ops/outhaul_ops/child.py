"""A process that a command starts, watches and ends again, with its pool processes and with its log in a file."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

from outhaul_ops.embedded import end_with_parent
from outhaul_ops.exits import Failure
from outhaul_ops.interruption import Interruption

_TAIL = 2000


@dataclass(frozen=True, slots=True)
class Child:
    """A running process; `started_at` is on the monotonic clock."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    started_at: float

    def require_alive(self) -> None:
        """Raise if it has ended.

        Raises:
            Failure: it has; the message holds the end of its log.
        """
        status = self.process.poll()
        if status is not None:
            raise self.failure(f"ended with status {status}")

    def failure(self, what: str) -> Failure:
        """Word a failure of the process."""
        return Failure(f"the {self.name} {what}; the end of its log:\n{tail(self.log)}")

    def stop(self, seconds: float) -> None:
        """Ask it to end, and kill what is left of its process group after so long."""
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, SIGKILL)
        self.process.wait()


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    *,
    folder: Path,
    log: Path,
    environment: Mapping[str, str],
    interruption: Interruption,
    end_seconds: float,
) -> Iterator[Child]:
    """Run a process for as long as the context lasts; it ends with this one, however that ends.

    Args:
        name: what it is called in messages.
        command: the program and its arguments.
        folder: where it runs.
        log: the file that gets all it prints.
        environment: its variables.
        interruption: whose second signal kills it.
        end_seconds: how long it may take to end when it is asked to.

    Raises:
        KeyboardInterrupt: there was a signal before it was started.
    """
    interruption.check()
    with log.open("wb") as sink:
        # Threads of this process wait for work at this moment; none can hold a lock that the child would need.
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
    child = Child(name, process, log, time.monotonic())
    with interruption.killing(process.pid):
        try:
            yield child
        finally:
            child.stop(end_seconds)


def tail(log: Path) -> str:
    """Return the end of a log, as far as there is one."""
    return log.read_text(errors="replace")[-_TAIL:] if log.exists() else "(there is none)"
