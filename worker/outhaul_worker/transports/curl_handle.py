"""One of libcurl's easy handles: a POST on its way out, and what comes back."""

import socket
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import pycurl

from outhaul_worker.exchange import ANSWER_LIMIT, Request
from outhaul_worker.transports.addresses import why_refused
from outhaul_worker.transports.curl_loop import shut_down
from outhaul_worker.transports.incoming import parse_headers
from outhaul_worker.transports.names import Endpoint
from outhaul_worker.transports.outgoing import USER_AGENT, Target, encode_headers

_ASKS_LEAVE_FROM = 1024 * 1024  # a body of this size is one that libcurl would announce and wait with
_NO_SOCKET: int = pycurl.SOCKET_BAD
_NOWHERE = Target("", "", "", 0, "", "")
_BLANK = (b"\r\n", b"\n")
_OPTIONS: dict[int, Any] = {
    pycurl.POST: 1,
    pycurl.USERAGENT: USER_AGENT,
    pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_2TLS,
    pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,
    pycurl.PROXY: "",
    pycurl.PATH_AS_IS: 1,
    pycurl.HTTP_CONTENT_DECODING: 0,
    pycurl.NOSIGNAL: 1,
    pycurl.UPLOAD_BUFFERSIZE: 16 * 1024,
    pycurl.MAXAGE_CONN: 60,
    # Addresses are ours to find. What libcurl is told of them it is told to forget, so it need not look for old ones.
    pycurl.DNS_CACHE_TIMEOUT: -1,
}


