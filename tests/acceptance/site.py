"""A whole installation for a test: a server, destinations, producers in this process, and real workers in others."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import outhaul_producers
from eventually import eventually
from outhaul_config.settings import load_settings
from outhaul_ledger.ledger import Ledger, connect
from outhaul_ops.embedded import EmbeddedServer, end_with_parent
from outhaul_producers import client

SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="


@dataclass
class Worker:
    """A running `celery -A outhaul_worker worker`, with its pool processes in one group."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def terminate(self) -> None:
        """Ask for a warm shutdown."""
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it and its pool processes at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def signal_group(self, how: signal.Signals) -> None:
        """Signal it and its pool processes."""
        os.killpg(self.process.pid, how)


@dataclass
class Site:
    """One installation in a folder. `destination` adds destinations; `start_worker` runs a worker over them."""

    folder: Path
    server: EmbeddedServer
    settings: dict[str, str] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)
    _tables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What every process of the site is started with."""
        return {
            **os.environ,
            "OUTHAUL_LEDGER_URL": self.server.url,
            "OUTHAUL_DESTINATIONS": str(self.folder / "destinations.toml"),
            **self.settings,
        }

    def destination(self, name: str, url: str, lines: str = "", *, subscribe: str = '["*"]') -> None:
        """Configure a webhook destination on loopback; `lines` are further lines of its table."""
        self.table(
            name,
            f'[destinations.{name}]\nkind = "webhook"\nurl = "{url}"\nsecret = "{SECRET}"\nsubscribe = {subscribe}\n'
            f"allow_private_addresses = true\n{lines}\n",
        )

    def table(self, name: str, text: str) -> None:
        """Configure a destination by its whole table."""
        self._tables[name] = text

    def install_kind(self, name: str, source: str, attribute: str) -> None:
        """Install a package with a destination kind of its own, for the site's processes."""
        (self.folder / f"{name}_kind.py").write_text(source)
        metadata = self.folder / f"{name}_kind-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-kind\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[outhaul.destinations]\n{name} = {name}_kind:{attribute}\n")
        self.settings["PYTHONPATH"] = str(self.folder)

    def start_worker(self, *arguments: str, concurrency: int = 2) -> Worker:
        """Start a worker and wait until the ledger knows it."""
        self.write_destinations()
        log = self.folder / f"worker-{len(self.workers)}.log"
        name = f"--hostname=worker{len(self.workers)}@%h"
        celery = (sys.executable, "-m", "celery", "-A", "outhaul_worker")
        command = [*celery, "worker", f"-c{concurrency}", name, *arguments]
        with log.open("wb") as sink:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.environment,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
        worker = Worker(process, log)
        self.workers.append(worker)
        eventually(lambda: self._knows(worker), within=20, what=f"worker in the ledger; {log}")
        return worker

    def write_destinations(self) -> None:
        """Write what was configured to the file that workers read."""
        (self.folder / "destinations.toml").write_text("\n".join(self._tables.values()))

    def _knows(self, worker: Worker) -> bool:
        assert worker.process.poll() is None, worker.log.read_text()
        return any(name.endswith(f":{worker.process.pid}") for name in self.ledger().workers())

    def outhaul(self, *arguments: str) -> bytes:
        """Run the `outhaul` command, which must succeed; returns what it printed."""
        command = [sys.executable, "-m", "outhaul_ops", *arguments]
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, timeout=60).stdout

    def celery(self, *arguments: str) -> bytes:
        """Run Celery's own command, which must succeed; returns what it printed."""
        command = [sys.executable, "-m", "celery", "-A", "outhaul_worker", *arguments]
        environment, folder = self.environment, self.folder
        return subprocess.run(command, env=environment, cwd=folder, check=True, capture_output=True, timeout=60).stdout

    def ledger(self) -> Ledger:
        """The site's ledger, over a connection of its own."""
        return connect(load_settings(self.environment))

    def use(self) -> None:
        """Let this process's producers enqueue here."""
        client.configure(load_settings(self.environment))

    def enqueue(self, count: int, start: int = 0, **sections: Any) -> list[str]:
        """Accept `count` small custom events; returns their ids."""
        ids = [f"ev_{start + number:06d}" for number in range(count)]
        outcome = outhaul_producers.enqueue_events(
            {"type": "custom.ping", "id": event_id, "properties": {"n": event_id}, **sections} for event_id in ids
        )
        assert not outcome.errors
        return ids

    def finished(self, destination: str, count: int) -> bool:
        """True when the destination has delivered that many and has nothing left, all accounted for."""
        standing = self.ledger().survey().standings.get(destination)
        return bool(standing and standing.balanced and standing.delivered == count and standing.waiting == 0)

    def close(self) -> None:
        """End every worker that still runs."""
        client.configure(None)
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.kill()
