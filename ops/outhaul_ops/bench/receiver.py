"""The endpoints that benchmarks deliver to: Debian's nginx where it is installed, else a small program of ours."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from outhaul_ops.bench.arrivals import Arrivals
from outhaul_ops.bench.footprint import processes_of, processor_seconds
from outhaul_ops.bench.processes import Running, running
from outhaul_ops.embedded import free_port

START_SECONDS = 10.0
_CHUNK = 1 << 20
_SYSTEM_PATH = "/usr/sbin"


@dataclass(frozen=True, slots=True)
class Receiver:
    """A running receiver. `name` is the program and its version."""

    name: str
    url: str
    log: Path
    pid: int

    def arrivals(self) -> Arrivals:
        """Begin to note what arrives from now on."""
        return Arrivals(self.log)

    def requests(self) -> int:
        """Count the requests it has ever had, without remembering them."""
        with self.log.open("rb") as lines:
            return sum(chunk.count(b"\n") for chunk in iter(partial(lines.read, _CHUNK), b""))

    def processor_seconds(self) -> float:
        """Return the processor time it has had."""
        return processor_seconds(processes_of([self.pid]))


def find_nginx() -> Path | None:
    """Return where nginx is, on PATH or among the system's programs."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:{_SYSTEM_PATH}")
    return Path(found) if found else None


@contextmanager
def quick_receiver(folder: Path, nginx: Path | None) -> Iterator[Receiver]:
    """Run a receiver on loopback that answers 200 at once and notes every arrival.

    Args:
        folder: an empty folder for its files.
        nginx: the program; without it ours is run.

    Raises:
        BenchFailed: it does not answer.
    """
    port = free_port()
    name, command = _nginx(nginx, folder, port) if nginx else _own(folder, port)
    with _receiving(name, command, folder, port) as receiver:
        yield receiver


@contextmanager
def slow_receiver(folder: Path, manner: str) -> Iterator[Receiver]:
    """Run a receiver of ours that notes every arrival and answers 200 after some seconds, or in a worse manner.

    nginx has no way of answering later. Waiting costs ours no more than an entry in a queue, and tens of thousands of
    connections may wait.

    Args:
        folder: an empty folder for its files.
        manner: the seconds, or `never`, or `drip`: a byte a second.

    Raises:
        BenchFailed: it does not answer.
    """
    port = free_port()
    name, command = _own(folder, port, manner)
    with _receiving(name, command, folder, port) as receiver:
        yield receiver


@contextmanager
def _receiving(name: str, command: list[str], folder: Path, port: int) -> Iterator[Receiver]:
    log = folder / "arrivals.log"
    log.touch()
    with running(command, dict(os.environ), folder / "receiver.log") as program:
        _wait_until_open(program, port)
        yield Receiver(name, f"http://127.0.0.1:{port}/", log, program.process.pid)


def _nginx(program: Path, folder: Path, port: int) -> tuple[str, list[str]]:
    template = Path(__file__).with_name("nginx.conf").read_text()
    configuration = folder / "nginx.conf"
    configuration.write_text(template.replace("@PORT@", str(port)))
    told = subprocess.run([program, "-v"], capture_output=True, text=True, check=True).stderr
    name = told.strip().rpartition(" ")[2].replace("/", " ")
    return name, [str(program), "-p", str(folder), "-e", "error.log", "-c", str(configuration)]


def _own(folder: Path, port: int, manner: str = "0") -> tuple[str, list[str]]:
    name = f"outhaul-receiver {sys.version_info.major}.{sys.version_info.minor}"
    program = (sys.executable, "-m", "outhaul_ops.bench.own_receiver")
    return name, [*program, str(port), str(folder / "arrivals.log"), manner]


def _wait_until_open(program: Running, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        program.require_alive()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise program.failed(f"did not listen within {START_SECONDS:g} s")
