"""Many requests at once, and the end of a transport."""

import os
import socket
import threading
import time
from threading import Event
from typing import Any

import pytest

from integration.transports.client import Client, to
from integration.transports.conftest import Opener
from outhaul_worker.exchange import Fault
from receiver import Drip, Hang, Ok, Receiver, UnansweredPort


def own_threads() -> list[str]:
    """The names of the threads that belong to transports."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("outhaul-send")]


def test_many_requests_all_complete_each_with_its_own_answer(open_client: Opener, receiver: Receiver) -> None:
    """Of 2000 requests none is lost, doubled or mixed up."""
    client = open_client(window=32)
    for number in range(2000):
        receiver.answer(Ok(str(number).encode()), path=f"/{number}")
        client.transport.submit(number, to(f"{receiver.url}/{number}"))
    answers = client.collect(2000)
    assert {key: answer.body for key, answer in answers.items()} == {n: str(n).encode() for n in range(2000)}
    assert (receiver.count, client.transport.in_flight) == (2000, 0)


def test_submitting_never_waits_for_an_endpoint(open_client: Opener, receiver: Receiver) -> None:
    """A thousand requests to an endpoint that hangs are taken at once."""
    receiver.always(Hang())
    client = open_client(window=4)
    begun = time.monotonic()
    for number in range(1000):
        client.transport.submit(number, to(receiver.url))
    assert time.monotonic() - begun < 1
    assert client.transport.in_flight == 1000


def test_requests_beyond_the_window_wait_for_a_place(open_client: Opener, receiver: Receiver) -> None:
    """With all places taken by hanging endpoints the next request goes out when the first of them times out."""
    receiver.always(Hang(), path="/hang")
    client = open_client(window=64)
    for number in range(64):
        client.transport.submit(number, to(f"{receiver.url}/hang", total=0.8))
    client.carry_on(until=lambda: receiver.count == 64)
    client.transport.submit("next", to(f"{receiver.url}/ok", total=0.4))
    assert client.transport.completed(0.1) == []
    answers = client.collect(65)
    assert answers.pop("next").status == 200
    assert {answer.fault for answer in answers.values()} == {Fault.READ_TIMEOUT}


def test_hanging_endpoints_do_not_delay_the_others(open_client: Opener, receiver: Receiver) -> None:
    """One free place in the window is enough for everyone else to get through."""
    receiver.always(Hang(), path="/hang")
    client = open_client(window=8)
    for number in range(7):
        client.transport.submit(f"hang {number}", to(f"{receiver.url}/hang", total=30))
    for number in range(200):
        client.transport.submit(number, to(f"{receiver.url}/ok"))
    answers = client.collect(200)
    assert {answer.status for answer in answers.values()} == {200}
    assert client.transport.in_flight == 7


def test_a_slow_name_does_not_delay_other_names(
    open_client: Opener, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that is silent about one host answers for the others meanwhile."""
    release = Event()
    system = socket.getaddrinfo

    def partly_stuck(host: str, port: int, flags: int = 0, **options: Any) -> Any:
        if flags & socket.AI_NUMERICHOST or host == "localhost":
            return system(host, port, flags=flags, **options)
        release.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", partly_stuck)
    client = open_client(window=8)
    for number in range(7):
        client.transport.submit(f"slow {number}", to("http://slow.example/in", connect=10))
    assert client.send(to(f"http://localhost:{receiver.port}/in")).status == 200
    release.set()
    assert {answer.fault for answer in client.collect(7).values()} == {Fault.DNS}


def test_waiting_for_answers_ends_with_the_time_given(client: Client) -> None:
    """Without answers `completed` returns nothing, and it asks no more patience than it was given."""
    begun = time.monotonic()
    assert client.transport.completed(0.05) == []
    assert client.transport.completed(0) == []
    assert 0.04 < time.monotonic() - begun < 1


def test_a_request_is_in_flight_until_its_answer_is_fetched(client: Client, receiver: Receiver) -> None:
    """The number counts what the caller has still to hear of."""
    assert client.transport.in_flight == 0
    receiver.answer(Ok(after=0.1))
    client.transport.submit("a", to(receiver.url))
    client.carry_on(until=lambda: receiver.count == 1)
    assert client.transport.in_flight == 1
    client.collect(1)
    assert client.transport.in_flight == 0


@pytest.mark.parametrize("place", ["answer", "drip", "connecting", "handshake", "name", "waiting"])
def test_closing_cuts_off_whatever_hangs(
    open_client: Opener, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """In whichever step requests hang, closing ends their threads at once."""
    release = Event()

    def stuck(_host: str, _port: int, flags: int = 0, **_: Any) -> Any:
        if not flags & socket.AI_NUMERICHOST:
            release.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    client = open_client(window=4)
    with UnansweredPort() as port, Receiver(silent=True) as silent:
        urls = {
            "answer": f"{receiver.url}/hang",
            "drip": f"{receiver.url}/drip",
            "connecting": f"http://127.0.0.1:{port}/in",
            "handshake": f"https://127.0.0.1:{silent.port}/in",
            "name": "http://slow.example/in",
            "waiting": f"{receiver.url}/hang",
        }
        receiver.always(Hang(), path="/hang")
        receiver.always(Drip("body"), path="/drip")
        if place == "name":
            monkeypatch.setattr(socket, "getaddrinfo", stuck)
        for number in range(40 if place == "waiting" else 4):
            client.transport.submit(number, to(urls[place], connect=30, total=30))
        assert client.transport.completed(0.3) == []
        begun = time.monotonic()
        client.transport.close()
        assert time.monotonic() - begun < 2
    release.set()
    assert own_threads() == []


@pytest.mark.parametrize("after", [0.0, 0.2], ids=["already", "meanwhile"])
def test_a_wait_for_answers_ends_with_the_descriptor_that_was_to_wake(
    client: Client, receiver: Receiver, after: float
) -> None:
    """Nothing has been answered: whoever waits is told that there is something else to do, and what hangs goes on."""
    receiver.answer(Hang())
    client.transport.submit("hangs", to(receiver.url))
    client.carry_on(until=lambda: receiver.count == 1)
    bell = os.eventfd(0)
    threading.Timer(after, os.eventfd_write, (bell, 1)).start()
    begun = time.monotonic()
    assert client.transport.completed(30.0, bell) == []
    assert after - 0.01 <= time.monotonic() - begun < 10
    assert client.transport.in_flight == 1
    os.close(bell)


def test_an_answer_ends_a_wait_that_nobody_was_woken_from(client: Client, receiver: Receiver) -> None:
    """A descriptor that cannot be read changes nothing."""
    bell = os.eventfd(0)
    receiver.answer(Ok(after=0.1))
    client.transport.submit("a", to(receiver.url))
    ((key, answer),) = client.transport.completed(30.0, bell)
    assert (key, answer.status) == ("a", 200)
    assert client.transport.completed(0.0, bell) == []
    os.close(bell)


def test_closing_twice_is_harmless(client: Client) -> None:
    """Whoever cleans up need not know whether somebody has already."""
    client.transport.close()
    client.transport.close()


def test_a_closed_transport_takes_no_requests(client: Client, receiver: Receiver) -> None:
    """A request that would never be sent is refused loudly."""
    client.transport.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.transport.submit("late", to(receiver.url))
    assert receiver.count == 0
