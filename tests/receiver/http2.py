"""A small HTTP/2 server for tests (RFC 9113): it reads as much of the frames as it takes to answer every request."""

import asyncio
import ssl
from collections.abc import Callable

from receiver.hosting import Hosted

_PREFACE = 24
_FRAME_HEAD = 9
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY = 0, 1, 3, 4, 6, 7
_ACK = _END_STREAM = 1
_END_HEADERS = 4
_STATUS_200 = b"\x88"  # an entry of HPACK's own table

Reply = Callable[[int], bytes]


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """One frame in bytes."""
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def ok(stream: int) -> bytes:
    """The answer 200 `ok`."""
    return frame(_HEADERS, _END_HEADERS, stream, _STATUS_200) + frame(_DATA, _END_STREAM, stream, b"ok")


def reset(stream: int) -> bytes:
    """The end of a stream without an answer, for no reason (CANCEL)."""
    return frame(_RST_STREAM, 0, stream, (8).to_bytes(4, "big"))


def goaway(stream: int) -> bytes:
    """The announcement that this and later streams are not answered."""
    return frame(_GOAWAY, 0, 0, max(stream - 2, 0).to_bytes(4, "big") + bytes(4))


class Http2Receiver(Hosted):
    """Answers every request by `reply`, `after` seconds; `with Http2Receiver(context) as receiver:`.

    Args:
        tls: the context to serve with; it comes to offer HTTP/2.
        reply: makes the frames to answer a stream with.
        after: seconds to wait before each answer.
    """

    def __init__(self, tls: ssl.SSLContext, reply: Reply = ok, after: float = 0.0) -> None:
        super().__init__()
        tls.set_alpn_protocols(["h2"])
        self.reply = reply
        self.after = after
        self.count = 0
        self.connections = 0
        self.open = 0
        self.most_at_once = 0
        self._tls = tls
        self._wires: set[_Wire] = set()
        self._server: asyncio.Server

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        return f"https://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def hang_up(self) -> None:
        """Say on every connection that it is closed, by TLS alone: its socket waits for the peer to say so too."""
        self.run(self._close_all())

    def joined(self, wire: "_Wire") -> None:
        """Note a new connection."""
        self.connections += 1
        self._wires.add(wire)

    def left(self, wire: "_Wire") -> None:
        """Note that a connection has ended."""
        self._wires.discard(wire)

    async def _listen(self) -> None:
        self._server = await self._loop.create_server(lambda: _Wire(self), "127.0.0.1", 0, ssl=self._tls)

    async def _close_all(self) -> None:
        for wire in tuple(self._wires):
            wire.transport.close()

    async def _stop(self) -> None:
        self._server.close()
        for _ in range(500):
            for wire in tuple(self._wires):
                wire.transport.abort()
            await asyncio.sleep(0.01 if self._wires else 0)
            if not self._wires:
                break


class _Wire(asyncio.Protocol):
    def __init__(self, owner: Http2Receiver) -> None:
        self._owner = owner
        self._buffer = bytearray()
        self._greeted = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(frame(_SETTINGS, 0, 0))
        self._owner.joined(self)

    def connection_lost(self, exc: Exception | None) -> None:
        asyncio.get_running_loop().call_soon(self._owner.left, self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._greeted and len(self._buffer) >= _PREFACE:
            del self._buffer[:_PREFACE]
            self._greeted = True
        while self._greeted and len(self._buffer) >= _FRAME_HEAD:
            end = _FRAME_HEAD + int.from_bytes(self._buffer[:3], "big")
            if len(self._buffer) < end:
                break
            kind, flags = self._buffer[3], self._buffer[4]
            stream = int.from_bytes(self._buffer[5:9], "big") & 0x7FFFFFFF
            self._treat(kind, flags, stream, bytes(self._buffer[_FRAME_HEAD:end]))
            del self._buffer[:end]

    def _treat(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind in (_SETTINGS, _PING) and not flags & _ACK:
            self.transport.write(frame(kind, _ACK, 0, payload if kind == _PING else b""))
        elif kind in (_DATA, _HEADERS) and flags & _END_STREAM:
            owner = self._owner
            owner.count += 1
            owner.open += 1
            owner.most_at_once = max(owner.most_at_once, owner.open)
            asyncio.get_running_loop().call_later(owner.after, self._answer, stream)

    def _answer(self, stream: int) -> None:
        self._owner.open -= 1
        if not self.transport.is_closing():
            self.transport.write(self._owner.reply(stream))
