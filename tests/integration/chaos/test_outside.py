"""The network and the endpoints of a run behave as they were told, and the book says what came of it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
import requests
from redis.backoff import NoBackoff
from redis.retry import Retry

from outhaul_ops.chaos.journal import Arrival, read_arrivals
from outhaul_ops.chaos.proxy import Mode
from outhaul_ops.chaos.receiver import ATTEMPT_HEADER
from outhaul_ops.chaos.site import Outside
from outhaul_ops.embedded import EmbeddedServer

PATIENCE = 0.5


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the receivers' book is."""
    return tmp_path_factory.mktemp("outside") / "arrivals.log"


@pytest.fixture(scope="module")
def started(book: Path, shared_server: EmbeddedServer) -> Iterator[Outside]:
    """The process, with a server behind its proxy."""
    command = [sys.executable, "-m", "outhaul_ops.chaos.outside", str(book), f"ledger={shared_server.port}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Outside(process)
        process.communicate(timeout=10)


@pytest.fixture
def outside(started: Outside) -> Iterator[Outside]:
    """The process, and everything mended afterwards."""
    yield started
    for name in started.ports:
        started.turn(name, Mode.PASS)
    started.misbehave("shaky", "mend")


def post(outside: Outside, event_id: str, attempt: int = 1) -> int:
    """Send a request as a worker does; returns the status."""
    url = f"http://127.0.0.1:{outside.ports['shaky']}/shaky"
    headers = {"webhook-id": event_id, ATTEMPT_HEADER: str(attempt)}
    return requests.post(url, b"{}", headers=headers, timeout=PATIENCE).status_code


def last(book: Path) -> Arrival:
    """The last entry of the book."""
    return read_arrivals(book)[-1]


def test_a_request_is_in_the_book_with_its_attempt(outside: Outside, book: Path) -> None:
    """What was answered 200 was taken."""
    assert post(outside, "ev_1", 3) == 200
    assert (last(book).destination, last(book).event_id, last(book).attempt) == ("shaky", "ev_1", 3)
    assert last(book).taken


def test_a_refused_request_is_in_the_book_as_refused(outside: Outside, book: Path) -> None:
    """An endpoint that says no has not taken the event."""
    outside.misbehave("shaky", "all: 503")
    assert post(outside, "ev_3") == 503
    assert (last(book).event_id, last(book).taken) == ("ev_3", False)


@pytest.mark.parametrize("rules", ["all: hang", "all: lose"])
def test_a_request_whose_answer_is_lost_counts_as_taken(outside: Outside, book: Path, rules: str) -> None:
    """The endpoint may have done what it was asked; a second request must say so."""
    outside.misbehave("shaky", rules)
    with pytest.raises(requests.RequestException):
        post(outside, "ev_5")
    assert (last(book).event_id, last(book).taken) == ("ev_5", True)


@pytest.mark.parametrize("mode", [Mode.AWAY, Mode.STALL, Mode.RESET, Mode.GARBAGE])
def test_what_does_not_get_through_is_not_in_the_book(outside: Outside, book: Path, mode: Mode) -> None:
    """And once the network is well again, requests arrive."""
    before = len(read_arrivals(book))
    outside.turn("shaky", mode)
    with pytest.raises(requests.RequestException):
        post(outside, "ev_7")
    assert len(read_arrivals(book)) == before
    outside.turn("shaky", Mode.PASS)
    assert post(outside, "ev_9") == 200


def through(outside: Outside) -> redis.Redis:
    """A client of the server, through the proxy."""
    never = Retry(NoBackoff(), 0)
    client: redis.Redis = redis.Redis(port=outside.ports["ledger"], socket_timeout=PATIENCE, retry=never)
    return client


def test_answers_are_lost_after_the_server_has_done_what_it_was_asked(
    outside: Outside, shared_server: EmbeddedServer
) -> None:
    """The hardest kind of failure: done, and nobody knows."""
    with through(outside) as client, shared_server.client() as direct:
        client.set("lost", 0)
        outside.turn("ledger", Mode.MUTE)
        with pytest.raises(redis.ConnectionError):
            client.incr("lost")
        assert direct.get("lost") == b"1"


def loading(client: redis.Redis) -> None:
    """The server says that it is loading."""
    with pytest.raises(redis.exceptions.BusyLoadingError):
        client.ping()


def silent(client: redis.Redis) -> None:
    """There is no answer in time."""
    with pytest.raises((redis.TimeoutError, redis.ConnectionError)):
        client.ping()


@pytest.mark.parametrize(("mode", "fails"), [(Mode.LOADING, loading), (Mode.STALL, silent), (Mode.AWAY, silent)])
def test_a_server_behind_a_bad_network_is_unavailable_and_comes_back(
    outside: Outside, mode: Mode, fails: Callable[[redis.Redis], None]
) -> None:
    """Each way ends with the fault; no answer of it is left over for a later question."""
    with through(outside) as client:
        outside.turn("ledger", mode)
        fails(client)
        outside.turn("ledger", Mode.PASS)
    with through(outside) as client:
        assert [client.echo(str(number)) for number in range(3)] == [b"0", b"1", b"2"]
