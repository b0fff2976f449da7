"""A receiver in Python: `python -m outhaul_ops.bench.own_receiver PORT LOG MANNER`.

The manner is the seconds after which it answers a request 200, 0 for at once; or `never`, where it notes nothing
either; or `drip`, where the answer begins at once and a byte of it comes each second.
"""

import asyncio
import re
import signal
import socket
import sys
import time
from collections import deque
from pathlib import Path
from typing import BinaryIO, Protocol, cast

_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
_LONG_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PATH = re.compile(rb"[A-Z]+ ([!-~]+)")
_MESSAGE = re.compile(rb"\r\nwebhook-id: *([!-~]+)", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"
FLUSH_SECONDS = 0.1
TICK_SECONDS = 0.001
DRIP_SECONDS = 1.0
BACKLOG = 4096


class Answers(Protocol):
    """How requests are answered."""

    def give(self, transport: asyncio.Transport) -> None:
        """Answer a request, now or later."""

    async def run(self) -> None:
        """Answer what is to be answered later, until cancelled."""


class AtOnce:
    """Answers at once."""

    def give(self, transport: asyncio.Transport) -> None:
        """Answer."""
        transport.write(_ANSWER)

    async def run(self) -> None:
        """Nothing is answered later."""


class Later:
    """Answers after some seconds. All wait equally long, so the first to come is the first to go."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._waiting: deque[tuple[float, asyncio.Transport]] = deque()

    def give(self, transport: asyncio.Transport) -> None:
        """Note when its time has come."""
        self._waiting.append((time.monotonic() + self._delay, transport))

    async def run(self) -> None:
        """Answer what is due."""
        while True:
            now = time.monotonic()
            while self._waiting and self._waiting[0][0] <= now:
                self._waiting.popleft()[1].write(_ANSWER)
            await asyncio.sleep(TICK_SECONDS if self._waiting else TICK_SECONDS * 10)


class Dripping:
    """Begins an answer at once and sends a byte of it each second."""

    def __init__(self) -> None:
        self._open: set[asyncio.Transport] = set()

    def give(self, transport: asyncio.Transport) -> None:
        """Begin."""
        transport.write(_LONG_ANSWER)
        self._open.add(transport)

    async def run(self) -> None:
        """Send the next bytes."""
        while True:
            self._open = {transport for transport in self._open if not transport.is_closing()}
            for transport in self._open:
                transport.write(b".")
            await asyncio.sleep(DRIP_SECONDS)


def answering(manner: str) -> Answers:
    """Return what answers in this manner."""
    if manner == "drip":
        return Dripping()
    return AtOnce() if manner == "0" else Later(float(manner))


class Connection(asyncio.Protocol):
    """Notes every complete request in the log and has it answered."""

    def __init__(self, log: BinaryIO, answers: Answers) -> None:
        self._log = log
        self._answers = answers
        self._data = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a connection."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take what is complete and keep the rest."""
        self._data += data
        while size := self._request_size():
            self._note(self._data[:size])
            self._data = self._data[size:]
            self._answers.give(self._transport)

    def _request_size(self) -> int:
        """Return the bytes of the first request; 0 while it is incomplete."""
        end = self._data.find(_HEAD_END)
        if end < 0:
            return 0
        length = _LENGTH.search(self._data, 0, end)
        size = end + len(_HEAD_END) + (int(length[1]) if length else 0)
        return size if len(self._data) >= size else 0

    def _note(self, request: bytes) -> None:
        path, message = _PATH.match(request), _MESSAGE.search(request)
        noted = (time.time(), message[1] if message else b"-", path[1] if path else b"/")
        self._log.write(b"%.4f %b%b\n" % noted)


async def serve(port: int, log: BinaryIO, manner: str) -> None:
    """Serve on loopback until told to end; what was noted is in the file a moment later."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    if manner == "never":
        # Connections that nobody accepts cost nothing, and the system takes what is sent on them.
        with socket.create_server(("127.0.0.1", port), backlog=BACKLOG):
            await ended.wait()
        return
    answers = answering(manner)
    later = asyncio.create_task(answers.run())
    server = await loop.create_server(lambda: Connection(log, answers), "127.0.0.1", port, backlog=BACKLOG)
    while not ended.is_set():
        log.flush()
        await asyncio.sleep(FLUSH_SECONDS)
    server.close()
    later.cancel()


if __name__ == "__main__":
    with Path(sys.argv[2]).open("ab", buffering=1 << 20) as appended:
        asyncio.run(serve(int(sys.argv[1]), appended, sys.argv[3]))
