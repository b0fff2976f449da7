"""A simulator as a process of its own: prints where it listens, ends on SIGTERM, SIGINT or with its parent."""

import asyncio
import os
import signal
import time
from collections.abc import Mapping

from outhaul_ops.simulators.desk import Desk
from outhaul_ops.simulators.registry import simulated
from outhaul_ops.simulators.simulator import GRACE_SECONDS, LOOPBACK, serving

PARENT_LOOK_SECONDS = 0.25


def serve(
    kind: str,
    port: int = 0,
    *,
    host: str = LOOPBACK,
    misbehave: str = "",
    with_parent: bool = False,
    options: Mapping[str, object] | None = None,
) -> None:
    """Serve until told to stop; call it from a process's main thread.

    Prints `listening on http://HOST:PORT` on standard output once it does.

    Args:
        kind: a key of `SIMULATORS`.
        port: 0 for any free port.
        host: the address to listen on.
        misbehave: lines such as `next 2: 500` to start with.
        with_parent: end also when the process that started this one has ended.
        options: the fields of the kind's account.

    Raises:
        OptionError: the kind or an option is unknown, or a value is unusable.
        MisbehaviourError: `misbehave` is not in the notation.
        OSError: the port is taken.
    """
    parent = os.getppid()
    desk = Desk(simulated(kind).build(options or {}))
    if misbehave:
        desk.misbehaviour.apply(misbehave)
    asyncio.run(_serve(desk, host, port, parent if with_parent else None))


async def _serve(desk: Desk, host: str, port: int, parent: int | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = serving(desk, time.time)
    bound = await server.listen(host, port)
    print(f"listening on http://{host}:{bound}", flush=True)  # noqa: T201 - whoever started it reads this
    while not stop.is_set() and parent in (None, os.getppid()):
        await _at_most(stop, PARENT_LOOK_SECONDS if parent is not None else None)
    await server.close(GRACE_SECONDS)


async def _at_most(stop: asyncio.Event, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
