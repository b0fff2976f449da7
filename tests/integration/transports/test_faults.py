"""Every way an attempt can fail, and whether the endpoint may have got the request."""

import socket
import ssl
import time
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from integration.transports.client import Client, to
from integration.transports.conftest import Opener
from outhaul_worker.exchange import Answer, Fault, Request
from receiver import (
    GARBAGE,
    Authority,
    Behaviour,
    Close,
    Drip,
    Early,
    Hang,
    Raw,
    Receiver,
    Reset,
    Status,
    UnansweredPort,
)

LARGE = b"x" * 32 * 1024 * 1024


def fails(answer: Answer, fault: Fault, *, sent: bool) -> None:
    """Assert that an attempt failed like this, with words about it."""
    assert (answer.fault, answer.sent, answer.status) == (fault, sent, 0), answer
    assert answer.detail


def in_time(client: Client, request: Request) -> Answer:
    """Send a request and assert that its answer came within a second of its total time-out."""
    begun = time.monotonic()
    answer = client.send(request)
    assert time.monotonic() - begun < request.timeout.total + 1.0
    assert answer.duration_ms < (request.timeout.total + 1.0) * 1000
    return answer


def test_an_unknown_name_is_a_dns_fault(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name without an address means that nothing was sent."""

    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    answer = client.send(to("http://nowhere.example/in"))
    fails(answer, Fault.DNS, sent=False)
    assert "nowhere.example" in answer.detail


def test_a_name_server_that_does_not_answer_is_a_dns_fault_in_time(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's resolver may wait for half a minute, the delivery does not."""
    release = Event()

    def stuck(_host: str, _port: int, flags: int = 0, **__: Any) -> Any:
        if not flags & socket.AI_NUMERICHOST:
            release.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", stuck)
    answer = in_time(client, to("http://slow.example/in", total=0.3))
    release.set()
    fails(answer, Fault.DNS, sent=False)


def test_a_port_nobody_listens_on_is_a_connect_fault(client: Client) -> None:
    """A refused connection means that nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    answer = client.send(to(f"http://127.0.0.1:{port}/in"))
    fails(answer, Fault.CONNECT, sent=False)
    assert "refused" in answer.detail.lower()


def test_an_address_that_swallows_packets_is_a_connect_timeout(client: Client) -> None:
    """The time for connecting is bounded by itself, within the whole."""
    with UnansweredPort() as port:
        begun = time.monotonic()
        answer = client.send(to(f"http://127.0.0.1:{port}/in", connect=0.3, total=10))
        assert time.monotonic() - begun < 2
    fails(answer, Fault.CONNECT_TIMEOUT, sent=False)


def test_the_whole_time_bounds_connecting_too(client: Client) -> None:
    """A total shorter than the time for connecting wins."""
    with UnansweredPort() as port:
        answer = in_time(client, to(f"http://127.0.0.1:{port}/in", connect=10, total=0.3))
    fails(answer, Fault.CONNECT_TIMEOUT, sent=False)


@pytest.mark.parametrize("case", ["unknown authority", "other name", "expired"])
def test_a_certificate_that_does_not_hold_is_a_tls_fault(
    open_client: Opener, authority: Authority, tmp_path: Path, case: str
) -> None:
    """Nothing is sent to an endpoint that cannot prove who it is."""
    (tmp_path / "other").mkdir()
    trusted = Authority(tmp_path / "other") if case == "unknown authority" else authority
    name = "hooks.example" if case == "other name" else "127.0.0.1"
    context = authority.server_context(name, expired=case == "expired")
    with Receiver(context) as receiver:
        answer = open_client(ca_bundle=trusted.ca_file).send(to(receiver.url))
        fails(answer, Fault.TLS, sent=False)
        assert "certificate" in answer.detail
        assert receiver.count == 0


def test_an_endpoint_that_speaks_no_tls_is_a_tls_fault(client: Client) -> None:
    """Another protocol on the port where HTTPS was expected gets nothing."""
    with Receiver(greeting=b"220 mail.example ESMTP\r\n") as receiver:
        answer = client.send(to(f"https://127.0.0.1:{receiver.port}/in"))
        fails(answer, Fault.TLS, sent=False)
        assert receiver.count == 0


def test_a_tls_handshake_that_stalls_is_a_tls_fault_in_time(client: Client) -> None:
    """The handshake is part of connecting and ends with its time."""
    with Receiver(silent=True) as receiver:
        answer = in_time(client, to(f"https://127.0.0.1:{receiver.port}/in", connect=0.3, total=1))
    fails(answer, Fault.TLS, sent=False)


def test_an_old_tls_version_is_a_tls_fault(open_client: Opener, authority: Authority) -> None:
    """Nothing below TLS 1.2 is spoken."""
    context = authority.server_context("127.0.0.1")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with Receiver(context) as receiver:
        fails(open_client(ca_bundle=authority.ca_file).send(to(receiver.url)), Fault.TLS, sent=False)


def test_an_endpoint_that_does_not_read_is_a_write_fault_in_time(client: Client) -> None:
    """The last byte never left, so the request was not received."""
    with Receiver(silent=True) as receiver:
        answer = in_time(client, to(receiver.url, LARGE, total=0.5))
    fails(answer, Fault.WRITE, sent=False)


def test_a_connection_broken_while_sending_is_a_write_fault(client: Client, receiver: Receiver) -> None:
    """An endpoint that resets in the middle of the body cannot have received the whole of it."""
    receiver.always(Early(Reset()))
    fails(client.send(to(receiver.url, LARGE)), Fault.WRITE, sent=False)


@pytest.mark.parametrize(
    "behaviour",
    [
        Reset(),
        Close(),
        Close(b"HTTP/1.1 200"),
        Close(b"HTTP/1.1 200 OK\r\nContent-Le"),
        Close(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
        Close(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal"),
        Close(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    ],
    ids=["reset", "no answer", "status line", "headers", "body", "chunk", "no last chunk"],
)
def test_a_connection_that_ends_before_the_answer_does_is_a_reset(
    client: Client, receiver: Receiver, behaviour: Behaviour
) -> None:
    """The request was received, and half an answer is none."""
    receiver.always(behaviour)
    fails(client.send(to(receiver.url)), Fault.RESET, sent=True)
    assert receiver.count == 1


@pytest.mark.parametrize(
    "behaviour",
    [
        Hang(),
        Drip("headers"),
        Drip("body"),
        Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
        Raw(b"HTTP/1.1 200 OK\r\n\r\nno end"),
        Raw(b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["hang", "drip headers", "drip body", "half a body", "no end", "interim only"],
)
def test_an_answer_that_takes_too_long_is_a_read_timeout_in_time(
    client: Client, receiver: Receiver, behaviour: Behaviour
) -> None:
    """However steadily the bytes drip, the attempt ends at its total time-out."""
    receiver.always(behaviour)
    fails(in_time(client, to(receiver.url, total=0.4)), Fault.READ_TIMEOUT, sent=True)


def test_an_endpoint_that_drips_over_tls_is_a_read_timeout_in_time(open_client: Opener, authority: Authority) -> None:
    """Encryption does not hide the drip from the clock."""
    with Receiver(authority.server_context("127.0.0.1")) as receiver:
        receiver.always(Drip("body"))
        client = open_client(ca_bundle=authority.ca_file)
        fails(in_time(client, to(receiver.url, total=0.5)), Fault.READ_TIMEOUT, sent=True)


@pytest.mark.parametrize(
    "behaviour",
    [
        GARBAGE,
        Raw(b"HTTP/2 200 OK\r\n\r\n"),
        Raw(b"HTTP/1.1 20 OK\r\n\r\n"),
        Raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
        Raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"),
        Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello"),
        Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
        Raw(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200_000 + b"\r\n\r\n"),
    ],
    ids=["garbage", "version", "status", "upgrade", "negative", "two lengths", "chunk size", "headers"],
)
def test_an_answer_that_is_not_http_is_a_protocol_fault(
    client: Client, receiver: Receiver, behaviour: Behaviour
) -> None:
    """The endpoint got the request and answered nothing that can be judged."""
    receiver.always(behaviour)
    answer = client.send(to(receiver.url, total=2))
    fails(answer, Fault.PROTOCOL, sent=True)
    assert "go away" not in answer.detail
    assert receiver.count == 1


def test_a_fault_does_not_harm_the_next_request(client: Client, receiver: Receiver) -> None:
    """After each kind of failure the transport goes on as before."""
    behaviours: list[Behaviour] = [Reset(), Close(), GARBAGE, Hang(), Status(500)]
    for behaviour in behaviours:
        receiver.answer(behaviour)
        client.send(to(receiver.url, total=0.4))
        assert client.send(to(receiver.url)).status == 200
