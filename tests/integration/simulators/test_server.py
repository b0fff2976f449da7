"""The HTTP server under the simulators, spoken to in raw bytes."""

import http.client
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests

from eventually import eventually
from outhaul_ops.simulators import Simulator

CONTROL = b"GET /_simulator/ HTTP/1.1\r\nHost: x\r\n"


@contextmanager
def connected(simulator: Simulator) -> Iterator[socket.socket]:
    """A plain connection."""
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=10) as client:
        yield client


def converse(simulator: Simulator, sent: bytes) -> bytes:
    """Send bytes and read until the server closes."""
    with connected(simulator) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        received = b""
        while piece := client.recv(65536):
            received += piece
        return received


def test_a_connection_serves_many_requests(remarkety: Simulator) -> None:
    """Connections are kept, and requests sent ahead are answered in order."""
    client = http.client.HTTPConnection("127.0.0.1", remarkety.port, timeout=10)
    try:
        client.connect()
        first = client.sock
        for _ in range(3):
            client.request("GET", "/_simulator/")
            assert client.getresponse().read()
        assert client.sock is first
    finally:
        client.close()
    assert converse(remarkety, (CONTROL + b"\r\n") * 5).count(b"HTTP/1.1 200 OK") == 5


@pytest.mark.parametrize(
    "request_bytes", [CONTROL + b"Connection: close\r\n\r\n", b"GET /_simulator/ HTTP/1.0\r\n\r\n"]
)
def test_a_connection_closes_when_the_client_wants_so(remarkety: Simulator, request_bytes: bytes) -> None:
    """`Connection: close` and HTTP/1.0 end the connection after the answer."""
    received = converse(remarkety, request_bytes + CONTROL + b"\r\n")
    assert received.count(b"HTTP/1.1 200 OK") == 1
    assert b"Connection: close" in received


def test_a_client_that_waits_for_permission_gets_it(webhook: Simulator) -> None:
    """`Expect: 100-continue` is answered before the body is read."""
    with connected(webhook) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"{}")
        assert client.recv(1024).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\n folded: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n{", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n" + b" " * 5000, 413),
        (b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nlong: " + b"x" * 200_000 + b"\r\n\r\n", 431),
    ],
)
def test_bytes_that_are_no_proper_request_are_answered_and_dropped(
    remarkety: Simulator, sent: bytes, status: int
) -> None:
    """The answer says what was wrong, the connection ends, and nothing is recorded."""
    received = converse(remarkety, sent)
    assert received.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"expected" in received
    assert len(remarkety.record) == 0


@pytest.mark.parametrize("sent", [b"", b"POST / HT", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{"])
def test_a_client_that_leaves_half_way_leaves_no_trace(remarkety: Simulator, sent: bytes) -> None:
    """An unfinished request is neither answered nor recorded."""
    assert converse(remarkety, sent) == b""
    assert len(remarkety.record) == 0


@pytest.mark.parametrize("target", ["//[x", "/%", "/?%zz=%ff&&=", "*", "http://x/", "/\xe9"])
def test_a_strange_address_is_just_another_address(remarkety: Simulator, target: str) -> None:
    """No spelling of the target upsets the vendor."""
    received = converse(remarkety, f"POST {target} HTTP/1.1\r\n\r\n".encode("latin-1"))
    assert received.startswith(b"HTTP/1.1 404 ")


def test_many_clients_at_once_are_all_recorded(remarkety: Simulator) -> None:
    """Requests from many threads are counted exactly, with unbroken numbers, while others read the record."""
    headers = {"content-type": "application/json", "x-event-type": "x", "x-platform": "custom", "x-token": "store-key"}

    def send_some(client: int) -> int:
        with requests.Session() as session:
            for number in range(25):
                body = {"event_id": f"ev_{client}_{number}"}
                session.post(f"{remarkety.url}/webhooks/?storeId=S1", json=body, headers=headers, timeout=10)
                remarkety.record.repeated()
        return len(remarkety.record.entries())

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(send_some, range(16)))
    assert sorted(entry.number for entry in remarkety.record) == list(range(1, 401))
    assert (remarkety.record.repeated(), remarkety.record.arrivals("ev_3_7")) == ({}, 1)


def test_a_stopped_simulator_gives_back_its_port() -> None:
    """After stopping, which may be done twice, nothing listens and the port can be used again."""
    with Simulator.start("webhook") as first:
        idle = socket.create_connection(("127.0.0.1", first.port), timeout=10)
        first.stop()
        assert idle.recv(1) == b""
        idle.close()
    with Simulator.start("webhook", port=first.port) as second:
        assert requests.get(f"{second.url}/_simulator/", timeout=10).ok


def test_an_answer_under_way_is_finished_before_the_stop(remarkety: Simulator) -> None:
    """Stopping waits for a slow answer."""
    remarkety.misbehave("all: slow 200ms")
    with connected(remarkety) as client:
        client.sendall(b"POST /webhooks/ HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        eventually(lambda: len(remarkety.record), within=10)
        remarkety.stop()
        assert client.recv(1024).startswith(b"HTTP/1.1 404 ")


def test_an_endless_answer_is_cut_by_the_stop(remarkety: Simulator) -> None:
    """Stopping takes about a second at most, whatever is still dripping or hanging."""
    remarkety.misbehave("next 1: hang; all: slow 1m")
    with connected(remarkety) as hanging, connected(remarkety) as slow:
        for client in (hanging, slow):
            client.sendall(b"POST /webhooks/ HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        eventually(lambda: len(remarkety.record) == 2, within=10)
        started = time.monotonic()
        remarkety.stop()
        assert time.monotonic() - started < 3


def test_only_the_loopback_address_is_bound() -> None:
    """By default a simulator cannot be reached from another machine, as this machine's other addresses show."""
    with Simulator.start("webhook") as simulator:
        assert simulator.url.startswith("http://127.0.0.1:")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", simulator.port), timeout=10)


def test_a_taken_port_is_an_error_for_the_caller(remarkety: Simulator) -> None:
    """Starting on a port in use raises at once."""
    with pytest.raises(OSError, match="already in use"):
        Simulator.start("webhook", port=remarkety.port)
