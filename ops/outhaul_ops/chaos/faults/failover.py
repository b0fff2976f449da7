"""Faults of a primary with replicas, which Sentinels watch."""

import os
import random
import signal
import time
from collections.abc import Callable

import redis

from outhaul_ops.chaos.books import Crash
from outhaul_ops.chaos.faults.fault import Fault, Lift, Part, Strike
from outhaul_ops.chaos.site import Site
from outhaul_ops.embedded import EmbeddedServer
from outhaul_ops.replicated import SERVICE, ReplicatedServer

LAG_SECONDS = 1.0  # longer than any replica on the same machine is behind
REJOIN_SECONDS = 15.0  # until Sentinels have made a former primary that came back a replica


def _losing(name: str, lose: Callable[[ReplicatedServer, EmbeddedServer], Callable[[], object]]) -> Strike:
    """Lose the primary; `lose` returns what brings it back. Until all follow one primary, writes may be lost."""

    def strike(site: Site, _draw: random.Random) -> Lift:
        replicated = site.replicated
        assert replicated is not None  # noqa: S101 - the plan gives these faults to replicated sites only
        at = time.time()
        bring_back = lose(replicated, replicated.primary)

        def lift() -> None:
            bring_back()
            site.crashes.append(Crash(name, at - LAG_SECONDS, at, time.time() + REJOIN_SECONDS))

        return lift

    return strike


def _kill(_replicated: ReplicatedServer, primary: EmbeddedServer) -> Callable[[], object]:
    primary.kill()
    return primary.start


def _freeze(_replicated: ReplicatedServer, primary: EmbeddedServer) -> Callable[[], object]:
    os.kill(primary.pid, signal.SIGSTOP)
    return lambda: os.kill(primary.pid, signal.SIGCONT)


def _change(replicated: ReplicatedServer, _primary: EmbeddedServer) -> Callable[[], object]:
    with redis.Redis(port=replicated.sentinels[0].port) as sentinel:
        sentinel.execute_command("SENTINEL FAILOVER", SERVICE)
    return lambda: None


def _fault(name: str, summary: str, lose: Callable[[ReplicatedServer, EmbeddedServer], Callable[[], object]]) -> Fault:
    return Fault(name, Part.LEDGER, summary, (4.0, 7.0), _losing(name, lose), replicated=True)


FAULTS = (
    _fault("failover-kill", "kill -9 the primary; Sentinels promote a replica; it comes back as one", _kill),
    _fault("failover-freeze", "SIGSTOP the primary until Sentinels promote a replica, and SIGCONT", _freeze),
    _fault("failover-planned", "Sentinels are asked to make a replica the primary", _change),
)
