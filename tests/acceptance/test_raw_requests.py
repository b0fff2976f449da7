"""Bytes that no client would send, to the API as it runs: paths that lead elsewhere, requests that hold another."""

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest

from acceptance.api import Api, running_api
from acceptance.site import Site
from outhaul_ledger.ledger import Ledger
from outhaul_ops.embedded import EmbeddedServer

CRLF = b"\r\n"
PING = b'{"type":"custom.ping","id":"ev_sent"}'
LENGTH = b"Content-Length: %d" % len(PING)
CHUNKED = b"Transfer-Encoding: chunked"


class Served(NamedTuple):
    """The API, and the ledger it writes to."""

    api: Api
    ledger: Ledger

    def request(self, line: bytes, *fields: bytes, body: bytes = b"") -> bytes:
        """A request with a key that allows everything."""
        lines = (line, b"Host: localhost", b"Authorization: Bearer " + self.api.key.encode(), *fields)
        return CRLF.join((*lines, b"", b"")) + body

    def smuggled(self) -> bytes:
        """A whole request that would be carried out, were it read as one."""
        event = b'{"type":"custom.ping","id":"ev_smuggled"}'
        fields = (b"Content-Type: application/json", b"Content-Length: %d" % len(event))
        return self.request(b"POST /v1/events HTTP/1.1", *fields, body=event)

    def post(self, *fields: bytes, body: bytes = PING, version: bytes = b"1.1") -> bytes:
        """A request that hands an event over."""
        return self.request(b"POST /v1/events HTTP/" + version, b"Content-Type: application/json", *fields, body=body)

    def connect(self, sent: bytes) -> socket.socket:
        """Send bytes, as far as the other side takes them."""
        connection = socket.create_connection(("127.0.0.1", self.api.port), timeout=10)
        with suppress(OSError):
            connection.sendall(sent)
        return connection

    def ask(self, sent: bytes, *, closes: bool = True) -> bytes:
        """Send bytes; returns all that comes back until the other side closes, or one answer where it need not."""
        with self.connect(sent) as connection:
            return read_to_the_end(connection) if closes else read_one(connection)

    def assert_unharmed(self) -> None:
        """The next honest request is answered, and nothing that was smuggled was carried out."""
        answer = self.ask(self.request(b"GET /v1/events/ev_kept HTTP/1.1", b"Connection: close"))
        assert (status(answer), orjson.loads(content(answer))["event_id"]) == (200, "ev_kept")
        assert self.ledger.status("ev_smuggled") is None


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One API for all of these, with an event that somebody may read who names it."""
    folder = tmp_path_factory.mktemp("raw")
    with EmbeddedServer(folder / "server") as server:
        site = Site(folder, server)
        site.use()
        with running_api(site, OUTHAUL_API_WORKERS="1", OUTHAUL_API_REQUEST_TIMEOUT="1s") as api:
            kept = ("-H", "Content-Type: application/json", "-d", '{"type": "custom.ping", "id": "ev_kept"}')
            assert api.curl("/v1/events", *kept)[0] == 202
            yield Served(api, site.ledger())
            log = Path(api.log).read_bytes()
            assert b"Traceback" not in log
            assert api.key.encode() not in log
        site.close()


def read_to_the_end(connection: socket.socket) -> bytes:
    """Read until the other side closes the connection."""
    answer = b""
    with suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            answer += piece
    return answer


def read_one(connection: socket.socket) -> bytes:
    """Read one answer, and what came with it."""
    answer = b""
    while len(content(answer)) < length(answer):
        piece = connection.recv(65536)
        assert piece, answer
        answer += piece
    return answer


def length(answer: bytes) -> int:
    """How long the body of an answer is to be; 1 while that is not known."""
    for line in answer.partition(CRLF * 2)[0].split(CRLF):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 1


def content(answer: bytes) -> bytes:
    """What stands behind the head of an answer."""
    return answer.partition(CRLF * 2)[2]


def status(answer: bytes) -> int:
    """The status of what must be one answer."""
    assert len(re.findall(rb"HTTP/1\.[01] \d", answer)) == 1, answer
    return int(answer.split(b" ", 2)[1])


def assert_refused(answer: bytes) -> None:
    """One answer of 4xx that holds nothing of an event and no header of the sender's, or none at all."""
    assert answer == b"" or 400 <= status(answer) < 500, answer
    assert b"ev_kept" not in answer
    assert b"accepted_at" not in answer
    assert b"X-Injected" not in answer.partition(CRLF * 2)[0]


