"""What a transport makes of what an endpoint answers."""

from datetime import UTC, datetime

import pytest

from integration.transports.client import Client, to
from outhaul_worker.exchange import ANSWER_LIMIT
from receiver import Early, Huge, Ok, Raw, Receiver, Redirect, Status, TooMany


def test_an_answer_comes_back_with_status_headers_body_and_duration(client: Client, receiver: Receiver) -> None:
    """Everything a destination judges by is there, header names in lower case."""
    receiver.answer(Status(202, b'{"detail":"later"}', {"X-Request-ID": "r-1"}, after=0.05))
    answer = client.send(to(receiver.url))
    assert (answer.status, answer.body, answer.fault) == (202, b'{"detail":"later"}', None)
    assert answer.headers["x-request-id"] == "r-1"
    assert 50 <= answer.duration_ms < 5000


@pytest.mark.parametrize("code", [200, 204, 299, 304, 400, 401, 410, 418, 429, 500, 503, 599, 999])
def test_every_status_is_an_answer_and_not_a_fault(client: Client, receiver: Receiver, code: int) -> None:
    """What a status means is the destination's business."""
    receiver.answer(Status(code))
    answer = client.send(to(receiver.url))
    assert (answer.status, answer.fault, answer.sent) == (code, None, True)


def test_the_wait_that_comes_with_a_429_is_visible(client: Client, receiver: Receiver) -> None:
    """Retry-After reaches the policy in either form."""
    moment = datetime(2026, 3, 5, 12, tzinfo=UTC)
    receiver.answer(TooMany(120), TooMany(moment))
    assert client.send(to(receiver.url)).headers["retry-after"] == "120"
    assert client.send(to(receiver.url)).headers["retry-after"] == "Thu, 05 Mar 2026 12:00:00 GMT"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_returned_and_not_followed(client: Client, receiver: Receiver, code: int) -> None:
    """An endpoint cannot send a signed payload on to somebody else."""
    receiver.answer(Redirect(f"{receiver.url}/elsewhere", code), path="/in")
    answer = client.send(to(f"{receiver.url}/in"))
    assert (answer.status, answer.headers["location"]) == (code, f"{receiver.url}/elsewhere")
    assert [request.path for request in receiver.requests] == ["/in"]


def test_an_answer_longer_than_the_limit_is_cut_and_its_connection_closed(client: Client, receiver: Receiver) -> None:
    """64 KiB of a huge body are kept, the rest is neither read nor waited for."""
    receiver.answer(Huge(200 * 1024 * 1024))
    answer = client.send(to(receiver.url))
    assert (answer.status, answer.body) == (200, b"h" * ANSWER_LIMIT)
    receiver.wait_until(lambda it: it.open_connections == 0)


def test_an_answer_that_stalls_at_the_limit_is_not_waited_for(client: Client, receiver: Receiver) -> None:
    """What is kept has come; whether the rest ever does is of no interest."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    receiver.answer(Raw(head + b"h" * ANSWER_LIMIT))
    answer = client.send(to(receiver.url, total=5.0))
    assert (answer.status, answer.body) == (200, b"h" * ANSWER_LIMIT)
    assert answer.duration_ms < 2500


def test_an_answer_of_exactly_the_limit_is_whole(client: Client, receiver: Receiver) -> None:
    """The limit itself is allowed."""
    receiver.answer(Huge(ANSWER_LIMIT))
    assert client.send(to(receiver.url)).body == b"h" * ANSWER_LIMIT


def test_a_chunked_answer_is_put_together(client: Client, receiver: Receiver) -> None:
    """Chunks, their extensions and trailers leave no trace in the body."""
    chunks = b"5;a=b\r\nHello\r\n7\r\n, world\r\n0\r\nX-Trailer: 1\r\n\r\n"
    receiver.answer(Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks))
    assert client.send(to(receiver.url)).body == b"Hello, world"


def test_an_endless_chunked_answer_is_cut_at_the_limit(client: Client, receiver: Receiver) -> None:
    """The limit holds where no length is announced."""
    chunk = b"8000\r\n" + b"c" * 0x8000 + b"\r\n"
    receiver.answer(Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 3))
    assert client.send(to(receiver.url)).body == b"c" * ANSWER_LIMIT


def test_an_answer_that_ends_with_its_connection_is_whole(client: Client, receiver: Receiver) -> None:
    """The oldest form of HTTP, without a length, is understood."""
    receiver.answer(Status(200, b"old", {"Transfer-Encoding": "identity"}, hang_up=True))
    assert client.send(to(receiver.url)).body == b"old"


def test_an_interim_answer_is_passed_over(client: Client, receiver: Receiver) -> None:
    """100, 102 and 103 announce an answer and are none."""
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    receiver.answer(Raw(interim + b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"))
    assert client.send(to(receiver.url)).status == 201


def test_repeated_headers_are_joined(client: Client, receiver: Receiver) -> None:
    """No value is lost to another of the same name."""
    receiver.answer(Raw(b"HTTP/1.1 200 OK\r\nVary: a\r\nvary: b\r\nContent-Length: 0\r\n\r\n"))
    assert client.send(to(receiver.url)).headers["vary"] == "a, b"


def test_an_answer_given_before_the_request_was_read_counts(client: Client, receiver: Receiver) -> None:
    """An endpoint that refuses a large body at its first bytes is heard, even if it closes at once."""
    receiver.answer(Early(Status(413, b"too large", {"Connection": "close"})))
    answer = client.send(to(receiver.url, b"x" * 300_000))
    assert (answer.status, answer.body) == (413, b"too large")


def test_a_compressed_answer_is_not_asked_for_and_not_unpacked(client: Client, receiver: Receiver) -> None:
    """A small answer cannot unfold into a large one."""
    receiver.answer(Ok(b"\x1f\x8b not really", headers={"Content-Encoding": "gzip"}))
    assert client.send(to(receiver.url)).body == b"\x1f\x8b not really"
    assert receiver.requests[0].headers["accept-encoding"] == "identity"
