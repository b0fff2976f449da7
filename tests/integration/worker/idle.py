"""A worker with next to nothing to do, for as many cycles of its dispatcher as it would have in days, only faster.

`PYTHONPATH=tests python -m integration.worker.idle [DAY...]` simulates days of 86 400 cycles each, and prints what was
held at the beginning and after each of those named (1).
"""

import ctypes
import gc
import os
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast
from unittest.mock import patch

from outhaul_config import keys
from outhaul_config.connections import open_client
from outhaul_config.logging import configure_logging
from outhaul_config.settings import Settings
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Dispatch
from outhaul_ops.embedded import EmbeddedServer
from outhaul_producers.normalise import normalise
from outhaul_worker.dispatcher import Dispatcher
from outhaul_worker.engine import Engine
from receiver import Receiver

DAY = 86_400
SETTLING = 1_000  # cycles until connections, scripts and caches are there
EVENT_EVERY = 250  # cycles; some work in between, as nothing is idle for good
WAIT_EVERY = 100  # cycles; the others are woken for nothing, as a wait takes as long as the server's clock ticks
CYCLE_SECONDS = 0.001
WORKER = "worker-a"
SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="


@dataclass(frozen=True)
class Holdings:
    """What a worker and its server hold on to.

    Args:
        keys: on the server, without finished events, which expire, and tokens that wake the dispatcher.
        connections: to the server.
        threads: of the process.
        descriptors: likewise.
        blocks: of memory that Python's objects take.
        resident: KiB, with what could be given back but was not.
        trimmed: KiB, without.
    """

    keys: int
    connections: int
    threads: int
    descriptors: int
    blocks: int
    resident: int
    trimmed: int


class CountingLedger(Ledger):
    """Calls `at_cycle` with the number of each of its dispatcher's cycles."""

    cycles = 0
    at_cycle: Callable[[int], None]

    def dispatch(self, worker: str, slots: int, *, stopping: bool = False) -> Dispatch:
        """Count, then dispatch."""
        self.cycles += 1
        self.at_cycle(self.cycles)
        return super().dispatch(worker, slots, stopping=stopping)


def simulate(
    server: EmbeddedServer,
    folder: Path,
    marks: Sequence[int],
    *,
    event_every: int = EVENT_EVERY,
    and_do: Callable[[], object] = bool,
) -> list[Holdings]:
    """Run cycles over an empty server; returns what was held after each number of them in `marks`, the last the end."""
    seen: list[Holdings] = []
    with (
        Receiver(record=False) as receiver,
        open_client(server.url, 5.0) as client,
        patch("outhaul_worker.engine.LINGER_SECONDS", CYCLE_SECONDS),  # as the dispatcher waits for its drains here
    ):
        engine = _engine(server, folder, receiver.url)
        ledger, wake = CountingLedger(client), keys.stem("wake", "outhaul")

        def at_cycle(number: int) -> None:
            if number in marks:
                seen.append(_holdings(server))
            if number == marks[-1]:
                dispatcher.end()
            and_do()
            if number % event_every == 0:
                ledger.accept([normalise({"type": "custom.ping", "id": f"ev_{number}"}, source="/")])
            elif number % WAIT_EVERY:
                client.lpush(wake, "1")

        ledger.at_cycle = at_cycle
        dispatcher = Dispatcher(
            ledger, WORKER, 2, lambda: engine.drain(WORKER), _nothing, _nothing, sleep_seconds=CYCLE_SECONDS
        )
        dispatcher.run()
        engine.transport.close()
        engine.ledger.client.close()
    return seen


def count_commands(server: EmbeddedServer, cycles: int) -> Counter[str]:
    """Run that many cycles over a server without work; returns the commands they cost it, those in scripts included.

    What is done every ten cycles, as nobody waits for it, is done in all of them here.
    """
    with open_client(server.url, 5.0) as client, server.client() as observer:
        ledger, wake = CountingLedger(client), keys.stem("wake", "outhaul")

        def at_cycle(number: int) -> None:
            observer.lpush(wake, "1")
            if number == cycles:
                dispatcher.end()

        ledger.at_cycle = at_cycle
        dispatcher = Dispatcher(ledger, WORKER, 2, _nothing, _nothing, _nothing, sleep_seconds=0)
        observer.config_resetstat()
        dispatcher.run()
        calls = {name: stats["calls"] for name, stats in observer.info("commandstats").items()}
    ours = ("cmdstat_config|resetstat", "cmdstat_lpush")
    return Counter({name.removeprefix("cmdstat_"): number for name, number in calls.items() if name not in ours})


def _engine(server: EmbeddedServer, folder: Path, endpoint: str) -> Engine:
    destinations = folder / "destinations.toml"
    destinations.write_text(
        f'[destinations.hooks]\nkind = "webhook"\nurl = "{endpoint}"\nsecret = "{SECRET}"\nsubscribe = ["*"]\n'
        "allow_private_addresses = true\n"
    )
    return Engine.start(Settings(ledger_url=server.url, destinations=destinations, retention=1.0))


def _holdings(server: EmbeddedServer) -> Holdings:
    with server.client() as client:
        names = cast("list[bytes]", client.keys())
        # Not -2, of one that expired meanwhile.
        own = sum(client.pttl(name) == -1 for name in names if name.decode() != keys.stem("wake", "outhaul"))
        connections = len(client.client_list()) - 1
    gc.collect()  # what earlier tests left counts neither as memory nor as descriptors
    descriptors = sum(1 for _ in Path("/proc/self/fd").iterdir())
    resident = _resident()
    ctypes.CDLL(None).malloc_trim(0)
    return Holdings(
        own, connections, threading.active_count(), descriptors, sys.getallocatedblocks(), resident, _resident()
    )


def _resident() -> int:
    # The numbers in `statm` and `status` are not exact where there are several processors.
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Rss:"))


def _nothing(**_: object) -> None:
    """Nothing to do."""


def main(arguments: list[str]) -> None:
    """Simulate up to the last of the days named, logging as a worker does, and print what was held when."""
    marks = [SETTLING, *(int(day) * DAY for day in arguments or ["1"])]
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedServer(Path(folder) / "server") as server,
        Path(os.devnull).open("wb") as nowhere,
    ):
        configure_logging(Settings(), nowhere.fileno())
        for cycles, held in zip(marks, simulate(server, Path(folder), marks), strict=True):
            print(cycles, *(f"{name}={value}" for name, value in asdict(held).items()))  # noqa: T201 - its purpose


if __name__ == "__main__":
    main(sys.argv[1:])