class Handle:
    """An easy handle with its options set once, used for one request after the other.

    A request it has taken up may use a connection that is kept open. For want of one it fails and `wants_addresses`;
    with them (`address`) it may open one.

    Args:
        ca_file: PEM file of the certificate authorities to trust.
        opened: is told of every new connection: its file descriptor, and whether it is encrypted.
    """

    __slots__ = (
        "_addressed",
        "_body",
        "_chunks",
        "_given",
        "_lines",
        "_opened",
        "_private",
        "_room",
        "_set",
        "blocked",
        "curl",
        "dialled",
        "target",
        "wants_addresses",
    )

    def __init__(self, ca_file: str, opened: Callable[..., None]) -> None:
        self.curl = pycurl.Curl()
        self._opened = opened
        self._set: dict[int, Any] = {}
        self.target = _NOWHERE
        for option, value in _OPTIONS.items():
            self.curl.setopt(option, value)
        self.curl.setopt(pycurl.CAINFO, ca_file)
        self.curl.setopt(pycurl.READFUNCTION, self._give)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._take)
        self.curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open)
        self.curl.setopt(pycurl.RESOLVER_START_FUNCTION, self._resolve)

    def take_up(self, request: Request, target: Target) -> None:
        """Make this the request to send.

        Raises:
            AttemptFailed: it cannot be put into HTTP.
        """
        self._private = request.allow_private_addresses
        if target is not self.target:
            self.target = target
            self.curl.setopt(pycurl.URL, target.url)
            # Only TLS tells whether an endpoint speaks HTTP/2; then the first connection to it is worth waiting for.
            self.curl.setopt(pycurl.PIPEWAIT, int(target.scheme == "https"))
        self._body = request.body
        self._addressed = False
        self.curl.setopt(pycurl.HTTPHEADER, _header_lines(request))
        self._option(pycurl.POSTFIELDSIZE, len(request.body))
        # libcurl repeats a request by itself when a kept connection breaks, unless it cannot have the body again.
        self._option(pycurl.FRESH_CONNECT, int(not request.body))
        self.rewind()

    def rewind(self) -> None:
        """Be ready to send the request from its first byte."""
        self._given = 0
        self._lines: list[bytes] = []
        self._chunks: list[bytes] = []
        self._room = ANSWER_LIMIT
        self.blocked: tuple[str, str] | None = None
        self.dialled = ""
        self.wants_addresses = False
        self.curl.setopt(pycurl.HEADERFUNCTION, self._lines.append)

    def avoid_kept(self) -> None:
        """Send the request on no connection that is kept open."""
        self._option(pycurl.FRESH_CONNECT, 1)

    def limit(self, connect: float, total: float) -> None:
        """Set the seconds left for opening a connection, and for everything."""
        self._option(pycurl.CONNECTTIMEOUT_MS, max(1, round(connect * 1000)))
        self._option(pycurl.TIMEOUT_MS, max(1, round(total * 1000)))

    def address(self, endpoints: tuple[Endpoint, ...], forgotten: list[str]) -> None:
        """Allow the request to open a connection.

        Args:
            endpoints: where its host is.
            forgotten: other names, whose addresses are no longer needed.
        """
        ips = ",".join(f"[{each.ip}]" if ":" in each.ip else each.ip for each in endpoints)
        self.curl.setopt(pycurl.RESOLVE, [*(f"-{name}" for name in forgotten), f"{self.name}:{ips}"])
        self._addressed = True

    @property
    def name(self) -> str:
        """Host and port, as libcurl's memory of addresses has them."""
        host = self.target.host
        return f"[{host}]:{self.target.port}" if ":" in host else f"{host}:{self.target.port}"

    @property
    def begun(self) -> bool:
        """True when a byte of the request has left."""
        size: int = self.curl.getinfo(pycurl.REQUEST_SIZE)
        return size > 0

    @property
    def sent(self) -> bool:
        """True when the last byte of the request may have left."""
        moment: int = self.curl.getinfo(pycurl.POSTTRANSFER_TIME_T)
        return moment > 0 and self.read and self.begun

    @property
    def read(self) -> bool:
        """True when libcurl has read the request to its end."""
        return self._given == len(self._body)

    @property
    def complete(self) -> bool:
        """True when the headers of the answer have come to their end."""
        return self._lines[-1] in _BLANK or _head(self._lines)[1] > 0

    @property
    def full(self) -> bool:
        """True when as much of the answer's body has come as is kept."""
        return self._room == 0

    @property
    def status(self) -> int:
        """The status of the answer, 0 before there is one."""
        status: int = self.curl.getinfo(pycurl.RESPONSE_CODE)
        return status

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the answer."""
        return _LateHeaders(self._lines)

    @property
    def body(self) -> bytes:
        """The body of the answer, as far as it is kept."""
        return b"".join(self._chunks)

    def distrust(self) -> None:
        """Shut down the connection of an answer whose end is in doubt, for what follows may belong to it."""
        if self.curl.getinfo(pycurl.CONTENT_LENGTH_DOWNLOAD_T) < 0 and _framed_twice(self.headers):
            shut_down(self.curl.getinfo(pycurl.ACTIVESOCKET))

    def release(self) -> None:
        """Hold on to nothing of the request and its answer any more."""
        self._body = b""
        self._chunks = []

    def close(self) -> None:
        """Give the handle up; it must not be in use."""
        self.curl.close()

    def _option(self, option: int, value: Any) -> None:
        if self._set.get(option) != value:
            self._set[option] = value
            self.curl.setopt(option, value)

    def _give(self, size: int) -> bytes:
        piece = self._body[self._given : self._given + size]
        self._given += len(piece)
        return piece

    def _take(self, data: bytes) -> int | None:
        room = self._room - len(data)
        if room > 0:
            self._chunks.append(data)
            self._room = room
            return None
        self._chunks.append(data[: self._room])
        self._room = 0
        whole = room == 0 and self.headers.get("content-length") == str(ANSWER_LIMIT)
        return None if whole else 0

    def _resolve(self) -> int:
        self.wants_addresses = not self._addressed
        return 1 if self.wants_addresses else 0

    def _open(self, _purpose: int, address: Any) -> int:
        if not self._addressed:
            self.wants_addresses = True
            return _NO_SOCKET
        ip = address.addr[0]
        reason = "" if self._private else why_refused(ip)
        if reason:
            self.blocked = ip, reason
            return _NO_SOCKET
        self.dialled = ip
        descriptor = open_socket(address)
        if descriptor != _NO_SOCKET:
            self._opened(descriptor, encrypted=self.target.scheme == "https")
        return descriptor


def open_socket(address: Any) -> int:
    """Make the socket that libcurl will connect to this address: family, type, protocol, and socket address."""
    try:
        return socket.socket(address.family, address.socktype, address.protocol).detach()
    except OSError:
        return _NO_SOCKET


class _LateHeaders(Mapping[str, str]):
    """Headers that are read when somebody asks for one, which for most answers nobody does."""

    def __init__(self, lines: list[bytes]) -> None:
        self._lines = lines
        self._read: dict[str, str] | None = None

    def __getitem__(self, name: str) -> str:
        return self._headers()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers())

    def __len__(self) -> int:
        return len(self._headers())

    def _headers(self) -> dict[str, str]:
        if self._read is None:
            first, end = _head(self._lines)
            self._read = parse_headers(b"".join(self._lines[first:end]))
        return self._read


def _head(lines: list[bytes]) -> tuple[int, int]:
    """Where the headers of the last answer begin and end, in the lines of all answers, interim ones too, and trailers.

    The end is -1 where the blank line is missing.
    """
    first = max((number for number, line in enumerate(lines) if line.startswith(b"HTTP/")), default=0) + 1
    return first, next((number for number in range(first, len(lines)) if lines[number] in _BLANK), -1)


def _framed_twice(headers: Mapping[str, str]) -> bool:
    return "content-length" in headers and "transfer-encoding" in headers


def _header_lines(request: Request) -> list[bytes]:
    headers = request.headers
    dropped, added = _around(tuple(headers))
    if dropped:
        headers = {name: value for name, value in headers.items() if name not in dropped}
    text = encode_headers(headers)
    lines = text.split(b"\r\n")[:-1]
    if b": \r\n" in text:
        # To libcurl a header without a value is one to leave out, unless it is written like this.
        lines = [line[:-2] + b";" if line.endswith(b": ") else line for line in lines]
    lines += added
    if len(request.body) >= _ASKS_LEAVE_FROM:
        lines.append(b"Expect:")
    return lines


@lru_cache(maxsize=1024)
def _around(names: tuple[str, ...]) -> tuple[frozenset[str], tuple[bytes, ...]]:
    """Say which of these headers are ours to write, and what keeps libcurl from adding some of its own."""
    own = frozenset(name for name in names if name.lower() in ("content-length", "accept-encoding"))
    given = {name.lower() for name in names}
    kept_out = tuple(b"%b:" % name.encode() for name in ("accept", "content-type") if name not in given)
    return own, (b"Accept-Encoding: identity", *kept_out)
