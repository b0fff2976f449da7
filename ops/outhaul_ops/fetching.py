"""Getting a document from a configured address: the checked address is the one connected to, and all is bounded."""

import http.client
import socket
import ssl
import time
from urllib.parse import urlsplit

from outhaul_producers.receive import Fetched, SourceUnavailable
from outhaul_worker.transports.addresses import why_refused

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
    try:
        connection = _connection(parts.scheme, parts.hostname or "", parts.port, allow_private_addresses)
        try:
            connection.request("GET", f"{parts.path or '/'}?{parts.query}", headers={"Accept": "application/json"})
            answer = connection.getresponse()
            return Fetched(answer.status, _whole(answer, connection, deadline))
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SourceUnavailable(f"expected an answer of {parts.hostname}, got {type(error).__name__}") from error


def _connection(scheme: str, host: str, port: int | None, allow_private: bool) -> http.client.HTTPConnection:
    default = 443 if scheme == "https" else 80
    sock = _dial(host, port or default, allow_private)
    if scheme == "https":
        sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
    connection = http.client.HTTPConnection(host, port or default)
    connection.sock = sock
    return connection


def _dial(host: str, port: int, allow_private: bool) -> socket.socket:
    refused = ""
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        refused = "" if allow_private else why_refused(str(address[0]))
        if not refused:
            sock = socket.socket(family, kind, protocol)
            sock.settimeout(SECONDS / 2)
            try:
                sock.connect(address)
            except OSError:
                sock.close()
                continue
            return sock
    raise SourceUnavailable(f"expected a public address of {host}, got {refused or 'none that answers'}")


def _whole(answer: http.client.HTTPResponse, connection: http.client.HTTPConnection, deadline: float) -> bytes:
    pieces, size = [], 0
    while piece := answer.read1(_PIECE):
        pieces.append(piece)
        size += len(piece)
        left = deadline - time.monotonic()
        if size > LARGEST or left <= 0:
            raise ValueError("too much, or too slow")
        if connection.sock:
            connection.sock.settimeout(left)
    return b"".join(pieces)
