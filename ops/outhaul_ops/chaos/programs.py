"""The programs a chaos run starts, and starts again when they die, as a supervisor does on any machine."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from outhaul_ops.embedded import end_with_parent

RESTART_SECONDS = 1.0
STOP_SECONDS = 10.0


@dataclass
class Program:
    """A program in a process group of its own. `name` tells it from the others; its output is kept in `log`."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    started: int = 0
    retired: bool = False
    _process: "subprocess.Popen[bytes] | None" = None
    _died_at: float | None = None
    _groups: set[int] = field(default_factory=set)

    @property
    def pid(self) -> int:
        """The process id of the running or last process; 0 before the first."""
        return self._process.pid if self._process else 0

    @property
    def alive(self) -> bool:
        """True while it runs, frozen or not."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it."""
        with self.log.open("ab") as sink:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.log.parent,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
        self.started += 1
        self._died_at = None
        self._groups.add(self._process.pid)

    def supervise(self) -> bool:
        """Start it again a second after it died; True when that was now."""
        self._groups = {group for group in self._groups if _signal_group(group, 0)}
        if self.alive or self.retired:
            return False
        if self._died_at is None:
            self._died_at = time.monotonic()
        if time.monotonic() - self._died_at < RESTART_SECONDS:
            return False
        self.start()
        return True

    def send(self, how: signal.Signals) -> None:
        """Signal the process itself."""
        if self._process:
            self._process.send_signal(how)

    def send_group(self, how: signal.Signals) -> None:
        """Signal the process and all it started."""
        for group in self._groups:
            _signal_group(group, how)

    def retire(self, how: signal.Signals) -> None:
        """Signal it for the last time; it is not started again."""
        self.retired = True
        self.send(how)

    def children(self) -> list[int]:
        """Return the process ids of the processes it has started itself."""
        path = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(each) for each in path.read_text().split()] if path.exists() else []

    def said(self, beginning: str) -> list[str]:
        """Return the lines of its output that begin like this."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return [line for line in lines if line.startswith(beginning)]

    def wait(self, seconds: float) -> None:
        """Give it time to end."""
        if self._process:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)

    def end(self) -> None:
        """End it and all it ever started, at once."""
        self.send_group(signal.SIGKILL)
        self.wait(STOP_SECONDS)


def _signal_group(group: int, how: int) -> bool:
    try:
        os.killpg(group, how)
    except ProcessLookupError:
        return False
    return True
