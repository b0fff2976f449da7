"""The scripted receiver: an HTTP server on a free loopback port that does as told and records what came."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from threading import Condition
from types import TracebackType

from receiver.behaviour import Behaviour
from receiver.hosting import Hosted
from receiver.script import Received, Script
from receiver.wire import Connection, Silent


class Receiver(Hosted):
    """An HTTP/1.1 server in a thread of its own; `with Receiver() as receiver:` starts and stops it.

    Without a script every request is answered 200. Scripts go by event id (a `webhook-id`, `ce-id` or
    `x-event-id` header, or the JSON body's `id`), else by path, else by what is set for all.

    Args:
        tls: serve HTTPS with this context instead of HTTP.
        silent: accept connections and never read or write: what a stalled handshake looks like.
        greeting: send this on every new connection, as a server of another protocol does.
        host: the loopback address to listen on.
        port: the port to listen on; 0 takes a free one.
        record: keep every request; without it they are only counted.
    """

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        *,
        silent: bool = False,
        greeting: bytes = b"",
        host: str = "127.0.0.1",
        port: int = 0,
        record: bool = True,
    ) -> None:
        super().__init__()
        self.script = Script()
        self.host = host
        self.port = port
        self.count = 0
        self.connections = 0
        self.greeting = greeting
        self._tls = tls
        self._silent = silent
        self._record = record
        self._requests: list[Received] = []
        self._open: set[Connection | Silent] = set()
        self._changed = Condition()
        self._server: asyncio.Server

    @property
    def url(self) -> str:
        """The receiver's base URL, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}"

    @property
    def requests(self) -> list[Received]:
        """The requests so far, in order of arrival."""
        with self._changed:
            return list(self._requests)

    @property
    def open_connections(self) -> int:
        """How many connections stand now."""
        return len(self._open)

    def answer(self, *behaviours: Behaviour, path: str | None = None, event_id: str | None = None) -> None:
        """Queue behaviours, each for one matching request; after them the standing one holds, else Ok."""
        self.script.add(behaviours, path, event_id)

    def always(self, behaviour: Behaviour, path: str | None = None, event_id: str | None = None) -> None:
        """Treat every matching request like this from now on."""
        self.script.stand(behaviour, path, event_id)

    def wait_until(self, holds: Callable[["Receiver"], bool], timeout: float = 10.0) -> None:
        """Wait until something is true of this receiver.

        Raises:
            AssertionError: it was not within `timeout` seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: holds(self), timeout):
                seen = f"{self.count} requests, {self.open_connections} open connections"
                raise AssertionError(f"the receiver did not get there within {timeout} s: {seen}")

    def wait_for(self, count: int, timeout: float = 10.0) -> list[Received]:
        """Wait until at least `count` requests have arrived and return all."""
        self.wait_until(lambda receiver: receiver.count >= count, timeout)
        return self.requests

    def hang_up(self) -> None:
        """Close every connection."""
        self.run(self._close_all())

    def opened(self, connection: Connection | Silent) -> int:
        """Note a new connection and give it its number."""
        with self._changed:
            self._open.add(connection)
            self.connections += 1
            self._changed.notify_all()
            return self.connections

    def lost(self, connection: Connection | Silent) -> None:
        """Note that a connection has ended."""
        with self._changed:
            self._open.discard(connection)
            self._changed.notify_all()

    def arrived(self, request: Received) -> None:
        """Note a request that has arrived in full."""
        with self._changed:
            self.count += 1
            if self._record:
                self._requests.append(request)
            self._changed.notify_all()

    async def _listen(self) -> None:
        protocol = Silent if self._silent else Connection
        self._server = await self._loop.create_server(
            lambda: protocol(self), self.host, self.port, ssl=self._tls, backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close_all(self) -> None:
        for connection in list(self._open):
            connection.transport.close()

    async def _stop(self) -> None:
        # asyncio leaks a connection that was accepted just before its server is closed, so accepting ends first.
        for sock in self._server.sockets:
            self._loop.remove_reader(sock.fileno())
        for _ in range(10):
            await asyncio.sleep(0)
        self._server.close()
        for _ in range(500):
            for connection in list(self._open):
                connection.transport.abort()
            await asyncio.sleep(0.01 if self._open else 0)
            if not self._open:
                break


class UnansweredPort:
    """A loopback port whose full backlog makes the kernel ignore new connections, as a black hole does."""

    def __enter__(self) -> int:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        port: int = self._listener.getsockname()[1]
        self._fillers = [socket.socket() for _ in range(4)]
        for filler in self._fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        return port

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for sock in (*self._fillers, self._listener):
            sock.close()
