"""How connections are kept, reused and given up."""

import pytest

from integration.transports.client import Client, to
from integration.transports.conftest import Opener
from outhaul_worker.exchange import Fault
from receiver import Authority, Close, Early, Ok, Raw, Receiver, Reset, Status

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_requests_one_after_the_other_share_a_connection(client: Client, receiver: Receiver) -> None:
    """Connecting is paid for once."""
    for _ in range(20):
        assert client.send(to(receiver.url)).status == 200
    assert (receiver.count, receiver.connections) == (20, 1)


def test_requests_over_tls_share_a_connection(open_client: Opener, authority: Authority) -> None:
    """The handshake is paid for once, whatever TLS itself sends in between."""
    client = open_client(ca_bundle=authority.ca_file)
    with Receiver(authority.server_context("127.0.0.1")) as receiver:
        for _ in range(10):
            assert client.send(to(receiver.url)).status == 200
        assert (receiver.count, receiver.connections) == (10, 1)


def test_no_more_connections_are_opened_than_requests_are_in_flight(open_client: Opener, receiver: Receiver) -> None:
    """A window of 4 needs at most 4 connections, for any number of requests."""
    client = open_client(window=4)
    for number in range(200):
        client.transport.submit(number, to(receiver.url))
    client.collect(200)
    assert receiver.connections <= 4


def test_a_kept_connection_the_endpoint_has_closed_is_replaced_unnoticed(client: Client, receiver: Receiver) -> None:
    """An idle connection that was closed before anything was sent on it costs neither a fault nor an attempt."""
    for round_number in range(1, 4):
        receiver.answer(Status(200, hang_up=True))
        answer = client.send(to(receiver.url))
        assert (answer.status, answer.fault) == (200, None)
        receiver.wait_until(lambda it: it.open_connections == 0)
        assert receiver.count == receiver.connections == round_number


@pytest.mark.parametrize("body", [b"{}", b""], ids=["body", "no body"])
def test_a_kept_connection_that_breaks_during_a_request_is_not_a_reason_to_send_twice(
    client: Client, receiver: Receiver, body: bytes
) -> None:
    """The endpoint has read the request and may have worked on it: that is for the policy to decide, not for HTTP."""
    receiver.answer(Ok(), Close(), Ok(), Reset())
    answers = [client.send(to(receiver.url, body)) for _ in range(4)]
    assert [(answer.status, answer.fault, answer.sent) for answer in answers] == [
        (200, None, True),
        (0, Fault.RESET, True),
        (200, None, True),
        (0, Fault.RESET, True),
    ]
    assert receiver.count == 4


def test_a_large_request_that_breaks_a_kept_connection_was_not_sent(client: Client, receiver: Receiver) -> None:
    """What stopped in the middle of its body cannot have been received whole, and is not begun again unasked."""
    receiver.answer(Ok(), Early(Reset()))
    assert client.send(to(receiver.url)).status == 200
    answer = client.send(to(receiver.url, b"x" * 32 * 1024 * 1024))
    assert (answer.fault, answer.sent, receiver.count) == (Fault.WRITE, False, 1)


def test_many_kept_connections_that_were_closed_cost_no_request(open_client: Opener, receiver: Receiver) -> None:
    """An endpoint that restarts closes all of them at once, and the next requests find new ones."""
    client = open_client(window=16)
    receiver.always(Ok(after=0.1))
    for times in (1, 2):
        for number in range(16):
            client.transport.submit(number, to(receiver.url))
        assert {answer.status for answer in client.collect(16).values()} == {200}
        assert receiver.count == 16 * times
        receiver.hang_up()
        receiver.wait_until(lambda it: it.open_connections == 0)


def test_a_connection_the_endpoint_announces_to_close_is_not_reused(client: Client, receiver: Receiver) -> None:
    """`Connection: close` is taken at its word."""
    receiver.always(Ok(headers={"Connection": "close"}))
    client.send(to(receiver.url))
    client.send(to(receiver.url))
    assert receiver.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ],
    ids=["more than an answer", "HTTP/1.0", "two framings"],
)
def test_a_connection_in_doubt_is_not_reused(client: Client, receiver: Receiver, answer: bytes) -> None:
    """No answer can ever be taken for that of another request."""
    receiver.answer(Raw(answer))
    assert client.send(to(receiver.url)).body == b"ok"
    assert client.send(to(receiver.url)).status == 200
    assert receiver.connections == 2


def test_a_connection_opened_with_leave_is_not_used_without_it(client: Client, receiver: Receiver) -> None:
    """A kept connection to a private address does not get around the guard."""
    assert client.send(to(receiver.url)).status == 200
    answer = client.send(to(receiver.url, private=False))
    assert (answer.fault, answer.sent) == (Fault.BLOCKED_ADDRESS, False)
    assert receiver.count == 1


def test_closing_the_transport_closes_its_idle_connections(client: Client, receiver: Receiver) -> None:
    """Nothing stays open behind."""
    client.send(to(receiver.url))
    client.transport.close()
    receiver.wait_until(lambda it: it.open_connections == 0)
