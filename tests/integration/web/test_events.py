"""Handing events over by HTTP, in every form that is read."""

from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from integration.web.caller import Caller, read
from integration.web.site import application
from outhaul_ledger.keyring import Keyring, Scope
from outhaul_ledger.ledger import Ledger
from outhaul_ops.embedded import EmbeddedServer

CUSTOMER = {"id": "C-71", "email": "mara@shop.example"}
EVENT = {"type": "customer.updated", "id": "crm-71-revision-5", "customer": CUSTOMER}


def ndjson(*documents: Any) -> bytes:
    """One document a line."""
    return b"\n".join(orjson.dumps(each) for each in documents)


def body_of(ledger: Ledger, event_id: str) -> dict[str, Any]:
    """Return the canonical event as it was accepted."""
    event: dict[str, Any] = orjson.loads(ledger.body(event_id))
    return event


def test_an_event_is_accepted_once(caller: Caller, ledger: Ledger) -> None:
    """The first call is answered by 202 and where to look, the same again by 200, other content by 409."""
    first = caller.send("POST", "/v1/events", json=EVENT)
    assert (first.status_code, first.headers["Location"]) == (202, "/v1/events/crm-71-revision-5")
    assert read(first)["duplicate"] is False
    again = caller.json("POST", "/v1/events", json=EVENT)
    assert again == {**read(first), "duplicate": True}
    other = {**EVENT, "customer": {"id": "C-72"}}
    conflict = caller.json("POST", "/v1/events", json=other, status=409)
    assert (conflict["type"], conflict["event_id"]) == ("/problems/event-conflict", "crm-71-revision-5")
    assert body_of(ledger, "crm-71-revision-5")["source"] == "/shops/main"


def test_an_invalid_event_is_refused_with_the_path_of_every_mistake(caller: Caller) -> None:
    """Clients learn everything that is wrong at once, in problem details."""
    told = caller.json("POST", "/v1/events", json={"type": "order.creatd", "customr": {}}, status=422)
    assert told["type"] == "/problems/invalid-event"
    assert [error["path"] for error in told["errors"]] == ["type", "customr"]
    assert "did you mean 'order.created'?" in told["errors"][0]["message"]


def test_the_idempotency_key_is_the_id_of_an_event_without_one(caller: Caller, ledger: Ledger) -> None:
    """Quoted as the standard writes it, or bare; an event's own id goes before it."""
    unnamed = {"type": "customer.updated", "customer": CUSTOMER}
    for key in ('"key-1"', "key-1"):
        answer = caller.send("POST", "/v1/events", json=unnamed, headers={"Idempotency-Key": key})
        assert read(answer)["event_id"] == "key-1"
    assert answer.status_code == 200
    named = caller.send("POST", "/v1/events", json=EVENT, headers={"Idempotency-Key": "key-2"})
    assert read(named)["event_id"] == EVENT["id"]
    assert ledger.status("key-2") is None


def test_a_key_that_cannot_be_an_id_is_refused(caller: Caller) -> None:
    """It is never dropped silently, which would make a repetition a second event."""
    unnamed = {"type": "customer.updated", "customer": CUSTOMER}
    told = caller.json("POST", "/v1/events", json=unnamed, headers={"Idempotency-Key": "a b"}, status=400)
    assert "Idempotency-Key" in told["detail"]
    told = caller.json("POST", "/v1/events", json=unnamed, headers={"Idempotency-Key": "é?!"}, status=422)
    assert [error["path"] for error in told["errors"]] == ["id"]


