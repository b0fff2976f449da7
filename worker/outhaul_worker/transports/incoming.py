"""Reading an answer from the bytes of HTTP/1.x (RFC 9112), as far as 64 KiB of its body."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from outhaul_worker.exchange import ANSWER_LIMIT, Fault
from outhaul_worker.transports.attempt import AttemptFailed

_HEAD_LIMIT = 64 * 1024
_LINE_LIMIT = 256
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?:[ \t][^\r\n]*)?\r?")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?\r?")
_LENGTH = re.compile(r"[0-9]{1,18}")
_BODILESS = frozenset({204, 304})


@dataclass(slots=True)
class Received:
    """An answer as read. `reusable` says that the connection is good for another request.

    The other fields are what urllib3's pools note on a response.
    """

    status: int
    headers: dict[str, str]
    version_string: str
    body: bytes = b""
    reusable: bool = False
    length_remaining: int = 0
    retries: object = None
    _connection: object = None
    _pool: object = None


class _EndedError(Exception):
    """The peer closed the connection while more was expected."""


class _NotHttpError(Exception):
    """The peer broke the rules of HTTP; the message says which."""


def read_answer(receive: Callable[[], bytes]) -> Received:
    """Read one answer to a POST.

    Args:
        receive: returns the next bytes as they come, none at the end of the connection.

    Raises:
        AttemptFailed: `reset` when the connection ended too early, `protocol` when this is not HTTP.
    """
    stream = _Stream(receive)
    try:
        received = _read_head(stream)
        _read_body(stream, received)
    except _EndedError:
        when = "during" if stream.started else "before"
        raise AttemptFailed(Fault.RESET, f"connection closed {when} the answer") from None
    except _NotHttpError as error:
        raise AttemptFailed(Fault.PROTOCOL, str(error)) from None
    received.reusable = received.reusable and stream.empty
    return received


class _Stream:
    """Bytes on their way in, buffered."""

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self._buffer = bytearray()
        self.started = False

    @property
    def empty(self) -> bool:
        return not self._buffer

    def head(self) -> bytes:
        """Take everything before the next blank line."""
        looked = 0
        while True:
            blank = _BLANK_LINE.search(self._buffer, looked)
            if blank:
                return self._take(blank.start(), len(blank[0]))
            if len(self._buffer) > _HEAD_LIMIT:
                raise _NotHttpError("the answer's headers are longer than 64 KiB")
            looked = max(0, len(self._buffer) - 3)
            self._fill()

    def line(self) -> bytes:
        """Take one line, which must be short."""
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > _LINE_LIMIT:
                raise _NotHttpError("a line of the chunked answer is too long")
            self._fill()
        return self._take(end, 1)

    def exactly(self, count: int) -> bytes:
        """Take this many bytes."""
        while len(self._buffer) < count:
            self._fill()
        return self._take(count, 0)

    def rest(self, limit: int) -> bytes:
        """Take what comes until the connection ends, at most `limit` bytes."""
        try:
            return self.exactly(limit)
        except _EndedError:
            return self._take(len(self._buffer), 0)

    def _take(self, count: int, dropped: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[: count + dropped]
        return taken

    def _fill(self) -> None:
        data = self._receive()
        if not data:
            raise _EndedError
        self.started = True
        self._buffer += data


def _read_head(stream: _Stream) -> Received:
    while True:
        status_line, _, lines = stream.head().partition(b"\n")
        match = _STATUS_LINE.fullmatch(status_line)
        if not match:
            raise _NotHttpError("the answer does not begin with an HTTP/1.x status line")
        status = int(match[2])
        if status == 101:
            raise _NotHttpError("the endpoint switched to another protocol unasked")
        if status >= 200:
            return Received(status, parse_headers(lines), f"HTTP/1.{match[1].decode()}")


def parse_headers(lines: bytes) -> dict[str, str]:
    """Read header lines: names in lower case, repeated ones joined, folded ones unfolded."""
    headers: dict[str, str] = {}
    last = ""
    for line in lines.decode("latin-1").split("\n"):
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and last:
            headers[last] = f"{headers[last]} {line.strip()}"
        elif colon:
            last = name.strip().lower()
            value = value.strip()
            headers[last] = f"{headers[last]}, {value}" if last in headers else value
    return headers


def _read_body(stream: _Stream, received: Received) -> None:
    headers = received.headers
    connection = headers.get("connection", "").lower()
    kept = "keep-alive" in connection or received.version_string != "HTTP/1.0"
    received.reusable = kept and "close" not in connection
    if received.status in _BODILESS:
        return
    coding = headers.get("transfer-encoding")
    if coding is not None:
        _read_encoded(stream, received, coding)
    elif "content-length" in headers:
        _read_counted(stream, received, _length(headers["content-length"]))
    else:
        received.body = stream.rest(ANSWER_LIMIT)
        received.reusable = False


def _read_counted(stream: _Stream, received: Received, length: int) -> None:
    received.body = stream.exactly(min(length, ANSWER_LIMIT))
    received.reusable = received.reusable and length <= ANSWER_LIMIT


def _read_encoded(stream: _Stream, received: Received, coding: str) -> None:
    if coding.lower().rpartition(",")[2].strip() != "chunked":
        received.body = stream.rest(ANSWER_LIMIT)
        received.reusable = False
        return
    body, complete = _chunks(stream)
    received.body = body
    received.reusable = received.reusable and complete and "content-length" not in received.headers


def _chunks(stream: _Stream) -> tuple[bytes, bool]:
    body = bytearray()
    while size := _chunk_size(stream):
        room = ANSWER_LIMIT - len(body)
        body += stream.exactly(min(size, room))
        if size >= room:
            return bytes(body), False
        if stream.line() not in (b"\r", b""):
            raise _NotHttpError("a chunk of the answer is longer than it says")
    while stream.line() not in (b"\r", b""):
        pass
    return bytes(body), True


def _chunk_size(stream: _Stream) -> int:
    match = _CHUNK_SIZE.fullmatch(stream.line())
    if not match:
        raise _NotHttpError("a chunk of the answer has no size")
    return int(match[1], 16)


def _length(text: str) -> int:
    values = {value.strip() for value in text.split(",")}
    if len(values) != 1 or not _LENGTH.fullmatch(next(iter(values))):
        raise _NotHttpError("the answer's Content-Length is not one number")
    return int(next(iter(values)))
