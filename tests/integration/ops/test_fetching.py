"""Getting a document back from a sender: where to, how much, and what counts as no answer."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread
from typing import ClassVar

import pytest

from outhaul_ops import fetching
from outhaul_ops.embedded import free_port
from outhaul_ops.fetching import LARGEST, fetch
from outhaul_producers.receive import SourceUnavailable


class Handler(BaseHTTPRequestHandler):
    """Answers what the path says, and remembers the targets."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Answer."""
        self.asked.append(self.path)
        body = b"x" * (LARGEST + 1) if self.path.startswith("/large") else b"{}"
        self.send_response(302 if self.path.startswith("/away") else 200)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base's own word
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    """Where an API of a sender answers, on this machine."""
    Handler.asked.clear()
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_document_is_fetched_as_the_target_says(url: str) -> None:
    """Path and query go out as they are, as a signature covers them; a redirect is an answer like any other."""
    answer = fetch(f"{url}/events/EV1?key=A%2Fb&signature=1", allow_private_addresses=True)
    assert (answer.status, answer.body, Handler.asked) == (200, b"{}", ["/events/EV1?key=A%2Fb&signature=1"])
    assert fetch(f"{url}/away", allow_private_addresses=True).status == 302
    assert len(Handler.asked) == 2


def test_an_address_that_is_not_public_is_not_spoken_to(url: str) -> None:
    """Unless the source says that its API is there; a name that leads to such an address counts the same."""
    for address in (url, url.replace("127.0.0.1", "localhost"), url.replace("127.0.0.1", "[::ffff:127.0.0.1]")):
        with pytest.raises(SourceUnavailable, match="public address"):
            fetch(address, allow_private_addresses=False)
    assert Handler.asked == []


@pytest.mark.parametrize("path", ["/large", None])
def test_what_is_no_whole_answer_is_none(url: str, path: str | None) -> None:
    """Too much of it, or nobody there: the sender is asked to come again."""
    address = f"{url}{path}" if path else f"http://127.0.0.1:{free_port()}/"
    with pytest.raises(SourceUnavailable):
        fetch(address, allow_private_addresses=True)


@contextmanager
def dripping(start: bytes, most: int) -> Iterator[tuple[str, list[int]]]:
    """A server that sends the beginning of an answer at once, and then a byte every 20 ms; tells how many."""
    sent: list[int] = []

    def serve() -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            connection.recv(4096)
            connection.sendall(start)
            while len(sent) < most:
                Event().wait(0.02)
                connection.sendall(b"x")
                sent.append(1)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=serve)
        thread.start()
        yield f"{listening.getsockname()[1]}", sent
        thread.join(20)
        assert not thread.is_alive()


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n", b"\x16\x03\x03\x40\x00"])
def test_an_answer_that_drips_has_one_time_for_all_of_it(
    monkeypatch: pytest.MonkeyPatch, scheme: str, start: bytes
) -> None:
    """In its handshake, its head or its body: no byte that comes in time buys another while."""
    monkeypatch.setattr(fetching, "SECONDS", 0.3)
    with dripping(start, 300) as (port, sent), pytest.raises(SourceUnavailable):
        fetch(f"{scheme}://127.0.0.1:{port}/events/EV1", allow_private_addresses=True)
    assert len(sent) < 100


def test_an_answer_that_breaks_off_is_none() -> None:
    """Half a document would differ from what was sent, and refuse for good what may be right."""
    with dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", 3) as (port, _), pytest.raises(SourceUnavailable):
        fetch(f"http://127.0.0.1:{port}/events/EV1", allow_private_addresses=True)
