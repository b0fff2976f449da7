"""Who is let in, to what, and how often."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient

from eventually import eventually
from integration.web.caller import Caller, read
from integration.web.site import application
from outhaul_ledger.keyring import Admission, Allowance, Keyring, Scope
from outhaul_ledger.ledger import Ledger

EVENT = {"type": "custom.ping", "id": "ev_ping"}
NEEDED = [
    ("POST", "/v1/events", Scope.ENQUEUE),
    ("GET", "/v1/events/ev_ping", Scope.READ),
    ("GET", "/v1/deliveries", Scope.READ),
    ("GET", "/v1/dead-letters", Scope.READ),
    ("POST", "/v1/dead-letters/replay", Scope.OPERATE),
    ("GET", "/v1/replays/x", Scope.READ),
    ("POST", "/v1/replays/x/cancel", Scope.OPERATE),
    ("GET", "/v1/destinations", Scope.READ),
    ("POST", "/v1/destinations/shop-hooks/pause", Scope.OPERATE),
    ("POST", "/v1/destinations/shop-hooks/resume", Scope.OPERATE),
    ("GET", "/metrics", Scope.READ),
]


def test_health_needs_no_key(client: FlaskClient) -> None:
    """Whoever supervises the process has none."""
    assert read(client.get("/livez")) == {"status": "alive"}
    assert read(client.get("/readyz")) == {"ready": True, "ledger": True, "configuration": True}


def test_an_unknown_address_or_method_is_a_problem(client: FlaskClient) -> None:
    """Every refusal has the same shape, and its kind is explained where its type says."""
    answer = client.get("/v1/nothing")
    assert answer.content_type == "application/problem+json"
    explained = client.get(read(answer)["type"])
    assert explained.content_type.startswith("text/plain")
    answer = client.delete("/v1/events")
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, {"OPTIONS", "POST"})


@pytest.mark.parametrize(("method", "path", "scope"), NEEDED)
def test_each_operation_needs_its_scope(
    client: FlaskClient, keyring: Keyring, method: str, path: str, scope: Scope
) -> None:
    """Without a key 401, with all scopes but that one 403, before anything of the request is looked at."""
    answer = client.open(path, method=method, data=b"{")
    assert (answer.status_code, read(answer)["type"]) == (401, "/problems/unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    _, key = keyring.create("others", set(Scope) - {scope})
    answer = Caller(client, key).send(method, path, data=b"{")
    assert (answer.status_code, read(answer)["type"]) == (403, "/problems/not-allowed")
    _, key = keyring.create("the one", {scope})
    assert Caller(client, key).send(method, path).status_code not in (401, 403)


def test_only_a_whole_and_known_key_is_one(client: FlaskClient, keyring: Keyring) -> None:
    """Parts, other secrets, other schemes and two keys at once are refused alike."""
    _, key = keyring.create("shop", [Scope.ENQUEUE])
    _, other = keyring.create("other", [Scope.ENQUEUE])
    mixed = key[:21] + other[21:]
    wrong = [key[:-1], key + "A", key.upper(), mixed, key[4:], "", "ohk_", "é"]
    headers: list[Any] = [[("Authorization", f"Bearer {each}")] for each in wrong]
    headers += [[("Authorization", key)], [("Authorization", f"Basic {key}")], [("X-Api-Key", key)]]
    headers.append([("Authorization", f"Bearer {key}")] * 2)
    for each in headers:
        assert client.post("/v1/events", json=EVENT, headers=each).status_code == 401, each
    assert Caller(client, key).send("POST", "/v1/events", json=EVENT).status_code == 202
    assert client.post("/v1/events", json=EVENT, headers={"Authorization": f"bearer  {key}"}).status_code == 200


def test_a_revoked_key_is_refused_at_once_and_an_expired_one_by_itself(client: FlaskClient, keyring: Keyring) -> None:
    """No process remembers a key."""
    key_id, key = keyring.create("shop", [Scope.READ])
    _, brief = keyring.create("visitor", [Scope.READ], lasts=0.05)
    assert Caller(client, key).send("GET", "/v1/destinations").status_code == 200
    assert keyring.revoke(key_id)
    assert not keyring.revoke(key_id)
    assert Caller(client, key).send("GET", "/v1/destinations").status_code == 401
    eventually(lambda: Caller(client, brief).send("GET", "/v1/destinations").status_code == 401, within=2)
    (listed,) = keyring.all()
    assert (listed.label, listed.expired, listed.scopes) == ("visitor", True, frozenset({Scope.READ}))


def test_the_server_keeps_no_secret(keyring: Keyring) -> None:
    """Who reads its memory or its disk has no key."""
    _, key = keyring.create("shop", Scope)
    secret = key[21:]
    for name in keyring.client.scan_iter():
        assert secret.encode() not in (keyring.client.dump(name) or b"")


def test_a_key_is_used_no_more_often_than_it_may_whoever_asks(keyring: Keyring) -> None:
    """Exact over threads and connections: the allowance, and not one more."""
    _, key = keyring.create("shop", [Scope.ENQUEUE], Allowance(20, 60.0))

    def admit(_: int) -> Admission | None:
        return keyring.admit(key)

    with ThreadPoolExecutor(8) as threads:
        admissions = [each for each in threads.map(admit, range(60)) if each]
    assert len(admissions) == 60
    assert sum(each.wait_ms == 0 for each in admissions) == 20
    assert all(0 < each.wait_ms <= 3_000 for each in admissions if each.wait_ms)


def test_a_caller_that_asks_too_often_is_told_how_long_to_wait(client: FlaskClient, keyring: Keyring) -> None:
    """429 with Retry-After in whole seconds; a wrong secret uses nothing of the allowance."""
    _, key = keyring.create("shop", [Scope.READ], Allowance(1, 10.0))
    stranger = Caller(client, key[:-3] + "AAA")
    assert stranger.send("GET", "/v1/destinations").status_code == 401
    caller = Caller(client, key)
    assert caller.send("GET", "/v1/destinations").status_code == 200
    answer = caller.send("GET", "/v1/destinations")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
    assert read(answer)["type"] == "/problems/too-many-requests"


@pytest.mark.parametrize(
    ("peer", "headers", "let_in"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {"Host": "[::1]:8080"}, True),
        ("127.0.0.1", {"Host": "127.0.0.1:8080"}, True),
        ("10.0.0.7", {}, False),
        ("", {}, False),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, False),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, False),
        ("127.0.0.1", {"Via": "1.1 proxy"}, False),
        ("10.0.0.7", {"X-Forwarded-For": "127.0.0.1"}, False),
        ("127.0.0.1", {"Host": "rebound.example"}, False),
        ("127.0.0.1", {"Origin": "http://localhost"}, False),
    ],
)
def test_programs_of_this_machine_are_let_in_only_where_a_site_says_so(
    ledger: Ledger, peer: str, headers: Mapping[str, str], let_in: bool
) -> None:
    """The connection's address counts; what comes through a proxy or a browser is not of this machine."""
    client = application(ledger, open_loopback=True).test_client()
    options = {"environ_base": {"REMOTE_ADDR": peer}, "headers": {"Host": "localhost:8080", **headers}}
    assert (client.get("/v1/destinations", **options).status_code == 200) is let_in
    closed = application(ledger).test_client()
    assert closed.get("/v1/destinations", **options).status_code == 401


def test_a_wrong_key_is_not_let_in_as_a_local_program(ledger: Ledger) -> None:
    """Who names a key means it."""
    client = application(ledger, open_loopback=True).test_client()
    answer = client.get("/v1/destinations", headers={"Host": "localhost", "Authorization": "Bearer ohk_wrong"})
    assert answer.status_code == 401


def test_every_answer_forbids_what_no_answer_needs(client: FlaskClient) -> None:
    """Nothing is cached, guessed, framed or run; the page runs its own script and no other."""
    for path in ("/livez", "/v1/nothing", "/openapi.json"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    page = client.get("/docs")
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert policy.count("'sha256-") == 2
    assert b"http://" not in page.data
    assert b"https://" not in page.data
