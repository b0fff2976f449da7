"""The crash of a whole machine, told from that of a process: what the disk did not have is gone."""

import os
import random
import time
from functools import partial
from pathlib import Path

from outhaul_ops.chaos.books import Crash
from outhaul_ops.chaos.faults.fault import Fault, Lift, Part
from outhaul_ops.chaos.site import Site
from outhaul_ops.embedded import EmbeddedServer

EVERYSEC = "everysec"


def crash(server: EmbeddedServer, seconds: float) -> Crash:
    """Kill a server some seconds from now, as if its disk had got nothing meanwhile.

    With `everysec` what its append-only file got in this time is cut off. With `always` nothing is: the server has
    forced to the disk what it answers before it answers.
    """
    log = append_only_file(server.folder)
    since, size = time.time(), log.stat().st_size
    time.sleep(seconds)
    cut = _configured(server) == EVERYSEC
    server.kill()
    if cut:
        os.truncate(log, size)
    now = time.time()
    return Crash("machine-crash", since if cut else now, now, now)


def append_only_file(folder: Path) -> Path:
    """Return the file that a server appends to."""
    return max((folder / "appendonlydir").glob("*.incr.aof"), key=lambda path: int(path.name.split(".")[-3]))


def _configured(server: EmbeddedServer) -> str:
    with server.client() as client:
        return str(client.config_get("appendfsync")["appendfsync"])


def _strike(site: Site, draw: random.Random) -> Lift:
    site.crashes.append(crash(site.server, draw.uniform(0.1, 1.0)))
    return partial(site.start_again, site.server)


FAULTS = (
    Fault(
        "machine-crash",
        Part.LEDGER,
        "kill -9 the ledger's server; what its append-only file got in the last second is gone, unless always",
        (0.2, 2.0),
        _strike,
    ),
)
