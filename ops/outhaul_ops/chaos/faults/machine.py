"""The crash of a whole machine, told from that of a process: what the disk did not have is gone."""

import os
import random
import signal
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import redis

from outhaul_ops.chaos.books import Crash
from outhaul_ops.chaos.faults.fault import Fault, Lift, Part
from outhaul_ops.chaos.site import Site
from outhaul_ops.embedded import EmbeddedServer

_MARK = "chaos:mark"
_WAIT_MS = 10_000
_ON_ITS_WAY_SECONDS = 0.05


def raw_connection(port: int) -> Any:
    """Return a connection on which a question can be put now and its answer be read later."""
    return redis.Connection(port=port, socket_timeout=_WAIT_MS / 1000)  # type: ignore[no-untyped-call] # has no types


@dataclass
class Disk:
    """Follows how much of a server's append-only file its disk has.

    The server is asked without a pause; when it says that all up to now is on the disk, the file as it stands then
    holds at least that. What was acknowledged to anybody as being on the disk is therefore never cut off.
    """

    connection: Any
    log: Path
    at: float = field(default_factory=time.time)
    size: int = 0

    def ask(self) -> None:
        """Ask to be told when all that was written so far is on the disk."""
        self.connection.send_command("SET", _MARK, 1)
        self.connection.read_response()
        self.connection.send_command("WAITAOF", 1, 0, _WAIT_MS)

    def follow(self, seconds: float) -> None:
        """Go on asking for so long; returns with a question open."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self.note(left):
                self.ask()

    def note(self, seconds: float) -> bool:
        """Wait for an answer and note where the file ends; False where none came."""
        if not self.connection.can_read(timeout=seconds):
            return False
        self.connection.read_response()
        self.at, self.size = time.time(), self.log.stat().st_size
        return True


def crash(server: EmbeddedServer, seconds: float) -> Crash:
    """Kill a server some seconds from now and cut from its file what its disk did not have."""
    connection = raw_connection(server.port)
    disk = Disk(connection, append_only_file(server.folder))
    disk.ask()
    disk.note(_WAIT_MS / 1000)
    disk.ask()
    disk.follow(seconds)
    os.kill(server.pid, signal.SIGSTOP)
    disk.note(_ON_ITS_WAY_SECONDS)
    connection.disconnect()
    server.kill()
    os.truncate(disk.log, disk.size)
    now = time.time()
    return Crash("machine-crash", disk.at, now, now)


def _strike(site: Site, draw: random.Random) -> Lift:
    site.crashes.append(crash(site.server, draw.uniform(0.1, 0.9)))
    return partial(site.start_again, site.server)


def append_only_file(folder: Path) -> Path:
    """Return the file that a server appends to."""
    return max((folder / "appendonlydir").glob("*.incr.aof"), key=lambda path: int(path.name.split(".")[-3]))


FAULTS = (
    Fault(
        "machine-crash",
        Part.LEDGER,
        "kill -9 the ledger's server and cut from its append-only file what was not on the disk (everysec)",
        (0.2, 2.0),
        _strike,
    ),
)
