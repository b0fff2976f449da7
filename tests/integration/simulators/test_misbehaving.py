"""Every way to misbehave, as a client sees it."""

import socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from eventually import eventually
from outhaul_ops.simulators import Fate, MisbehaviourError, Simulator

Send = Callable[..., requests.Response]
JsonObject = dict[str, Any]

PERSON = {"email": "mara@shop.example", "id": "C-71"}
PATIENCE_SECONDS = 0.3


def request_bytes(simulator: Simulator) -> bytes:
    """A customer update as raw HTTP."""
    body = b'{"email":"mara@shop.example","id":"C-71"}'
    lines = [
        "POST /webhooks/?storeId=S1 HTTP/1.1",
        f"Host: {urlsplit(simulator.url).netloc}",
        "Content-Type: application/json",
        "x-event-type: customers/update",
        "x-token: store-key",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def fates(simulator: Simulator) -> list[tuple[Fate, int]]:
    """Fate and status of all requests in order."""
    return [(entry.fate, entry.status) for entry in simulator.record]


def statuses(send: Send, times: int) -> list[int]:
    """Send the same update several times; returns the statuses."""
    return [send("customers/update", PERSON).status_code for _ in range(times)]


def test_the_next_requests_fail_and_then_it_behaves(send: Send, remarkety: Simulator) -> None:
    """`next 2: 500` fails exactly two requests, which leave no trace at the vendor."""
    remarkety.misbehave("next 2: 500")
    assert statuses(send, 3) == [500, 500, 200]
    assert fates(remarkety) == [(Fate.DROPPED, 500), (Fate.DROPPED, 500), (Fate.STORED, 200)]
    assert remarkety.record.entries()[0].reason == "misbehaviour: 500"


def test_a_series_is_played_in_order(send: Send, remarkety: Simulator) -> None:
    """Counted rules are used up one after the other, then the standing one holds until mended."""
    remarkety.misbehave("all: 418; next 1: 503; next 2: 500")
    assert statuses(send, 5) == [503, 500, 500, 418, 418]
    remarkety.mend()
    assert statuses(send, 1) == [200]


@pytest.mark.parametrize("wait", ["7", "Thu, 20 Nov 2025 01:00:00 GMT"])
def test_too_many_requests_can_say_how_long_to_wait(send: Send, remarkety: Simulator, wait: str) -> None:
    """`429 retry-after` sends the header, in seconds or as a date."""
    remarkety.misbehave(f"all: 429 retry-after {wait}")
    answer = send("customers/update", PERSON)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, wait)


def test_one_event_fails_while_others_pass(send: Send, remarkety: Simulator, order: JsonObject) -> None:
    """A rule for one event id leaves the other events alone, until that event is mended."""
    remarkety.misbehave("event ev_bad: 400")

    def shown(event_id: str) -> int:
        return send("product-viewed", {"event_id": event_id}, x_platform="custom").status_code

    assert (shown("ev_bad"), shown("ev_good"), send("orders/create", order).status_code) == (400, 200, 200)
    remarkety.mend("ev_bad")
    assert shown("ev_bad") == 200


@pytest.mark.parametrize("name", ["O-5001", "orders/O-5001"])
def test_an_event_without_an_id_of_its_own_is_named_by_the_vendors(
    send: Send, remarkety: Simulator, order: JsonObject, name: str
) -> None:
    """Where the body has no event id, its `id` or the recorded key names the event."""
    remarkety.misbehave(f"event {name} next 1: 500")
    assert [send("orders/create", order).status_code for _ in range(2)] == [500, 200]


def test_a_webhook_event_is_named_by_its_id(deliver: Send, webhook: Simulator, happening: JsonObject) -> None:
    """The `webhook-id` is the event's name, and a receiver may declare itself gone."""
    webhook.misbehave("event ev_1 next 2: 410")
    assert [deliver(name, happening).status_code for name in ("ev_1", "ev_2", "ev_1", "ev_1")] == [410, 200, 410, 200]


def test_a_hanging_vendor_never_answers(send: Send, remarkety: Simulator) -> None:
    """`hang` outlasts the client's patience, and the vendor never saw the request."""
    remarkety.misbehave("next 1: hang")
    with socket.create_connection(("127.0.0.1", remarkety.port), timeout=PATIENCE_SECONDS) as client:
        client.sendall(request_bytes(remarkety))
        with pytest.raises(TimeoutError):
            client.recv(1)
    assert statuses(send, 1) == [200]
    assert fates(remarkety) == [(Fate.DROPPED, 0), (Fate.STORED, 200)]


