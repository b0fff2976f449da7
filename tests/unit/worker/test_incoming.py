"""Reading answers, however their bytes are cut and whatever they are."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outhaul_worker.exchange import ANSWER_LIMIT
from outhaul_worker.transports.attempt import AttemptFailed
from outhaul_worker.transports.incoming import Received, read_answer

ANSWERS = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\n\r\nhello",
    b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nT: 1\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
    b"HTTP/1.0 200 OK\r\n\r\nhello",
)


def pieces(*data: bytes) -> Callable[[], bytes]:
    """Return a source that gives one piece after the other, then the end."""
    waiting = [piece for piece in data if piece]
    return lambda: waiting.pop(0) if waiting else b""


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    """Cut data at these places."""
    edges = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(st.sampled_from(ANSWERS), st.lists(st.integers(0, 200), max_size=30))
def test_an_answer_reads_the_same_however_it_is_cut(answer: bytes, places: list[int]) -> None:
    """Where TCP cuts the bytes has no influence on what they mean."""
    received = read_answer(pieces(*cut(answer, places)))
    assert (received.status, received.body) == (200, b"hello")


@given(st.lists(st.binary(max_size=200), max_size=10), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", ANSWERS[1]]))
def test_any_bytes_give_an_answer_or_a_failed_attempt(data: list[bytes], start: bytes) -> None:
    """No endpoint can send anything that breaks the reader in another way, or more than the limit."""
    with suppress(AttemptFailed):
        received = read_answer(pieces(start, *data))
        assert 200 <= received.status <= 999
        assert len(received.body) <= ANSWER_LIMIT


@pytest.mark.parametrize(
    ("head", "reusable"),
    [
        (b"HTTP/1.1 200 OK", True),
        (b"HTTP/1.1 200 OK\r\nConnection: keep-alive", True),
        (b"HTTP/1.1 200 OK\r\nConnection: Close", False),
        (b"HTTP/1.1 200 OK\r\nConnection: upgrade, close", False),
        (b"HTTP/1.0 200 OK", False),
        (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive", True),
    ],
)
def test_a_connection_is_kept_as_its_version_and_headers_say(head: bytes, reusable: bool) -> None:
    """Version 1.1 keeps connections unless told otherwise, 1.0 the other way round."""
    assert read_answer(pieces(head + b"\r\nContent-Length: 0\r\n\r\n")).reusable is reusable


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_an_answer_without_a_body_ends_with_its_headers(status: bytes) -> None:
    """A length announced for a body that cannot come is not waited for."""
    received = read_answer(pieces(b"HTTP/1.1 " + status + b"\r\nContent-Length: 5\r\n\r\n"))
    assert (received.body, received.reusable) == (b"", True)


def test_a_folded_header_is_one_value() -> None:
    """The old way of breaking long headers is read as one line."""
    received = read_answer(pieces(b"HTTP/1.1 204 OK\r\nX-A: one\r\n two\r\nX-B: 3\r\n\r\n"))
    assert received.headers == {"x-a": "one two", "x-b": "3"}


def test_a_line_that_is_no_header_is_passed_over() -> None:
    """A stray line of a sloppy endpoint does not turn its answer into a failure."""
    received = read_answer(pieces(b"HTTP/1.1 204 OK\r\nPHP Warning\r\nX-B: 3\r\n\r\n"))
    assert received.headers == {"x-b": "3"}


@pytest.mark.parametrize("length", [b"5, 5", b" 5 ", b"05"])
def test_a_length_that_is_one_number_is_taken(length: bytes) -> None:
    """The same length said twice is one length."""
    assert read_answer(pieces(b"HTTP/1.1 200 OK\r\nContent-Length: " + length + b"\r\n\r\nhello")).body == b"hello"


def test_a_body_of_no_known_length_is_cut_at_the_limit() -> None:
    """Reading until the end of the connection has an end of its own."""

    def endless() -> bytes:
        return b"x" * 10_000

    started = pieces(b"HTTP/1.1 200 OK\r\n\r\n")
    received: Received = read_answer(lambda: started() or endless())
    assert (len(received.body), received.reusable) == (ANSWER_LIMIT, False)
