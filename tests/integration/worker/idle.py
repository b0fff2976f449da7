"""A worker with next to nothing to do, for as many cycles of its dispatcher as it would have in a day, only faster.

`PYTHONPATH=tests python -m integration.worker.idle [CYCLES]` simulates a day (86 400) and prints what grew.
"""

import os
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from outhaul_config import keys
from outhaul_config.connections import open_client
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
    """What a worker and its server hold on to. `keys` leaves out finished events, which expire; memory is in KiB."""

    keys: int
    connections: int
    threads: int
    descriptors: int
    resident: int


class CountingLedger(Ledger):
    """Calls `at_cycle` with the number of each of its dispatcher's cycles."""

    cycles = 0
    at_cycle: Callable[[int], None]

    def dispatch(self, worker: str, slots: int, *, stopping: bool = False) -> Dispatch:
        """Count, then dispatch."""
        self.cycles += 1
        self.at_cycle(self.cycles)
        return super().dispatch(worker, slots, stopping=stopping)


def simulate(server: EmbeddedServer, folder: Path, cycles: int) -> tuple[Holdings, Holdings]:
    """Run that many cycles over an empty server; returns what was held after `SETTLING` of them, and at the end."""
    seen: list[Holdings] = []
    with Receiver(record=False) as receiver, open_client(server.url, 5.0) as client:
        engine = _engine(server, folder, receiver.url)
        ledger, wake = CountingLedger(client), keys.stem("wake", "outhaul")

        def at_cycle(number: int) -> None:
            if number in (SETTLING, cycles):
                seen.append(_holdings(server))
            if number == cycles:
                dispatcher.end()
            if number % EVENT_EVERY == 0:
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
    return seen[0], seen[1]


def count_commands(server: EmbeddedServer, cycles: int) -> int:
    """Run that many cycles over an empty server; returns the commands they cost it, those in scripts included.

    What is done once a second is done in every cycle; so is what waits for others to beat first.
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
        for _ in range(cycles):
            ledger.recover()
        calls = {name: stats["calls"] for name, stats in observer.info("commandstats").items()}
    ours = ("cmdstat_config|resetstat", "cmdstat_lpush")
    return sum(number for name, number in calls.items() if name not in ours)


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
        own = sum(client.pttl(name) < 0 for name in names)
        connections = len(client.client_list()) - 1
    return Holdings(
        keys=own,
        connections=connections,
        threads=threading.active_count(),
        descriptors=sum(1 for _ in Path("/proc/self/fd").iterdir()),
        resident=int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024,
    )


def _nothing() -> None:
    """Nothing to do."""


def main(arguments: list[str]) -> None:
    """Simulate a day, or as many cycles as are named, and print what was held before and after."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedServer(Path(folder) / "server") as server:
        before, after = simulate(server, Path(folder), int(arguments[0]) if arguments else DAY)
    for name, value in asdict(before).items():
        print(f"{name:12} {value:8} {getattr(after, name):8}")  # noqa: T201 - its purpose


if __name__ == "__main__":
    main(sys.argv[1:])