PATHS = (
    b"/v1/events/../events/ev_kept",
    b"/v1/nothing/../events/ev_kept",
    b"/../../../../etc/passwd",
    b"/v1/events/..",
    b"/v1/events/.",
    b"/v1/events/./ev_kept",
    b"/v1/nothing/%2e%2e/events/ev_kept",
    b"/v1/nothing/%2E%2E%2Fevents%2Fev_kept",
    b"/v1/nothing/..%2fevents/ev_kept",
    b"/v1%2fevents%2f%2e%2e%2fevents%2fev_kept",
    b"/v1/nothing/%252e%252e/events/ev_kept",
    b"/v1/events/%2565v_kept",
    b"/v1/nothing/..%5cevents%5cev_kept",
    b"/v1\\events\\ev_kept",
    b"/v1/events/ev_kept%00",
    b"/v1/events/ev_kept\0",
    b"/v1/events/ev\0_kept",
    b"/v1/events/ev_kept%0d%0aX-Injected:%20yes",
    b"/v1/events/ev_kept\rX-Injected: yes",
    b"/v1/events/ev_kept\nX-Injected: yes",
    b"/v1/events/ev_kept\r\nX-Injected: yes",
    b"/v1/events/ev_kept\tx",
    b"/v1/events/ev_kept x",
    b"/v1/events/ev_kept;a=b",
    b"/v1/events/ev_kept#a",
    b"/v1/events/ev_kept/",
    b"/v1//events/ev_kept",
    b"//v1/events/ev_kept",
    b"/v1/events//ev_kept",
    b"//elsewhere.example/v1/events/ev_kept",
    b"http://elsewhere.example/v1/events/ev_kept",
    b"http://user@localhost/v1/events/ev_kept",
    b"file:///etc/passwd",
    b"elsewhere.example:80",
    b"v1/events/ev_kept",
    b"*",
    b"",
    b"/v1/events/\xff\xfe",
    b"/v1/events/%ff%fe",
    b"/v1/events/" + b"a" * 8_000,
    b"/v1/events/" + b"a" * 9_000,
    b"/v1/events/" + b"%61" * 100_000,
    b"/v1/deliveries?" + b"type=a&" * 50_000,
)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:48].decode("latin1").encode("unicode_escape").decode())
def test_a_path_that_is_no_plain_path_leads_nowhere(served: Served, path: bytes) -> None:
    """Neither to what another spelling names, nor out of the API, nor into a header; with each method."""
    for method in (b"GET", b"POST"):
        assert_refused(served.ask(served.request(method + b" " + path + b" HTTP/1.1", b"Connection: close")))
    served.assert_unharmed()


@pytest.mark.parametrize(
    "head",
    [
        b"GET http://localhost/v1/events/ev_kept HTTP/1.1\r\nHost: localhost",
        b"GET /v1/events/ev_kept HTTP/1.0",
        b"GET /v1/events/%65v_kept HTTP/1.1\r\nHost: localhost",
    ],
)
def test_what_can_only_be_read_in_one_way_is_served(served: Served, head: bytes) -> None:
    """HTTP has these forms, and some clients use them."""
    key = b"Authorization: Bearer " + served.api.key.encode()
    answer = served.ask(CRLF.join((head, key, b"Connection: close", b"", b"")))
    assert (status(answer), orjson.loads(content(answer))["event_id"]) == (200, "ev_kept")


FIELDS = (
    b"X-Folded: a\r\n b",
    b"X-Folded: a\r\n\tX-Injected: yes",
    b" X-First: a",
    b"X-Spaced : a",
    b"X Spaced: a",
    b"X-Cut: a\rb",
    b"X-Cut: a\nX-Injected: yes",
    b"X-Nul: a\0b",
    b"X\0Nul: a",
    b": a",
    b"no colon at all",
    b"Host: elsewhere.example",
    b"Expect: the unexpected",
    b"X-Long: " + b"a" * 20_000,
    CRLF.join(b"X-%d: a" % number for number in range(200)),
)


@pytest.mark.parametrize(
    "field", FIELDS, ids=lambda field: field[:32].decode("latin1").encode("unicode_escape").decode()
)
def test_a_header_that_can_be_read_in_two_ways_is_not_read(served: Served, field: bytes) -> None:
    """Folded, cut, spaced, too long or too many: refused before anything of the request is looked at."""
    assert_refused(served.ask(served.request(b"GET /v1/events/ev_kept HTTP/1.1", field)))
    served.assert_unharmed()


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /v1/events/ev_kept HTTP/1.1\r\nAuthorization: Bearer %b\r\n\r\n",
        b"GET /v1/events/ev_kept HTTP/1.1\r\nHost: localhost\r\nAuthorization Bearer %b\r\n\r\n",
        b"GET /v1/events/ev_kept?key=%b HTTP/1.1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"get /v1/events/ev_kept HTTP/1.1\r\nAuthorization: Bearer %b\r\n\r\n",
        b"GET /v1/events/ev_kept\r\nAuthorization: Bearer %b\r\n\r\n",
        b"GET /v1/events/ev_kept HTTP/2.0\r\nAuthorization: Bearer %b\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n%b",
        b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %b\r\n\r\n",
        b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\nGET /livez HTTP/1.1\r\nHost: %b\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_a_key_in_it_is_repeated_nowhere(served: Served, sent: bytes) -> None:
    """Neither in the answer nor in the log, which the fixture looks through in the end."""
    key = served.api.key.encode()
    with served.connect(sent % key) as connection:
        connection.shutdown(socket.SHUT_WR)
        answer = read_to_the_end(connection)
    assert_refused(answer)
    assert key not in answer
    assert content(answer) == b"" or orjson.loads(content(answer))["type"].startswith("/problems/")
    served.assert_unharmed()


