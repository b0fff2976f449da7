"""The vocabulary of the scripted receiver: each value says how one request is treated."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property
from http.client import responses
from itertools import repeat
from typing import Literal, Protocol


class Wire(Protocol):
    """What a behaviour may do to the connection its request came on."""

    def send(self, data: bytes) -> None:
        """Write bytes now."""
        ...

    def later(self, delay: float, behaviour: "Behaviour") -> None:
        """Play another behaviour after `delay` seconds, if the connection still stands then."""
        ...

    def trickle(self, pieces: Iterator[bytes], every: float) -> None:
        """Write one piece every `every` seconds until they end or the connection does."""
        ...

    def finish(self) -> None:
        """Wait for the next request on this connection."""
        ...

    def close(self) -> None:
        """Close in order, after what was written has gone out."""
        ...

    def reset(self) -> None:
        """Close at once with a TCP RST."""
        ...


class Behaviour(Protocol):
    """How one request is treated."""

    def play(self, wire: Wire) -> None:
        """Treat the request that has arrived on this wire."""
        ...


def _encoded(code: int, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [
        f"HTTP/1.1 {code} {responses.get(code, 'Unassigned')}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    if code >= 200 and code != 204 and "Content-Length" not in headers and "Transfer-Encoding" not in headers:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body


@dataclass(frozen=True)
class Status:
    """Answer with a status, after `after` seconds. `hang_up` closes the connection then, unannounced."""

    code: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    after: float = 0.0
    hang_up: bool = False

    def play(self, wire: Wire) -> None:
        """Answer now, or ask to be played again when it is time."""
        if self.after:
            wire.later(self.after, replace(self, after=0.0))
            return
        wire.send(self._bytes)
        if self.hang_up:
            wire.close()
        else:
            wire.finish()

    @cached_property
    def _bytes(self) -> bytes:
        return _encoded(self.code, self.headers, self.body)


def Ok(body: bytes = b"ok", after: float = 0.0, headers: Mapping[str, str] | None = None) -> Status:  # noqa: N802 - a word of the vocabulary
    """Answer 200, after `after` seconds."""
    return Status(200, body, headers or {}, after)


def TooMany(retry_after: int | datetime) -> Status:  # noqa: N802 - a word of the vocabulary
    """Answer 429 with Retry-After in seconds or as an HTTP date."""
    if isinstance(retry_after, datetime):
        return Status(429, headers={"Retry-After": format_datetime(retry_after.astimezone(UTC), usegmt=True)})
    return Status(429, headers={"Retry-After": str(retry_after)})


def Redirect(to: str, code: int = 307) -> Status:  # noqa: N802 - a word of the vocabulary
    """Answer with a redirect to another URL."""
    return Status(code, headers={"Location": to})


@dataclass(frozen=True)
class Hang:
    """Never answer; the connection stays open."""

    def play(self, wire: Wire) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Drip:
    """Answer without end, one byte every `every` seconds, in the headers or in the body."""

    part: Literal["headers", "body"]
    every: float = 0.05

    def play(self, wire: Wire) -> None:
        """Send what precedes the dripping part at once, then drip."""
        start = b"HTTP/1.1 200 OK\r\n"
        wire.send(start + b"X-Drip: " if self.part == "headers" else start + b"Content-Length: 10000\r\n\r\n")
        wire.trickle(repeat(b"d"), self.every)


@dataclass(frozen=True)
class Reset:
    """Read the request, then reset the connection."""

    def play(self, wire: Wire) -> None:
        """Send a RST."""
        wire.reset()


@dataclass(frozen=True)
class Close:
    """Read the request, send `after_bytes` (the start of an answer, or nothing) and close the connection."""

    after_bytes: bytes = b""

    def play(self, wire: Wire) -> None:
        """Send the beginning and close."""
        wire.send(self.after_bytes)
        wire.close()


@dataclass(frozen=True)
class Huge:
    """Answer 200 with a body of `size` bytes, sent as fast as the peer reads."""

    size: int

    def play(self, wire: Wire) -> None:
        """Send the head, then the body in pieces of at most 64 KiB."""
        wire.send(_encoded(200, {"Content-Length": str(self.size)}, b""))
        full, rest = divmod(self.size, 65536)
        wire.trickle(iter([*repeat(b"h" * 65536, full), b"h" * rest]), 0.0)


@dataclass(frozen=True)
class Raw:
    """Answer with exactly these bytes; the connection stays open."""

    data: bytes

    def play(self, wire: Wire) -> None:
        """Send the bytes."""
        wire.send(self.data)
        wire.finish()


@dataclass(frozen=True)
class Early:
    """Play another behaviour as soon as the head of the request is there, without reading its body."""

    behaviour: Behaviour

    def play(self, wire: Wire) -> None:
        """Play the wrapped behaviour; for a request whose body came along with its head."""
        self.behaviour.play(wire)


GARBAGE = Raw(b"SMTP server ready, go away\r\n\r\n")
