"""The installation a chaos run does its worst to: servers, the world outside, workers and producers."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import orjson

from outhaul_config.connections import open_client
from outhaul_ledger.ledger import Ledger
from outhaul_ops.chaos.books import Crash
from outhaul_ops.chaos.clock import CLOCK_VARIABLE, set_shift
from outhaul_ops.chaos.points import FOLDER_VARIABLE, Points
from outhaul_ops.chaos.programs import Program
from outhaul_ops.chaos.proxy import Mode
from outhaul_ops.chaos.scene import COMPLAINT, ENDPOINTS, destinations_toml
from outhaul_ops.embedded import EmbeddedServer, end_with_parent
from outhaul_ops.replicated import REPLICAS, ReplicatedServer

WORKERS = 2
PROCESSES = 2
DIRECT_SECONDS = 5.0
WORKER_APP = "outhaul_ops.chaos.worker"
# A file that the server rewrites in the middle of a run could not be cut where the disk had it.
_SERVER_SETTINGS = ("--auto-aof-rewrite-percentage", "0")
# Without it a primary that lost its place goes on taking writes from whoever still has a connection, for some 10 s.
_REPLICATED = ("--min-replicas-to-write", "1", "--min-replicas-max-lag", "1")
_ORDERED = [each.name for each in ENDPOINTS if each.ordered]
_QUICK = ("--without-mingle", "--without-gossip", "--without-heartbeat")


@dataclass(frozen=True, slots=True)
class Load:
    """What is handed over: one producer of single events, one of batches, and a careful one.

    `rate` is events a second, over all of them.
    """

    rate: float = 60.0

    def shares(self) -> dict[str, tuple[float, int]]:
        """The rate and the size of a call, by producer."""
        third = self.rate / 3
        return {"single": (third, 1), "batch": (third, 10), CAREFUL: (third, 10)}


CAREFUL = "careful"
"""The producer that waits for the server's disk or for all replicas, where either can be had."""


class Outside:
    """The process that stands for the world outside; see `outside.py`."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self.ports: dict[str, int] = self._answer()

    def turn(self, name: str, mode: Mode, delay: float = 0.0) -> None:
        """Change the network to a server or an endpoint."""
        self._tell(f"{name} {mode} {delay}")

    def misbehave(self, endpoint: str, rules: str) -> None:
        """Change how an endpoint answers."""
        self._tell(f"{endpoint} rules {rules}")

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it was started with a pipe
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()
        self._answer()

    def _answer(self) -> dict[str, int]:
        assert self._process.stdout is not None  # noqa: S101 - it was started with a pipe
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process with the endpoints has ended")
        answer: dict[str, int] = orjson.loads(line)
        return answer


@dataclass
class Site:
    """Everything that runs. `arrivals` is the receivers' book, `journal(name)` a producer's.

    `server` keeps the ledger, or is the first primary where it is `replicated`. `operator` replays all dead letters and
    held deliveries whenever it is started, `mender` those that keep others of their line waiting.
    """

    folder: Path
    server: EmbeddedServer
    replicated: ReplicatedServer | None
    broker: EmbeddedServer
    outside: Outside
    points: Points
    operator: Program
    mender: Program
    environment: Mapping[str, str]
    workers: list[Program] = field(default_factory=list)
    producers: dict[str, Program] = field(default_factory=dict)
    crashes: list[Crash] = field(default_factory=list)

    @property
    def durable(self) -> frozenset[str]:
        """The producers whose events no crash may cost."""
        if self.replicated:
            return frozenset({CAREFUL})
        return frozenset(self.producers) if self.server.appendfsync == "always" else frozenset()

    @property
    def arrivals(self) -> Path:
        """Where the receivers' book is."""
        return self.folder / "arrivals.log"

    def journal(self, producer: str) -> Path:
        """Where a producer's book is."""
        return self.folder / f"{producer}.journal"

    def clock(self, worker: int) -> Path:
        """The file that shifts a worker's clock."""
        return self.folder / f"clock-{worker}"

    def ledger(self) -> Ledger:
        """The ledger, past every proxy."""
        url = self.replicated.url if self.replicated else self.server.url
        return Ledger(open_client(url, DIRECT_SECONDS))

    def start_again(self, server: EmbeddedServer) -> None:
        """Start a server that was ended or has ended itself; it finds what its disk has."""
        server.kill()
        server.start()

    @property
    def programs(self) -> list[Program]:
        """All that a fault may end."""
        return [*self.workers, *self.producers.values()]

    def complaints(self) -> list[str]:
        """What producers met that no fault explains, in words; they note it in a line of their output."""
        return [f"{name}: {line}" for name, each in self.producers.items() for line in each.said(COMPLAINT)]

    def supervise(self) -> bool:
        """Start again what has died; True when a worker was started now."""
        started = [each.supervise() for each in self.workers]
        for each in self.producers.values():
            each.supervise()
        return any(started)