SMUGGLING = {
    "two lengths that differ": ((LENGTH, b"Content-Length: 5"), PING),
    "two lengths that agree": ((LENGTH, LENGTH), PING),
    "a list of lengths": ((LENGTH + b", %d" % len(PING),), PING),
    "a length with a sign": ((b"Content-Length: +%d" % len(PING),), PING),
    "a negative length": ((b"Content-Length: -1",), b""),
    "a hexadecimal length": ((b"Content-Length: 0x24",), PING),
    "a length with an underscore": ((b"Content-Length: 3_6",), PING),
    "an empty length": ((b"Content-Length:",), PING),
    "a length of digits of another script": ((b"Content-Length: \xd9\xa3",), PING),
    "a length that no number holds": ((b"Content-Length: " + b"9" * 5_000,), PING),
    "a length and chunks": ((LENGTH, CHUNKED), b"0\r\n\r\n"),
    "chunks and a length": ((CHUNKED, b"Content-Length: 5"), b"0\r\n\r\n"),
    "chunks twice": ((CHUNKED, CHUNKED), b"0\r\n\r\n"),
    "chunks of something": ((b"Transfer-Encoding: gzip, chunked",), b"0\r\n\r\n"),
    "chunks, then something": ((b"Transfer-Encoding: chunked, identity",), b"0\r\n\r\n"),
    "identity and a length": ((b"Transfer-Encoding: identity", LENGTH), PING),
    "an unknown coding": ((b"Transfer-Encoding: xchunked",), b"0\r\n\r\n"),
    "an unknown coding and a length": ((b"Transfer-Encoding: xchunked", LENGTH), PING),
    "a space before the colon": ((b"Transfer-Encoding : chunked", LENGTH), PING),
    "a folded coding": ((b"Transfer-Encoding:\r\n chunked", LENGTH), PING),
    "a control character in the coding": ((b"Transfer-Encoding: \x0bchunked", LENGTH), PING),
    "a size that is no number": ((CHUNKED,), b"zz\r\nabc\r\n0\r\n\r\n"),
    "a negative size": ((CHUNKED,), b"-1\r\nabc\r\n0\r\n\r\n"),
    "a size with a prefix": ((CHUNKED,), b"0x24\r\n" + PING + b"\r\n0\r\n\r\n"),
    "a chunk longer than its size": ((CHUNKED,), b"24\r\n" + PING + b"more\r\n0\r\n\r\n"),
    "a line feed in an extension": ((CHUNKED,), b'24;a="\n"\r\n' + PING + b"\r\n0\r\n\r\n"),
}


@pytest.mark.parametrize("case", SMUGGLING)
def test_a_request_whose_end_can_be_read_in_two_ways_hides_no_other(served: Served, case: str) -> None:
    """It is refused, its connection is closed, and what stands behind it is not carried out."""
    fields, body = SMUGGLING[case]
    assert_refused(served.ask(served.post(*fields, body=body) + served.smuggled()))
    served.assert_unharmed()


def test_chunks_in_a_version_that_has_none_hide_nothing(served: Served) -> None:
    """A proxy that speaks HTTP/1.0 reads such a request to the end of the connection."""
    assert_refused(served.ask(served.post(CHUNKED, body=b"0\r\n\r\n", version=b"1.0") + served.smuggled()))
    served.assert_unharmed()


@pytest.mark.parametrize(
    "line", [b"GET /v1/destinations", b"POST /v1/nothing", b"POST /v1/replays/x/cancel", b"GET /livez"]
)
def test_a_body_that_nobody_reads_is_no_request_of_its_own(served: Served, line: bytes) -> None:
    """On a connection that goes on, the next answer is the next request's."""
    hidden = served.smuggled()
    with served.connect(served.request(line + b" HTTP/1.1", b"Content-Length: %d" % len(hidden), body=hidden)) as one:
        assert status(read_one(one)) < 500
        with suppress(OSError):
            one.sendall(served.request(b"GET /v1/nothing HTTP/1.1", b"Connection: close"))
        following = read_to_the_end(one)
    assert following == b"" or status(following) == 404
    served.assert_unharmed()


def test_bodies_that_never_end_are_given_up_and_keep_nobody_out(served: Served) -> None:
    """More of them than there are threads, each of another kind; an honest request is answered soon after."""
    starts = (
        served.post(b"Content-Length: 500"),
        served.post(b"Content-Length: " + b"9" * 18),
        served.post(CHUNKED, body=b"24\r\n{"),
        served.post(CHUNKED, body=b"24\n" + PING + b"\n0\n\n"),
        served.post(CHUNKED, body=b"f" * 40 + b"\r\n" + PING),
        served.post(CHUNKED, body=b"0\r\nX-Trailer: "),
        b"\x16\x03\x01\x00\xa5\x01\x00" + b"\0" * 100,
        b"GET /v1/events/ev_kept HTT",
    )
    with ExitStack() as stack:
        opened = [stack.enter_context(served.connect(start)) for start in starts]
        for connection in opened:
            assert_refused(read_to_the_end(connection))
    served.assert_unharmed()
