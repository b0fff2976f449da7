"""A TCP proxy that stands between two sides and can become a bad network, or speak for the far side."""

import asyncio
import re
import socket
import struct
from contextlib import suppress
from enum import StrEnum

from outhaul_ops.embedded import free_port

CHUNK = 64 * 1024
CONNECT_SECONDS = 5.0
GARBAGE = b"220 this is no HTTP server, go away\r\n\r\n"
LOADING = b"-LOADING Redis is loading the dataset in memory\r\n"

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_COMMAND = re.compile(rb"(?:\A|\r\n)\*[1-9]\d*\r\n\$")


class Mode(StrEnum):
    """How the proxy treats its connections, old and new."""

    PASS = "pass"  # noqa: S105 - no password
    """Let everything through."""
    AWAY = "away"
    """Refuse connections and cut the ones there are."""
    STALL = "stall"
    """Accept connections and let nothing through, in either direction."""
    SLOW = "slow"
    """Hold everything back for a while."""
    MUTE = "mute"
    """Let requests through, and cut the connection in place of the answer."""
    RESET = "reset"
    """Reset every connection before anything is read."""
    GARBAGE = "garbage"
    """Answer with bytes of another protocol."""
    LOADING = "loading"
    """Answer every command as a server does that reads its data after a start."""


_ENDING = frozenset({Mode.AWAY, Mode.LOADING, Mode.RESET})


class Proxy:
    """Listens on a free loopback port and passes on to `target`, another port."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self._target = target
        self._mode, self._delay = Mode.PASS, 0.0
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def listen(self) -> None:
        """Accept connections."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=512)

    async def turn(self, mode: Mode, delay: float = 0.0) -> None:
        """Treat connections like this from now on; `delay` is for `SLOW`, seconds."""
        former, self._mode, self._delay = self._mode, mode, delay
        self._changed.set()
        self._changed = asyncio.Event()
        if {former, mode} & _ENDING:
            self._cut()
        if mode is Mode.AWAY and self._server:
            self._server.close()
            self._server = None
        elif mode is not Mode.AWAY and self._server is None:
            await self.listen()

    def _cut(self) -> None:
        for writer in tuple(self._writers):
            _reset(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._mode in (Mode.RESET, Mode.AWAY):
            _reset(writer)
            return
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except (OSError, TimeoutError):
            _reset(writer)
            return
        ends = {writer, far_writer}
        self._writers |= ends
        try:
            await asyncio.gather(
                self._pump(reader, far_writer, writer, outward=True),
                self._pump(far_reader, writer, far_writer, outward=False),
            )
        finally:
            self._writers -= ends
            for end in ends:
                end.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, back: asyncio.StreamWriter, *, outward: bool
    ) -> None:
        """Carry one direction of a connection until either side ends; `back` leads to where the data came from."""
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                await self._hold()
                if await self._spoken_for(data, back, outward):
                    continue
                if self._mode is Mode.MUTE and not outward:
                    break
                writer.write(data)
                await writer.drain()
        for end in (writer, back):
            _reset(end)

    async def _hold(self) -> None:
        if self._mode is Mode.SLOW:
            await asyncio.sleep(self._delay)
        while self._mode is Mode.STALL:
            await self._changed.wait()

    async def _spoken_for(self, data: bytes, back: asyncio.StreamWriter, outward: bool) -> bool:
        """Answer in the far side's name; False where the mode is none that does."""
        answers = {Mode.GARBAGE: GARBAGE, Mode.LOADING: LOADING * max(1, len(_COMMAND.findall(data)))}
        if not outward or self._mode not in answers:
            return False
        back.write(answers[self._mode])
        await back.drain()
        return True


def _reset(writer: asyncio.StreamWriter) -> None:
    connection: socket.socket | None = writer.get_extra_info("socket")
    with suppress(OSError):
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()
