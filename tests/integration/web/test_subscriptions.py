"""Subscriptions over HTTP, from the first to the last."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from standardwebhooks import Webhook

from integration.subscriptions.stories import Process, accept, states
from integration.web.caller import Caller
from outhaul_ledger.keyring import Keyring, Scope
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import State
from outhaul_worker.transports.opening import open_transport
from receiver import Receiver, Status

PATH = "/v1/subscriptions"


@pytest.fixture
def endpoint() -> Iterator[Receiver]:
    """A subscriber's endpoint."""
    with Receiver() as running:
        yield running


def create(caller: Caller, endpoint: Receiver, **more: Any) -> dict[str, Any]:
    """Subscribe the endpoint to custom events."""
    given = {"url": f"{endpoint.url}/in", "types": ["custom.*"], **more}
    made: dict[str, Any] = caller.json("POST", PATH, json=given, status=201)
    return made


def deliver(ledger: Ledger) -> None:
    """Deliver what is due over the network."""
    transport = open_transport("requests", 8)
    try:
        Process(ledger, transport).drain(8)
    finally:
        transport.close()


def test_a_subscriber_gets_signed_events_with_its_headers(caller: Caller, endpoint: Receiver, ledger: Ledger) -> None:
    """The published library accepts them with the secret that was shown once."""
    made = create(caller, endpoint, headers={"X-Tenant": "shop-7"}, description="the shop")
    accept(ledger, "ev_1", properties={"n": 1})
    deliver(ledger)
    (request,) = endpoint.requests
    body = Webhook(made["secret"]).verify(request.body, request.headers)
    assert body["data"]["properties"] == {"n": 1}
    assert request.headers["x-tenant"] == "shop-7"
    shown = caller.json("GET", f"{PATH}/{made['name']}")
    assert (shown["headers"], shown["state"], shown["secrets"]) == (["X-Tenant"], "enabled", 1)
    assert b"shop-7" not in caller.send("GET", PATH).data
    assert "secret" not in shown


def test_a_rotated_secret_signs_beside_the_old_one(caller: Caller, endpoint: Receiver, ledger: Ledger) -> None:
    """Until the overlap is over the receiver may use either."""
    old = create(caller, endpoint)
    new = caller.json("POST", f"{PATH}/{old['name']}/rotate-secret", json={"overlap_seconds": 3600})
    accept(ledger, "ev_1")
    deliver(ledger)
    (request,) = endpoint.requests
    for secret in (old["secret"], new["secret"]):
        Webhook(secret).verify(request.body, request.headers)
    at_once = caller.json("POST", f"{PATH}/{old['name']}/rotate-secret", json={"overlap_seconds": 0})
    assert at_once["secrets"] == 1


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"url": "hooks.example"}, "url"),
        ({"url": "https://user:word@hooks.example/"}, "url"),
        ({"types": ["order"]}, "types[0]"),
        ({"types": ["order.creatd"]}, "types[0]"),
        ({"types": []}, "types"),
        ({"filter": {"field": "a b", "eq": 1}}, "filter.field"),
        ({"headers": {"webhook-signature": "v1,x"}}, "headers.webhook-signature"),
        ({"headers": {"Host": "elsewhere.example"}}, "headers.Host"),
        ({"headers": {"Transfer-Encoding": "chunked"}}, "headers.Transfer-Encoding"),
        ({"headers": {"TE": "trailers"}}, "headers.TE"),
        ({"headers": {"Keep-Alive": "1"}}, "headers.Keep-Alive"),
        ({"headers": {"Proxy-Authorization": "x"}}, "headers.Proxy-Authorization"),
        ({"headers": {"Upgrade": "x"}}, "headers.Upgrade"),
        ({"headers": {"x-a": "one\r\nx-b: two"}}, "headers.x-a"),
        ({"headers": {"x a": "one"}}, 'headers."x a"'),
        ({"timeout": {"total": "60s"}}, "timeout.total"),
        ({"timeout": {"totl": "6s"}}, "timeout.totl"),
        ({"retry": {"max_attempts": 0}}, "retry.max_attempts"),
        ({"concurrency": 0}, "concurrency"),
        ({"disable_after": "soon"}, "disable_after"),
        ({"secret": "whsec_mine"}, "secret"),
    ],
)
def test_what_cannot_be_a_subscription_is_refused_by_field(
    caller: Caller, endpoint: Receiver, given: dict[str, Any], path: str
) -> None:
    """Addresses, patterns, filters, headers that would change the request itself, and policies."""
    told = caller.json("POST", PATH, json={"url": endpoint.url, "types": ["order.*"], **given}, status=422)
    assert path in [error["path"] for error in told["errors"]], told
    assert caller.json("GET", PATH)["subscriptions"] == []