@pytest.mark.parametrize("content_type", ["application/json", "application/x-ndjson"])
def test_a_batch_has_a_result_for_every_event(caller: Caller, content_type: str) -> None:
    """Accepted, duplicate, conflicting and invalid ones each have their status, in the order of the batch."""
    caller.send("POST", "/v1/events", json=EVENT)
    batch = [{**EVENT, "id": "new"}, EVENT, {**EVENT, "customer": {"id": "C-72"}}, {"type": "x"}, 7]
    data = orjson.dumps(batch) if content_type == "application/json" else ndjson(*batch) + b"\n\n{"
    told = caller.json("POST", "/v1/events", data=data, content_type=content_type, status=207)
    broken = [] if content_type == "application/json" else [422]
    assert [item["status"] for item in told["results"]] == [202, 200, 409, 422, 422, *broken]
    assert [item["index"] for item in told["results"]] == list(range(5 + len(broken)))
    assert (told["accepted"], told["duplicates"], told["refused"]) == (1, 1, 3 + len(broken))
    assert told["results"][3]["errors"][0]["path"] == "type"


def test_a_batch_can_be_repeated_by_its_key(caller: Caller) -> None:
    """Events without an id get the key and their place, so that the same batch again changes nothing."""
    batch = [{"type": "customer.updated", "customer": CUSTOMER}] * 2
    for status in (202, 200):
        told = caller.json("POST", "/v1/events", json=batch, headers={"Idempotency-Key": "batch-7"}, status=207)
        assert [(item["event_id"], item["status"]) for item in told["results"]] == [
            ("batch-7-0", status),
            ("batch-7-1", status),
        ]


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"text"', "application/json", 422),
        (b'{"type": NaN}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"type":"custom.x","properties":{"n":1' + b"0" * 5_000 + b"}}", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"<event/>", "application/xml", 415),
        (b"{}", "", 415),
        (b"a=b", "application/x-www-form-urlencoded", 415),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(caller: Caller, data: bytes, content_type: str, status: int) -> None:
    """Whatever comes in, the answer is a problem that says what was expected."""
    answer = caller.send("POST", "/v1/events", data=data, content_type=content_type or None)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), answer.data


def test_a_body_over_the_limit_is_refused(caller: Caller) -> None:
    """What is too large is not read to its end."""
    told = caller.json(
        "POST", "/v1/events", data=b" " * (4 * 1024 * 1024 + 1), content_type="application/json", status=413
    )
    assert told["type"] == "/problems/body-too-large"


def test_a_compressed_body_is_refused(caller: Caller) -> None:
    """A few bytes that unpack to gigabytes have no way in."""
    told = caller.json("POST", "/v1/events", json=EVENT, headers={"Content-Encoding": "gzip"}, status=415)
    assert "Content-Encoding" in told["detail"]


def test_an_event_can_be_looked_at(caller: Caller) -> None:
    """The event as accepted, and its deliveries, from the moment of acceptance on."""
    caller.send("POST", "/v1/events", json=EVENT)
    told = caller.json("GET", "/v1/events/crm-71-revision-5")
    assert (told["routed"], told["deliveries"], told["event"]["customer"]) == (False, [], CUSTOMER)
    assert caller.json("GET", "/v1/events/unknown", status=404)["type"] == "/problems/not-found"


def test_an_outage_says_when_to_try_again(own_server: EmbeddedServer) -> None:
    """503 with Retry-After, and nothing of a stack trace; the process itself goes on living."""
    ledger = Ledger(own_server.client())
    client = application(ledger).test_client()
    _, key = Keyring(ledger.client, ledger.namespace).create("shop", [Scope.ENQUEUE])
    own_server.stop()
    answer = Caller(client, key).send("POST", "/v1/events", json=EVENT)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert read(answer)["type"] == "/problems/ledger-unavailable"
    assert client.get("/livez").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, read(ready)["ledger"]) == (503, False)


def test_a_key_without_the_scope_enqueues_nothing(client: FlaskClient, keyring: Keyring, ledger: Ledger) -> None:
    """Scopes stand for themselves."""
    _, key = keyring.create("reader", [Scope.READ, Scope.OPERATE])
    answer = Caller(client, key).send("POST", "/v1/events", json=EVENT)
    assert (answer.status_code, read(answer)["type"]) == (403, "/problems/not-allowed")
    assert ledger.status(str(EVENT["id"])) is None