@contextmanager
def open_site(
    folder: Path,
    load: Load,
    seed: int,
    *,
    replicated: bool = False,
    appendfsync: Literal["always", "everysec"] = "everysec",
    worker_app: str = WORKER_APP,
) -> Iterator[Site]:
    """Start a site; ends everything that runs there however the context is left.

    Args:
        folder: an empty folder for all files.
        load: what producers do.
        seed: what their choices come from.
        replicated: have a primary with replicas and Sentinels keep the ledger, and no proxy in between.
        appendfsync: when the single server that keeps the ledger forces its file to the disk.
        worker_app: the Celery application that workers run.

    Raises:
        ServerMissing: there is no server program.
        RuntimeError: a server did not start.
    """
    with ExitStack() as stack:
        servers = stack.enter_context(ReplicatedServer(folder / "ledger", _REPLICATED)) if replicated else None
        single = EmbeddedServer(folder / "ledger", appendfsync=appendfsync, settings=_SERVER_SETTINGS)
        server = servers.primary if servers else stack.enter_context(single)
        broker = stack.enter_context(EmbeddedServer(folder / "broker"))
        outside = stack.enter_context(_outside(folder, {"ledger": server.port, "broker": broker.port}))
        points = Points(folder / "points")
        points.prepare()
        environment = _environment(folder, outside)
        if servers:
            environment["OUTHAUL_LEDGER_URL"] = servers.url
        operators = (_operator(folder, environment), _operator(folder, environment, *_ORDERED))
        site = Site(folder, server, servers, broker, outside, points, *operators, environment)
        _write_destinations(site)
        _add_programs(site, load, seed, worker_app)
        for program in (site.operator, site.mender, *site.programs):
            stack.callback(program.end)
        for program in site.programs:
            program.start()
        yield site


def _add_programs(site: Site, load: Load, seed: int, worker_app: str) -> None:
    for number in range(WORKERS):
        set_shift(site.clock(number), 0.0)
        site.workers.append(_worker(site, number, worker_app))
    site.producers |= {name: _producer(site, name, *share, seed) for name, share in load.shares().items()}


@contextmanager
def _outside(folder: Path, servers: dict[str, int]) -> Iterator[Outside]:
    arguments = [str(folder / "arrivals.log"), *(f"{name}={port}" for name, port in servers.items())]
    with (folder / "outside.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "outhaul_ops.chaos.outside", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
    with process:
        try:
            yield Outside(process)
        finally:
            process.kill()


def _environment(folder: Path, outside: Outside) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("OUTHAUL_", "CELERY_"))}
    return own | {
        "OUTHAUL_LEDGER_URL": f"redis://127.0.0.1:{outside.ports['ledger']}/0",
        "OUTHAUL_BROKER_URL": f"redis://127.0.0.1:{outside.ports['broker']}/0",
        "OUTHAUL_DESTINATIONS": str(folder / "destinations.toml"),
        FOLDER_VARIABLE: str(folder / "points"),
    }


def _write_destinations(site: Site) -> None:
    urls = {name: f"http://127.0.0.1:{port}/{name}" for name, port in site.outside.ports.items()}
    (site.folder / "destinations.toml").write_text(destinations_toml(urls))


def _worker(site: Site, number: int, app: str) -> Program:
    name = f"worker-{number}"
    celery = (sys.executable, "-m", "celery", "-A", app, "worker")
    command = [*celery, f"--concurrency={PROCESSES}", f"--hostname={name}@%h", *_QUICK]
    environment = {**site.environment, CLOCK_VARIABLE: str(site.clock(number))}
    return Program(name, command, environment, site.folder / f"{name}.log")


def _operator(folder: Path, environment: Mapping[str, str], *destinations: str) -> Program:
    command = [sys.executable, "-m", "outhaul_ops.chaos.operator", *destinations]
    return Program("operator", command, environment, folder / "operator.log")


def _producer(site: Site, name: str, rate: float, batch: int, seed: int) -> Program:
    arguments = (str(site.journal(name)), f"ev_{name}_", str(rate), str(batch), f"{seed}-{name}")
    command = [sys.executable, "-m", "outhaul_ops.chaos.producer", *arguments]
    waiting = _careful(site) if name == CAREFUL else {}
    return Program(name, command, {**site.environment, **waiting}, site.folder / f"{name}.log")


def _careful(site: Site) -> dict[str, str]:
    if site.replicated:
        # All of them: Sentinels may promote any, also the one that has not yet got what another has confirmed.
        return {"OUTHAUL_REPLICAS": str(REPLICAS), "OUTHAUL_LEDGER_TIMEOUT": "5s"}
    return {"OUTHAUL_DURABILITY": "fsync"} if site.server.appendfsync == "always" else {}
