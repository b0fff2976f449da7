"""Getting a document from a configured address: the checked address is the one connected to, and all is bounded."""

import http.client
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from threading import Timer
from urllib.parse import urlsplit

from outhaul_producers.receive import Fetched, SourceUnavailable
from outhaul_worker.transports.addresses import why_refused
from outhaul_worker.transports.names import Resolver, UnknownNameError

SECONDS = 10.0
LARGEST = 256 * 1024
_PIECE = 16 * 1024


def fetch(url: str, *, allow_private_addresses: bool) -> Fetched:
    """Return the answer to a GET; redirects are answers.

    Raises:
        SourceUnavailable: the address is not to be spoken to, or there is no whole answer in time.
    """
    deadline = time.monotonic() + SECONDS
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = http.client.HTTPS_PORT if parts.scheme == "https" else http.client.HTTP_PORT
    try:
        sock = _dial(host, parts.port or port, allow_private_addresses, deadline)
        if parts.scheme == "https":
            context = ssl.create_default_context()
            sock = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
        with closing(sock), _cut_off(sock, deadline):
            fetched = _asked(sock, host, parts.port or port, f"{parts.path or '/'}?{parts.query}")
        _left(deadline)
    except (OSError, http.client.HTTPException, UnknownNameError, ValueError) as error:
        raise SourceUnavailable(f"expected an answer of {host}, got {type(error).__name__}") from error
    return fetched


def _dial(host: str, port: int, allow_private: bool, deadline: float) -> socket.socket:
    refused = ""
    found = Resolver().endpoints(host, port, _left(deadline))
    for tried, endpoint in enumerate(found):
        refused = "" if allow_private else why_refused(endpoint.ip)
        if not refused:
            sock = socket.socket(endpoint.family, socket.SOCK_STREAM)
            try:
                sock.settimeout(_left(deadline) / (len(found) - tried))
                sock.connect(endpoint.address)
                sock.settimeout(_left(deadline))
            except OSError:
                sock.close()
                continue
            return sock
    raise SourceUnavailable(f"expected a public address of {host}, got {refused or 'none that answers'}")


@contextmanager
def _cut_off(sock: socket.socket, deadline: float) -> Iterator[None]:
    """Shut a connection down when its time is over: a byte now and then passes every time-out of reads."""
    timer = Timer(_left(deadline), lambda: _shut_down(sock))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _shut_down(sock: socket.socket) -> None:
    with suppress(OSError):
        # The plain method: that of a TLS socket drops the state the other thread is using.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _asked(sock: socket.socket, host: str, port: int, target: str) -> Fetched:
    if isinstance(sock, ssl.SSLSocket):
        sock.do_handshake()
    connection = http.client.HTTPConnection(host, port)
    connection.sock = sock
    connection.request("GET", target, headers={"Accept": "application/json"})
    answer = connection.getresponse()
    return Fetched(answer.status, _whole(answer))


def _whole(answer: http.client.HTTPResponse) -> bytes:
    pieces, size = [], 0
    while piece := answer.read1(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST:
            raise ValueError("too much")
    if answer.length:
        raise ValueError("the end is missing")
    return b"".join(pieces)


def _left(deadline: float) -> float:
    """Return the seconds that are left.

    Raises:
        TimeoutError: there are none.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