def test_many_hanging_requests_do_not_keep_others_waiting(send: Send, remarkety: Simulator) -> None:
    """A hundred connections that hang cost the next request nothing."""
    remarkety.misbehave("next 100: hang")
    clients = [socket.create_connection(("127.0.0.1", remarkety.port), timeout=10) for _ in range(100)]
    try:
        for client in clients:
            client.sendall(request_bytes(remarkety))
        eventually(lambda: len(remarkety.record) == len(clients), within=10)
        assert statuses(send, 1) == [200]
    finally:
        for client in clients:
            client.close()


@pytest.mark.parametrize(("action", "fate"), [("reset", Fate.DROPPED), ("lose", Fate.STORED)])
def test_a_reset_connection_gives_no_answer(remarkety: Simulator, action: str, fate: Fate) -> None:
    """`reset` loses the request, `lose` only the answer; the client cannot tell which."""
    remarkety.misbehave(f"next 1: {action}")
    with socket.create_connection(("127.0.0.1", remarkety.port), timeout=10) as client:
        client.sendall(request_bytes(remarkety))
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    assert fates(remarkety) == [(fate, 0)]
    assert len(list_of_contacts(remarkety)) == (1 if fate is Fate.STORED else 0)


def list_of_contacts(simulator: Simulator) -> list[JsonObject]:
    """The contacts now held."""
    held: Any = simulator.state()["contacts"]
    return list(held)


def test_a_slow_answer_comes_after_its_wait(send: Send, remarkety: Simulator) -> None:
    """`slow` takes the request at once and answers later."""
    remarkety.misbehave("next 1: slow 200ms")
    started = time.monotonic()
    assert statuses(send, 1) == [200]
    assert time.monotonic() - started >= 0.2
    assert fates(remarkety) == [(Fate.STORED, 200)]


def test_a_client_that_gives_up_on_a_slow_answer_was_served_all_the_same(remarkety: Simulator) -> None:
    """The vendor has the event although the client saw a time-out."""
    remarkety.misbehave("next 1: slow 1m")
    with socket.create_connection(("127.0.0.1", remarkety.port), timeout=PATIENCE_SECONDS) as client:
        client.sendall(request_bytes(remarkety))
        with pytest.raises(TimeoutError):
            client.recv(1)
    assert fates(remarkety) == [(Fate.STORED, 200)]


def test_a_dripping_answer_comes_byte_by_byte(remarkety: Simulator) -> None:
    """`drip` sends the whole answer, status line included, in single bytes with a pause after each."""
    remarkety.misbehave("next 1: drip 2ms")
    pieces: list[bytes] = []
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", remarkety.port), timeout=10) as client:
        client.sendall(request_bytes(remarkety))
        while not b"".join(pieces).endswith(b'{"status":"ok"}'):
            pieces.append(client.recv(1024))
    assert b"".join(pieces).startswith(b"HTTP/1.1 200 OK\r\n")
    assert len(pieces) > 10
    assert time.monotonic() - started >= 0.002 * (len(b"".join(pieces)) - 1)


def test_a_slow_drip_outlasts_a_total_deadline_though_bytes_keep_coming(remarkety: Simulator) -> None:
    """Every byte comes in time, the answer does not."""
    remarkety.misbehave("all: drip 100ms")
    deadline = time.monotonic() + PATIENCE_SECONDS
    received = b""
    with socket.create_connection(("127.0.0.1", remarkety.port), timeout=10) as client:
        client.sendall(request_bytes(remarkety))
        while time.monotonic() < deadline:
            received += client.recv(1)
    assert b"HTTP".startswith(received[:4])
    assert b"\r\n\r\n" not in received


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_leaves_the_connection_usable(remarkety: Simulator, status: int) -> None:
    """204 and 304 carry no body, so that the next answer is read from its start."""
    remarkety.misbehave(f"next 1: {status}")
    with requests.Session() as session:
        headers = {"content-type": "application/json", "x-event-type": "customers/update", "x-token": "store-key"}
        url = f"{remarkety.url}/webhooks/?storeId=S1"
        got = [session.post(url, json=PERSON, headers=headers, timeout=10).status_code for _ in range(2)]
    assert got == [status, 200]


def test_a_mistaken_line_changes_nothing(send: Send, remarkety: Simulator) -> None:
    """When one line is wrong none is applied."""
    with pytest.raises(MisbehaviourError, match="nearest known: hang"):
        remarkety.misbehave("all: 500; next 2: hangs")
    assert statuses(send, 1) == [200]
