"""The HTTP/1.1 server under every simulator: keep-alive, bounded reading, and every way to answer badly.

One event loop serves all connections, so a thousand hanging requests cost no thread.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from outhaul_ops.simulators.exchange import Call, Reply
from outhaul_ops.simulators.misbehaviour import Action, Manner

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 1024 * 1024
LINGER_SECONDS = 1.0
BACKLOG = 1024

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_BODILESS = (204, 304)
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Reaction:
    """The answer to a call, and what to do to it on the way."""

    reply: Reply
    action: Action | None = None


class _BadRequestError(Exception):
    """Bytes that are no request this server takes; carries the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.reply = Reply.of(status, {"status": "error", "message": message})


class Server:
    """Listens on one address and asks `react` about every request.

    Args:
        react: judges a call; runs on the event loop and must not block.
        clock: gives the time a call arrived, in Unix seconds.
    """

    def __init__(self, react: Callable[[Call], Reaction], clock: Callable[[], float]) -> None:
        self._react = react
        self._clock = clock
        self._listener: socket.socket | None = None
        self._answering: dict[asyncio.Task[None], bool] = {}

    async def listen(self, host: str, port: int) -> int:
        """Open the port, 0 for any free one; returns the port.

        Raises:
            OSError: the port is taken or the address is not this machine's.
        """
        self._listener = socket.create_server((host, port), backlog=BACKLOG)
        self._listener.setblocking(False)
        asyncio.get_running_loop().add_reader(self._listener, self._accept, self._listener)
        bound: int = self._listener.getsockname()[1]
        return bound

    async def close(self, grace: float) -> None:
        """Stop listening, drop idle and hanging connections, give answers under way `grace` seconds, then drop them."""
        if self._listener is None:
            return
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()
        self._listener = None
        # A task cancelled before its first step would never close its connection.
        await asyncio.sleep(0)
        for task, answering in self._answering.items():
            if not answering:
                task.cancel()
        if self._answering:
            await asyncio.wait(self._answering, timeout=grace)
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)
        # A dropped transport closes its socket in the loop's next round.
        await asyncio.sleep(0)

    def _accept(self, listener: socket.socket) -> None:
        # asyncio's own server cannot say which connections it accepted but has not announced; closing needs them all.
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task = asyncio.create_task(self._converse(connection))
        self._answering[task] = False
        task.add_done_callback(self._answering.pop)

    async def _converse(self, connection: socket.socket) -> None:
        try:
            reader, writer = await asyncio.open_connection(sock=connection, limit=HEAD_LIMIT)
        except (OSError, asyncio.CancelledError):
            connection.close()
            return
        try:
            while await self._exchange(reader, writer):
                self._mark(answering=False)
        except _BadRequestError as bad:
            await _part(bad.reply, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            writer.close()

    def _mark(self, *, answering: bool) -> None:
        task = asyncio.current_task()
        if task in self._answering:
            self._answering[task] = answering

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read one request and answer it; false when the connection has no future."""
        head = await _read_head(reader)
        self._mark(answering=True)
        call, stays = await self._read_call(head, reader, writer)
        reaction = self._react(call)
        action = reaction.action
        if action is None or action.manner is Manner.STATUS:
            writer.write(_written(reaction.reply, stays))
        elif action.manner is Manner.HANG:
            self._mark(answering=False)
            await _read_to_the_end(reader)
            return False
        elif action.manner in (Manner.RESET, Manner.LOSE):
            _reset(writer)
            return False
        else:
            await _write_late(writer, _written(reaction.reply, stays), action)
        await writer.drain()
        return stays and self._listener is not None

    async def _read_call(
        self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[Call, bool]:
        request_line, *lines = head.split("\r\n")
        words = request_line.split(" ")
        if len(words) != 3 or words[2] not in ("HTTP/1.1", "HTTP/1.0"):
            raise _BadRequestError(400, "expected an HTTP/1.1 request line")
        headers = _headers(lines)
        length = _body_length(headers)
        if headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(length) if length else b""
        stays = words[2] == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
        return Call(words[0], words[1], headers, body, self._clock()), stays


async def _read_head(reader: asyncio.StreamReader) -> str:
    try:
        return (await reader.readuntil(b"\r\n\r\n"))[:-4].decode("latin-1")
    except asyncio.LimitOverrunError:
        raise _BadRequestError(431, f"expected at most {HEAD_LIMIT} bytes of headers") from None


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise _BadRequestError(400, "expected NAME: VALUE in every header line")
        name, value = name.lower(), value.strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _body_length(headers: dict[str, str]) -> int:
    if "transfer-encoding" in headers:
        raise _BadRequestError(411, "expected a Content-Length; transfer encodings are not read here")
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdecimal()):
        raise _BadRequestError(400, "expected a Content-Length of digits")
    if len(length) > len(str(BODY_LIMIT)) or int(length) > BODY_LIMIT:
        raise _BadRequestError(413, f"expected a body of at most {BODY_LIMIT} bytes")
    return int(length)


def _written(reply: Reply, stays: bool) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} {_PHRASES.get(reply.status, 'Unnamed')}"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    if reply.status not in _BODILESS:
        if reply.body and "Content-Type" not in reply.headers:
            lines.append("Content-Type: application/json")
        lines.append(f"Content-Length: {len(reply.body)}")
    if not stays:
        lines.append("Connection: close")
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    return head if reply.status in _BODILESS else head + reply.body


async def _write_late(writer: asyncio.StreamWriter, answer: bytes, action: Action) -> None:
    if action.manner is Manner.SLOW:
        await asyncio.sleep(action.seconds)
        writer.write(answer)
        return
    for position in range(len(answer)):
        writer.write(answer[position : position + 1])
        await writer.drain()
        await asyncio.sleep(action.seconds)


async def _part(reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # Closing with unread bytes would reset the connection, and the client might never see the answer.
    with suppress(ConnectionError, TimeoutError):
        writer.write(_written(reply, stays=False))
        writer.write_eof()
        async with asyncio.timeout(LINGER_SECONDS):
            await _read_to_the_end(reader)


async def _read_to_the_end(reader: asyncio.StreamReader) -> None:
    while await reader.read(HEAD_LIMIT):
        pass


def _reset(writer: asyncio.StreamWriter) -> None:
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()
