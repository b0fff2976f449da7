"""A receiver for machines without nginx: `python -m outhaul_ops.bench.own_receiver PORT LOG`."""

import asyncio
import re
import signal
import sys
import time
from pathlib import Path
from typing import BinaryIO, cast

_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_MESSAGE = re.compile(rb"\r\nwebhook-id: *([!-~]+)", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"
FLUSH_SECONDS = 0.1


class Connection(asyncio.Protocol):
    """Answers every complete request with 200 and notes it in the log."""

    def __init__(self, log: BinaryIO) -> None:
        self._log = log
        self._data = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a connection."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer what is complete and keep the rest."""
        self._data += data
        while size := self._request_size():
            self._note(self._data[:size])
            self._data = self._data[size:]
            self._transport.write(_ANSWER)

    def _request_size(self) -> int:
        """Return the bytes of the first request; 0 while it is incomplete."""
        end = self._data.find(_HEAD_END)
        if end < 0:
            return 0
        length = _LENGTH.search(self._data, 0, end)
        size = end + len(_HEAD_END) + (int(length[1]) if length else 0)
        return size if len(self._data) >= size else 0

    def _note(self, request: bytes) -> None:
        message = _MESSAGE.search(request)
        self._log.write(b"%.3f %b\n" % (time.time(), message[1] if message else b"-"))


async def serve(port: int, log: BinaryIO) -> None:
    """Serve on loopback until told to end; what was noted is in the file a moment later."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(lambda: Connection(log), "127.0.0.1", port, backlog=4096)
    while not ended.is_set():
        log.flush()
        await asyncio.sleep(FLUSH_SECONDS)
    server.close()


if __name__ == "__main__":
    with Path(sys.argv[2]).open("ab", buffering=1 << 20) as appended:
        asyncio.run(serve(int(sys.argv[1]), appended))
