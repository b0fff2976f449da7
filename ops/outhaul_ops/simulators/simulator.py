"""A simulator running inside this process, on a thread of its own."""

import asyncio
import time
from collections.abc import Callable
from threading import Thread
from types import TracebackType
from typing import Self

from outhaul_ops.simulators.control import PREFIX, Control
from outhaul_ops.simulators.desk import Desk
from outhaul_ops.simulators.exchange import Call
from outhaul_ops.simulators.record import Record
from outhaul_ops.simulators.registry import simulated
from outhaul_ops.simulators.server import Reaction, Server

LOOPBACK = "127.0.0.1"
GRACE_SECONDS = 1.0


def serving(desk: Desk, clock: Callable[[], float]) -> Server:
    """A server, not yet listening, for a desk and the control interface to it."""
    control = Control(desk)

    def react(call: Call) -> Reaction:
        return Reaction(control.answer(call)) if call.path.startswith(PREFIX) else desk.receive(call)

    return Server(react, clock)


class Simulator:
    """A running simulator; as a context manager it stops at the end. Usable from any thread."""

    def __init__(self, desk: Desk, clock: Callable[[], float], host: str, port: int) -> None:
        self._desk = desk
        self._server = serving(desk, clock)
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="outhaul-simulator", daemon=True)
        self._thread.start()
        try:
            listening = asyncio.run_coroutine_threadsafe(self._server.listen(host, port), self._loop)
            self.port = listening.result()
        except OSError:
            self._end()
            raise
        self.url = f"http://{host}:{self.port}"

    @classmethod
    def start(
        cls,
        kind: str,
        *,
        host: str = LOOPBACK,
        port: int = 0,
        clock: Callable[[], float] = time.time,
        **options: object,
    ) -> Self:
        """Start a simulator and return when it listens.

        Args:
            kind: a key of `SIMULATORS`.
            host: the address to listen on.
            port: 0 for any free port.
            clock: what the vendor takes for the time, in Unix seconds.
            options: the fields of the kind's account, such as `store_id` and `api_key`.

        Raises:
            OptionError: the kind or an option is unknown, or a value is unusable.
            OSError: the port is taken.
        """
        return cls(Desk(simulated(kind).build(options)), clock, host, port)

    @property
    def record(self) -> Record:
        """Everything received and what became of it."""
        return self._desk.record

    def state(self) -> dict[str, object]:
        """What the vendor holds now, as JSON types."""
        return self._desk.state()

    def misbehave(self, text: str) -> None:
        """Apply lines such as `next 2: 500`.

        Raises:
            MisbehaviourError: a line is not in the notation; then none is applied.
        """
        self._desk.misbehaviour.apply(text)

    def mend(self, event_id: str = "") -> None:
        """Take back every rule, or those about one event."""
        self._desk.misbehaviour.mend(event_id)

    def reset(self) -> None:
        """Forget rules, record and everything held."""
        self._desk.reset()

    def stop(self) -> None:
        """Stop listening, let answers under way finish for up to a second, close everything; may be called again."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._server.close(GRACE_SECONDS), self._loop).result()
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
