"""Faults of the ledger's server and of the broker themselves."""

import random
import resource
import shutil
from functools import partial

import redis

from outhaul_ops.chaos.faults.fault import Fault, Lift, Part, Strike, nothing
from outhaul_ops.chaos.faults.machine import append_only_file
from outhaul_ops.chaos.site import Site
from outhaul_ops.embedded import EmbeddedServer

SPARE_BYTES = 16 * 1024
BUSY_AFTER_MS = 20


def _kill(site: Site, _draw: random.Random) -> Lift:
    site.server.kill()
    return partial(site.start_again, site.server)


def _kill_always(site: Site, _draw: random.Random) -> Lift:
    """Have every write on the disk before it is answered, for a while, and then kill."""
    _configure(site.server, "appendfsync", "always")

    def lift() -> None:
        site.server.kill()
        site.start_again(site.server)

    return lift


def _full_disk(site: Site, _draw: random.Random) -> Lift:
    """Let the server's file grow by a little and no further; the kernel refuses the rest, as a full disk does."""
    size = append_only_file(site.server.folder).stat().st_size
    server = site.server.pid
    resource.prlimit(server, resource.RLIMIT_FSIZE, (size + SPARE_BYTES, resource.RLIM_INFINITY))

    def lift() -> None:
        if site.server.alive:
            resource.prlimit(server, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        else:
            site.start_again(site.server)

    return lift


def _full_disk_always(site: Site, draw: random.Random) -> Lift:
    """With `always` a server that cannot write ends; if it has not by the end, it goes back to what it was."""
    _configure(site.server, "appendfsync", "always")
    enlarge = _full_disk(site, draw)

    def lift() -> None:
        enlarge()
        _configure(site.server, "appendfsync", site.server.appendfsync)

    return lift


def _full_memory(site: Site, _draw: random.Random) -> Lift:
    _configure(site.server, "maxmemory", "1mb")
    return partial(_configure, site.server, "maxmemory", "0")


def _read_only(site: Site, _draw: random.Random) -> Lift:
    """Make it a replica of a server that is not there: it keeps its data and takes no writes."""
    with site.server.client() as client:
        client.replicaof("127.0.0.1", 1)
    return partial(_promote, site.server)


def _promote(server: EmbeddedServer) -> None:
    with server.client() as client:
        client.replicaof("NO", "ONE")


def _busy(site: Site, _draw: random.Random) -> Lift:
    """Run a script without end; the server answers BUSY to all others."""
    _configure(site.server, "busy-reply-threshold", str(BUSY_AFTER_MS))
    connection = redis.Connection(port=site.server.port)  # type: ignore[no-untyped-call] # has no types
    connection.send_command("EVAL", "while true do end", 0)  # type: ignore[no-untyped-call] # has no types

    def lift() -> None:
        with site.server.client() as client:
            client.script_kill()
        connection.disconnect()  # type: ignore[no-untyped-call] # has no types

    return lift


def _lose_broker(site: Site, _draw: random.Random) -> Lift:
    """Kill the broker; it comes back with nothing."""
    site.broker.kill()
    shutil.rmtree(site.broker.folder)
    return partial(site.start_again, site.broker)


def _wipe_broker(site: Site, _draw: random.Random) -> Lift:
    with site.broker.client() as client:
        client.flushall()
    return nothing


def _configure(server: EmbeddedServer, name: str, value: str) -> None:
    with server.client() as client:
        client.config_set(name, value)


def _ledger(name: str, summary: str, seconds: tuple[float, float], strike: Strike) -> Fault:
    return Fault(name, Part.LEDGER, summary, seconds, strike)


FAULTS = (
    _ledger("ledger-kill", "kill -9 the ledger's server; it starts again", (0.2, 3.0), _kill),
    _ledger("ledger-kill-always", "the same, with appendfsync always for a while before", (1.0, 3.0), _kill_always),
    _ledger(
        "ledger-disk-full", "the append-only file cannot grow: MISCONF, or the server ends", (2.0, 5.0), _full_disk
    ),
    _ledger(
        "ledger-disk-full-always",
        "the append-only file cannot grow (always): the server ends, and starts again",
        (2.0, 5.0),
        _full_disk_always,
    ),
    _ledger("ledger-oom", "the ledger's server is out of memory: OOM", (1.0, 5.0), _full_memory),
    _ledger("ledger-readonly", "the ledger's server takes no writes: READONLY", (1.0, 5.0), _read_only),
    _ledger("ledger-busy", "the ledger's server is stuck in a script: BUSY", (1.0, 4.0), _busy),
    Fault("broker-kill", Part.BROKER, "kill -9 the broker; it starts again without data", (0.2, 3.0), _lose_broker),
    Fault("broker-wipe", Part.BROKER, "FLUSHALL on the broker, and on it alone", (0.5, 1.0), _wipe_broker),
)
