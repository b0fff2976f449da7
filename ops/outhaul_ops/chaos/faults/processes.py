"""Faults of workers, producers and operators."""

import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from outhaul_ops.chaos.clock import set_shift
from outhaul_ops.chaos.faults.fault import Fault, Lift, Part, Strike, nothing
from outhaul_ops.chaos.points import KILL, KILL_GROUP, MOMENTS
from outhaul_ops.chaos.programs import Program
from outhaul_ops.chaos.site import Site

HOUR = 3600.0


def _worker(site: Site, draw: random.Random) -> Program:
    return draw.choice(site.workers)


def _producer(site: Site, draw: random.Random) -> Program:
    return draw.choice(list(site.producers.values()))


def _signal_group(choose: Callable[[Site, random.Random], Program], how: signal.Signals) -> Strike:
    def strike(site: Site, draw: random.Random) -> Lift:
        choose(site, draw).send_group(how)
        return nothing

    return strike


def _signal_one(choose: Callable[[Site, random.Random], Program], how: signal.Signals) -> Strike:
    def strike(site: Site, draw: random.Random) -> Lift:
        choose(site, draw).send(how)
        return nothing

    return strike


def _freeze(choose: Callable[[Site, random.Random], Program]) -> Strike:
    def strike(site: Site, draw: random.Random) -> Lift:
        frozen = choose(site, draw)
        frozen.send_group(signal.SIGSTOP)
        return partial(frozen.send_group, signal.SIGCONT)

    return strike


def _kill_child(site: Site, draw: random.Random) -> Lift:
    children = _worker(site, draw).children()
    if children:
        with suppress(ProcessLookupError):
            os.kill(draw.choice(children), signal.SIGKILL)
    return nothing


def _set_clock(site: Site, draw: random.Random) -> Lift:
    path = site.clock(draw.randrange(len(site.workers)))
    set_shift(path, draw.choice((HOUR, -HOUR)))
    return partial(set_shift, path, 0.0)


def _kill_in(*operations: str) -> Strike:
    def strike(site: Site, draw: random.Random) -> Lift:
        point = f"{draw.choice(operations)}.{draw.choice(MOMENTS)}"
        site.points.arm(point, draw.choice((KILL, KILL_GROUP)))
        return lambda: not site.points.disarm(point)

    return strike


def _kill_in_replay(site: Site, draw: random.Random) -> Lift:
    point = f"{draw.choice(('open_replay', 'list_kept', 'replay', 'close_replay'))}.{draw.choice(MOMENTS)}"
    site.points.arm(point, KILL)
    site.operator.start()

    def lift() -> bool:
        reached = not site.points.disarm(point)
        site.operator.end()
        site.operator.start()
        return reached

    return lift


FAULTS = (
    Fault(
        "worker-kill",
        Part.WORKERS,
        "kill -9 a worker with all its processes; it starts again a second later",
        (1.0, 3.0),
        _signal_group(_worker, signal.SIGKILL),
    ),
    Fault("worker-kill-child", Part.WORKERS, "kill -9 one pool process of a worker", (1.0, 3.0), _kill_child),
    Fault(
        "worker-kill-parent",
        Part.WORKERS,
        "kill -9 a worker's parent process; its pool processes are left alone",
        (1.0, 3.0),
        _signal_one(_worker, signal.SIGKILL),
    ),
    Fault("worker-freeze", Part.WORKERS, "SIGSTOP a worker, and SIGCONT", (1.0, 14.0), _freeze(_worker)),
    Fault(
        "worker-term",
        Part.WORKERS,
        "SIGTERM a worker: a warm shutdown; it starts again when it has ended",
        (2.0, 5.0),
        _signal_one(_worker, signal.SIGTERM),
    ),
    Fault(
        "worker-term-group",
        Part.WORKERS,
        "SIGTERM a worker and its pool processes at once, as some supervisors do",
        (2.0, 5.0),
        _signal_group(_worker, signal.SIGTERM),
    ),
    Fault(
        "worker-clock", Part.WORKERS, "set a worker's clock an hour forward or back, and right", (3.0, 8.0), _set_clock
    ),
    Fault(
        "kill-in-lease",
        Part.WORKERS,
        "kill -9 at a point of lease or lease_inbox: before, sent, or after",
        (3.0, 3.0),
        _kill_in("lease", "lease_inbox"),
    ),
    Fault("kill-in-fan-out", Part.WORKERS, "kill -9 at a point of fan_out", (3.0, 3.0), _kill_in("fan_out")),
    Fault("kill-in-settle", Part.WORKERS, "kill -9 at a point of settle", (3.0, 3.0), _kill_in("settle")),
    Fault(
        "kill-in-dispatch",
        Part.WORKERS,
        "kill -9 at a point of dispatch, recover, begin or retire",
        (3.0, 3.0),
        _kill_in("dispatch", "recover", "begin", "retire"),
    ),
    Fault(
        "producer-kill",
        Part.PRODUCERS,
        "kill -9 a producer; it starts again a second later",
        (1.0, 2.0),
        _signal_group(_producer, signal.SIGKILL),
    ),
    Fault("producer-freeze", Part.PRODUCERS, "SIGSTOP a producer, and SIGCONT", (0.5, 4.0), _freeze(_producer)),
    Fault(
        "kill-in-enqueue",
        Part.PRODUCERS,
        "kill -9 a producer at a point of enqueue_event: before, sent, or after",
        (3.0, 3.0),
        _kill_in("accept"),
    ),
    Fault(
        "kill-in-replay",
        Part.OPERATOR,
        "kill -9 an operator at a point of a replay, between two pages as well; the replay is then called again",
        (3.0, 5.0),
        _kill_in_replay,
    ),
)
