"""The endpoint that benchmarks deliver to: Debian's nginx where it is installed, else a small program of ours."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from outhaul_ops.bench.arrivals import Arrivals
from outhaul_ops.bench.processes import Running, running
from outhaul_ops.embedded import free_port

NGINX = Path("/usr/sbin/nginx")
START_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Receiver:
    """A running receiver. `name` is the program and its version."""

    name: str
    url: str
    log: Path

    def arrivals(self) -> Arrivals:
        """Begin to note what arrives from now on."""
        return Arrivals(self.log)


@contextmanager
def receiving(folder: Path, nginx: Path = NGINX) -> Iterator[Receiver]:
    """Run a receiver on loopback that answers 200 at once and notes every arrival.

    Args:
        folder: an empty folder for its files.
        nginx: where nginx would be.

    Raises:
        BenchFailed: it does not answer.
    """
    port = free_port()
    log = folder / "arrivals.log"
    log.touch()
    name, command = _nginx(nginx, folder, port) if nginx.exists() else _own(log, port)
    with running(command, dict(os.environ), folder / "receiver.log") as program:
        _wait_until_open(program, port)
        yield Receiver(name, f"http://127.0.0.1:{port}/", log)


def _nginx(program: Path, folder: Path, port: int) -> tuple[str, list[str]]:
    template = Path(__file__).with_name("nginx.conf").read_text()
    configuration = folder / "nginx.conf"
    configuration.write_text(template.replace("@PORT@", str(port)))
    told = subprocess.run([program, "-v"], capture_output=True, text=True, check=True).stderr
    name = told.strip().rpartition(" ")[2].replace("/", " ")
    return name, [str(program), "-p", str(folder), "-e", "error.log", "-c", str(configuration)]


def _own(log: Path, port: int) -> tuple[str, list[str]]:
    name = f"outhaul-receiver {sys.version_info.major}.{sys.version_info.minor}"
    return name, [sys.executable, "-m", "outhaul_ops.bench.own_receiver", str(port), str(log)]


def _wait_until_open(program: Running, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        program.require_alive()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise program.failed(f"did not listen within {START_SECONDS:g} s")
