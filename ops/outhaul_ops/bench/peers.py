"""The usual ways of doing the same job, as contenders. Their programs are in `ops/bench/peers`."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import orjson
import redis

import outhaul_ops
from outhaul_ops.bench.contenders import PROCESSES, SECRET, Contender, outside_environment
from outhaul_ops.bench.installing import (
    LOCK,
    REQUIREMENTS,
    Installed,
    PeerMissing,
    itself,
    node_packages,
    node_version,
    python_packages,
)
from outhaul_ops.bench.processes import BenchFailed
from outhaul_ops.bench.stage import Stage

PEERS = Path(outhaul_ops.__file__).parents[1] / "bench" / "peers"

Commands = tuple[tuple[str, ...], ...]


class Notebook(Protocol):
    """Keeps what a reader of the results should know."""

    def note(self, text: str) -> None:
        """Keep a sentence."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer's programs and how they are run.

    `producer` follows the program that `install` returns, and so do the `workers`, one command per program, for so
    many deliveries in flight per process. `in_flight` is as many as its documentation starts with. `queued` counts
    what the server still holds for it. `packages` are those whose versions a reader wants to know.
    """

    name: str
    package: str
    install: Callable[[Path], Installed]
    producer: tuple[str, ...]
    workers: Callable[[int], Commands]
    in_flight: int
    queued: Callable[[redis.Redis], int]
    packages: tuple[str, ...] = ()

    def pins(self) -> dict[str, str]:
        """Return the versions of all packages it is installed with."""
        folder = PEERS / self.package
        if (folder / LOCK).exists():
            locked = orjson.loads((folder / LOCK).read_bytes())["packages"]
            return {name.removeprefix("node_modules/"): each["version"] for name, each in locked.items() if name}
        lines = (folder / REQUIREMENTS).read_text().splitlines()
        return dict(line.split("==") for line in lines if "==" in line)


def _celery(*options: str) -> tuple[str, ...]:
    return ("-m", "celery", "-A", "celery_per_delivery.deliveries", "worker", "--without-mingle", *options)


def _celery_threads(in_flight: int) -> Commands:
    return tuple(
        _celery("--pool=threads", f"--concurrency={in_flight}", f"--hostname=worker{number}@%h")
        for number in range(PROCESSES)
    )


def _dramatiq(in_flight: int) -> Commands:
    return (("-m", "dramatiq", "deliveries", f"--processes={PROCESSES}", f"--threads={in_flight}"),)


def _taskiq(in_flight: int) -> Commands:
    counts = (f"--workers={PROCESSES}", f"--max-async-tasks={in_flight}", f"--max-prefetch={in_flight}")
    return (("-m", "taskiq", "worker", "deliveries:broker", "--log-level=WARNING", *counts),)


def _bullmq(in_flight: int) -> Commands:
    return (("worker.mjs", str(in_flight)),) * PROCESSES


def _queued_by_celery(client: redis.Redis) -> int:
    return int(client.llen("celery")) + int(client.hlen("unacked"))


def _queued_by_dramatiq(client: redis.Redis) -> int:
    return int(client.hlen("dramatiq:default.msgs"))


def _queued_by_taskiq(client: redis.Redis) -> int:
    groups = client.xinfo_groups("taskiq")
    return sum(int(group["lag"] or 0) + int(group["pending"]) for group in groups)


def _queued_by_bullmq(client: redis.Redis) -> int:
    return int(client.llen("bull:deliveries:wait")) + int(client.llen("bull:deliveries:active"))


CELERY = Peer(
    "celery task per delivery",
    "celery_per_delivery",
    itself,
    ("-m", "celery_per_delivery.producer"),
    lambda _: (_celery(f"--concurrency={PROCESSES}"),),
    1,
    _queued_by_celery,
)
CELERY_THREADS = Peer(
    "celery, threads pool", CELERY.package, itself, CELERY.producer, _celery_threads, 8, _queued_by_celery
)
DRAMATIQ = Peer(
    "dramatiq",
    "dramatiq_actor",
    python_packages,
    ("producer.py",),
    _dramatiq,
    8,
    _queued_by_dramatiq,
    ("dramatiq",),
)
TASKIQ = Peer(
    "taskiq + aiohttp",
    "taskiq_aiohttp",
    python_packages,
    ("producer.py",),
    _taskiq,
    100,
    _queued_by_taskiq,
    ("taskiq", "taskiq-redis", "aiohttp"),
)
BULLMQ = Peer(
    "bullmq + undici",
    "bullmq_undici",
    node_packages,
    ("producer.mjs",),
    _bullmq,
    64,
    _queued_by_bullmq,
    ("bullmq", "undici"),
)

ALL_PEERS = (CELERY, CELERY_THREADS, DRAMATIQ, TASKIQ, BULLMQ)


def contend(stage: Stage, peer: Peer, *, url: str | None = None, in_flight: int | None = None) -> Contender:
    """Install a peer where that is needed, and make it a contender.

    Args:
        stage: where it takes part.
        peer: which.
        url: where it delivers to; the stage's receiver unless given.
        in_flight: deliveries that one process works at together; as its documentation has it unless given.

    Raises:
        PeerMissing: it cannot be installed here.
        BenchFailed: the peers' programs are not there.
    """
    folder = PEERS / peer.package
    if not folder.is_dir():
        raise BenchFailed(f"expected the peers' programs in {PEERS}: run the benchmark from a checkout of Outhaul")
    installed = peer.install(folder)
    program = str(installed.program)
    environment = outside_environment() | {
        "PYTHONPATH": str(installed.folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "BENCH_BROKER_URL": stage.server.url,
        "BENCH_ENDPOINT": url or stage.receiver.url,
        "BENCH_SECRET": SECRET,
    }
    return Contender(
        peer.name,
        (program, *peer.producer),
        tuple((program, *command) for command in peer.workers(in_flight or peer.in_flight)),
        environment,
        installed.folder,
        lambda: peer.queued(stage.client),
    )


def present(stage: Notebook, peers: Iterable[Peer], make: Callable[[Peer], Contender]) -> list[Contender]:
    """Make contenders of those peers that can be installed here; the stage notes which cannot, and why."""
    found = []
    for peer in peers:
        try:
            found.append(make(peer))
        except PeerMissing as missing:
            stage.note(f"{peer.name} is left out: {missing}")
    return found


def pinned_versions(names: Collection[str]) -> dict[str, str]:
    """Return the versions of the main packages of those peers that are named, and of Node.js where it runs one."""
    found: dict[str, str] = {}
    for peer in ALL_PEERS:
        if peer.name in names and peer.packages:
            found |= {package: version for package, version in peer.pins().items() if package in peer.packages}
        if peer.name in names and peer.install is node_packages:
            found["node"] = node_version()
    return found