def test_a_subscription_is_changed_field_by_field(caller: Caller, endpoint: Receiver, ledger: Ledger) -> None:
    """What is left out stays; what is changed holds for what is routed and attempted next."""
    made = create(caller, endpoint, filter={"field": "properties.n", "gte": 2})
    accept(ledger, "ev_1", properties={"n": 1})
    deliver(ledger)
    changed = caller.json("PATCH", f"{PATH}/{made['name']}", json={"filter": None, "url": f"{endpoint.url}/moved"})
    assert (changed["filter"], changed["types"]) == (None, ["custom.*"])
    accept(ledger, "ev_2", properties={"n": 1})
    deliver(ledger)
    assert [request.path for request in endpoint.requests] == ["/moved"]
    refused = caller.json("PATCH", f"{PATH}/{made['name']}", json={"types": ["nonsense"]}, status=422)
    assert refused["errors"][0]["path"] == "types[0]"
    assert caller.json("GET", f"{PATH}/{made['name']}")["types"] == ["custom.*"]


def test_a_disabled_subscription_keeps_what_comes_in(caller: Caller, endpoint: Receiver, ledger: Ledger) -> None:
    """And sends it when it is enabled again."""
    name = create(caller, endpoint)["name"]
    told = caller.json("POST", f"{PATH}/{name}/disable", json={"reason": "moving house"})
    assert (told["state"], told["reason"]) == ("disabled", "moving house")
    accept(ledger, "ev_1")
    deliver(ledger)
    assert states(ledger, "ev_1") == {name: State.PENDING}
    assert caller.json("POST", f"{PATH}/{name}/enable")["state"] == "enabled"
    deliver(ledger)
    assert states(ledger, "ev_1") == {name: State.DELIVERED}


def test_a_test_event_shows_what_the_receiver_answers(caller: Caller, endpoint: Receiver) -> None:
    """Redacted, and also when it refuses."""
    made = create(caller, endpoint)
    told = caller.json("POST", f"{PATH}/{made['name']}/test")
    assert (told["outcome"], told["status"]) == ("accepted", 200)
    Webhook(made["secret"]).verify(endpoint.requests[0].body, endpoint.requests[0].headers)
    endpoint.always(Status(500, body=b"no, " + made["secret"].encode()))
    told = caller.json("POST", f"{PATH}/{made['name']}/test")
    assert (told["outcome"], told["status"], told["answer"]) == ("refused", 500, "no, ***")


def test_the_latest_deliveries_are_listed_with_their_attempts(
    caller: Caller, endpoint: Receiver, ledger: Ledger
) -> None:
    """For subscribers who know no event ids."""
    name = create(caller, endpoint)["name"]
    accept(ledger, "ev_1")
    deliver(ledger)
    endpoint.always(Status(500, body=b"down"))
    accept(ledger, "ev_2")
    deliver(ledger)
    listed = caller.json("GET", f"{PATH}/{name}/deliveries")["deliveries"]
    assert [(each["event_id"], each["state"], each["last_status"]) for each in listed] == [
        ("ev_2", "pending", 500),
        ("ev_1", "delivered", 200),
    ]
    # Back-off begins at 0: once in some hundred times the next attempt is due before the drain ends.
    attempts = range(1, listed[0]["attempts"] + 1)
    assert [(line["attempt"], line["answer"]) for line in listed[0]["log"]] == [(number, "down") for number in attempts]
    assert attempts


def test_pages_hold_still_while_subscriptions_come_and_go(caller: Caller, endpoint: Receiver) -> None:
    """Each is listed once, also when the one that a page ended with is gone."""
    names = [create(caller, endpoint)["name"] for _ in range(5)]
    first = caller.json("GET", f"{PATH}?limit=2")
    caller.json("DELETE", f"{PATH}/{first['subscriptions'][-1]['name']}")
    second = caller.json("GET", f"{PATH}?limit=2&after={first['next']}")
    third = caller.json("GET", f"{PATH}?limit=2&after={second['next']}")
    listed = [each["name"] for page in (first, second, third) for each in page["subscriptions"]]
    assert (sorted(listed), third["next"]) == (sorted(names), None)
    assert caller.json("GET", f"{PATH}?after=nonsense", status=422)["errors"][0]["path"] == "after"


def test_a_removed_subscription_is_not_found(caller: Caller, endpoint: Receiver) -> None:
    """By any operation."""
    name = create(caller, endpoint)["name"]
    assert caller.json("DELETE", f"{PATH}/{name}") == {"name": name}
    for method, tail, body in (
        ("GET", "", None),
        ("PATCH", "", {"description": "x"}),
        ("DELETE", "", None),
        ("POST", "/rotate-secret", {}),
        ("POST", "/disable", {}),
        ("POST", "/enable", None),
        ("POST", "/test", None),
        ("GET", "/deliveries", None),
    ):
        options = {} if body is None else {"json": body}
        assert caller.send(method, f"{PATH}/{name}{tail}", **options).status_code == 404, (method, tail)


def test_whoever_may_only_read_changes_nothing(caller: Caller, endpoint: Receiver, keyring: Keyring) -> None:
    """Changes need the scope `operate`."""
    name = create(caller, endpoint)["name"]
    _, key = keyring.create("reader", [Scope.READ])
    reader = Caller(caller.client, key)
    assert reader.json("GET", f"{PATH}/{name}")["name"] == name
    for method, tail in (("DELETE", ""), ("POST", "/enable"), ("POST", "/test")):
        assert reader.send(method, f"{PATH}/{name}{tail}").status_code == 403
    assert orjson.loads(reader.send("POST", PATH, json={}).data)["status"] == 403
