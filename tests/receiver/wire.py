"""One connection to the receiver: a minimal HTTP/1.1 server protocol with keep-alive."""

import asyncio
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from receiver.behaviour import Behaviour
from receiver.script import Received, Script

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_EXPECT = re.compile(rb"\r\nexpect:[ \t]*100-continue", re.IGNORECASE)
_LINGER_ZERO = struct.pack("ii", 1, 0)


class Owner(Protocol):
    """What a connection needs from the receiver it belongs to."""

    script: Script
    greeting: bytes

    def opened(self, connection: "Connection | Silent") -> int:
        """Note a new connection and give it its number."""
        ...

    def lost(self, connection: "Connection | Silent") -> None:
        """Note that a connection has ended."""
        ...

    def arrived(self, request: Received) -> None:
        """Note a request that has arrived in full."""
        ...


class Silent(asyncio.Protocol):
    """A connection that is accepted and then neither read nor written."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Stop reading at once."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.pause_reading()
        self._owner.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Sign off from the receiver."""
        asyncio.get_running_loop().call_soon(self._owner.lost, self)


class Connection(asyncio.Protocol):
    """Parses requests, has the script choose a behaviour for each, and lends itself to it as its wire."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._buffer = bytearray()
        self._busy = False
        self._continued = False
        self._loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport
        self.number = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Register with the receiver."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.number = self._owner.opened(self)
        if self._owner.greeting:
            transport.write(self._owner.greeting)

    def connection_lost(self, exc: Exception | None) -> None:
        """Sign off from the receiver, once the socket is really closed, which asyncio does after this call."""
        self._loop.call_soon(self._owner.lost, self)

    def data_received(self, data: bytes) -> None:
        """Collect bytes and treat every request that is complete."""
        self._buffer += data
        while not self._busy and self._next_request():
            pass

    def send(self, data: bytes) -> None:
        """Write bytes now."""
        self.transport.write(data)

    def later(self, delay: float, behaviour: Behaviour) -> None:
        """Play another behaviour after a delay."""
        self._loop.call_later(delay, self._unless_closed, lambda: behaviour.play(self))

    def trickle(self, pieces: Iterator[bytes], every: float) -> None:
        """Write one piece after another."""
        piece = next(pieces, None)
        if piece is None:
            self.finish()
            return
        self.transport.write(piece)
        # A peer that does not read must not make this process hold the whole answer.
        pause = max(every, 0.01) if self.transport.get_write_buffer_size() else every
        self._loop.call_later(pause, self._unless_closed, lambda: self.trickle(pieces, every))

    def finish(self) -> None:
        """Go on to the next request, which may be in the buffer already."""
        self._busy = False
        if self._buffer:
            self._loop.call_soon(self._unless_closed, lambda: self.data_received(b""))

    def close(self) -> None:
        """Close in order."""
        self.transport.close()

    def reset(self) -> None:
        """Close with a RST."""
        sock: socket.socket = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self.transport.abort()

    def _unless_closed(self, action: Callable[[], None]) -> None:
        if not self.transport.is_closing():
            action()

    def _next_request(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self._buffer[:end])
        found = _LENGTH.search(head)
        total = end + 4 + (int(found[1]) if found else 0)
        if len(self._buffer) < total:
            self._answer_early(head)
            return False
        body = bytes(self._buffer[end + 4 : total])
        del self._buffer[:total]
        self._busy = True
        self._continued = False
        self._treat(head, body)
        return True

    def _answer_early(self, head: bytes) -> None:
        if self._continued:
            return
        self._continued = True
        behaviour = self._owner.script.choose_early(_request_line(head)[1])
        if behaviour:
            self._busy = True
            self.transport.pause_reading()
            behaviour.play(self)
        elif _EXPECT.search(head):
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _treat(self, head: bytes, body: bytes) -> None:
        method, path, query = _request_line(head)
        request = Received(method, path, query, head, body, time.time(), self.number)
        behaviour = self._owner.script.choose(request)
        self._owner.arrived(request)
        behaviour.play(self)


def _request_line(head: bytes) -> tuple[str, str, str]:
    line = head[: head.find(b"\r\n")] if b"\r\n" in head else head
    method, _, rest = line.decode("latin-1").partition(" ")
    path, _, query = rest.partition(" ")[0].partition("?")
    return method, path, query
