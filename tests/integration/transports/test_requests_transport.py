"""What only the transport on requests has to prove."""

import threading

import pytest

from eventually import eventually
from integration.transports.client import Client, to
from outhaul_worker.exchange import Answer, Fault, Request
from outhaul_worker.transports import adapter, open_transport
from outhaul_worker.transports.connection import PlainConnection
from receiver import Ok, Receiver, Reset
from receiver.behaviour import Wire


class OkThenReset:
    """Answers, and resets the idle connection a moment later."""

    def play(self, wire: Wire) -> None:
        """Answer now, reset soon."""
        Ok().play(wire)
        wire.later(0.05, Reset())


def test_a_kept_connection_that_breaks_on_the_first_byte_is_replaced(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reset that arrives between the check of a kept connection and its use: nothing was sent, so it is sent anew."""
    monkeypatch.setattr(PlainConnection, "is_connected", property(lambda connection: connection.sock is not None))
    client = Client(open_transport("requests", 1))
    receiver.answer(OkThenReset())
    assert client.send(to(receiver.url)).status == 200
    receiver.wait_until(lambda it: it.open_connections == 0)
    answer = client.send(to(receiver.url))
    client.transport.close()
    assert (answer.status, receiver.count) == (200, 2)


def test_an_error_nobody_foresaw_is_a_fault_and_not_a_dead_thread(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug costs one attempt; its words are not repeated, for they may hold the payload."""
    client = Client(open_transport("requests", 1))
    sent = adapter.DirectAdapter.post

    def broken(it: adapter.DirectAdapter, request: Request) -> object:
        if request.body == b"bad":
            raise KeyError("mara@shop.example")
        return sent(it, request)

    monkeypatch.setattr(adapter.DirectAdapter, "post", broken)
    answer: Answer = client.send(to(receiver.url, b"bad"))
    assert (answer.fault, answer.sent, answer.detail) == (Fault.PROTOCOL, False, "unexpected KeyError")
    assert client.send(to(receiver.url)).status == 200
    client.transport.close()


def test_a_system_that_gives_no_more_threads_slows_the_transport_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every request is answered by the threads there are, and none that never started is counted."""
    started = threading.Thread.start

    def start_one(thread: threading.Thread) -> None:
        if thread.name.startswith("outhaul-send-") and thread.name != "outhaul-send-0":
            raise RuntimeError("can't start new thread")
        started(thread)

    with Receiver() as receiver:
        transport = open_transport("requests", 4)
        monkeypatch.setattr(threading.Thread, "start", start_one)
        for key in range(8):
            transport.submit(key, Request(receiver.url, {}, b"{}", allow_private_addresses=True))
        answers: list[tuple[object, Answer]] = []

        def all_answered() -> bool:
            answers.extend(transport.completed(1))
            return len(answers) == 8

        eventually(all_answered, within=10)
        transport.close()
    assert {answer.status for _, answer in answers} == {200}
