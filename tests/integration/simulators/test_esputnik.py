"""What the simulated eSputnik refuses, recognises, keeps, and what its templates could not use."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from changing import changed
from outhaul_ops.simulators import Fate, OptionError, Simulator

JsonObject = dict[str, Any]
Start = Callable[..., Simulator]

ITEMS = '{"array":[{"name":"Mug, red","price":"8.50","quantity":"2"}]}'
CART: JsonObject = {
    "eventTypeKey": "abandoned_cart",
    "keyValue": "mara@shop.example",
    "params": [
        {"name": "email", "value": "mara@shop.example"},
        {"name": "externalCustomerId", "value": "C-71"},
        {"name": "total", "value": "19.00"},
        {"name": "eventId", "value": "ev_01HX"},
        {"name": "items", "value": ITEMS},
    ],
}


def basic(user: str, password: str) -> str:
    """An Authorization header for HTTP Basic."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def send(
    simulator: Simulator,
    body: object,
    path: str = "/api/v1/event",
    authorization: str | None = basic("user", "K3Y-demo"),
    content_type: str = "application/json; charset=UTF-8",
) -> requests.Response:
    """Post an event."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": content_type, "authorization": authorization}
    present = {name: value for name, value in headers.items() if value is not None}
    return requests.post(simulator.url + path, data=data, headers=present, timeout=10)


def with_params(**params: object) -> JsonObject:
    """The event with these params only."""
    return {**CART, "params": [{"name": name, "value": value} for name, value in params.items()]}


def fates(simulator: Simulator) -> list[Fate]:
    """The fates of all entries in order."""
    return [entry.fate for entry in simulator.record]


def reasons(simulator: Simulator) -> list[str]:
    """The reasons of all entries in order."""
    return [entry.reason for entry in simulator.record]


@pytest.fixture
def esputnik(started: Start) -> Simulator:
    """An account by a clock that stands at 2025-11-20."""
    return started("esputnik", api_key="K3Y-demo")


@pytest.mark.parametrize("path", ["/api/v1/event", "/api/v2/event"])
def test_a_complete_event_is_stored_and_answered_with_an_empty_body(esputnik: Simulator, path: str) -> None:
    """Success is 200 without a body, in both versions."""
    answer = send(esputnik, CART, path)
    (entry,) = esputnik.record
    assert (answer.status_code, answer.content) == (200, b"")
    assert (entry.fate, entry.reason, entry.event) == (Fate.STORED, "", "abandoned_cart")
    assert (entry.event_id, entry.key) == ("ev_01HX", "abandoned_cart/mara@shop.example")
    assert esputnik.state()["events"] == {"abandoned_cart": 1}


def test_nested_json_is_kept_as_what_it_says(esputnik: Simulator) -> None:
    """Where a value decodes, the state holds the decoded list."""
    send(esputnik, CART)
    latest: Any = esputnik.state()["latest"]
    assert latest["abandoned_cart"]["items"] == {"array": [{"name": "Mug, red", "price": "8.50", "quantity": "2"}]}
    assert latest["abandoned_cart"]["total"] == "19.00"


def test_the_published_credential_is_let_in(esputnik: Simulator) -> None:
    """`user:K3Y-demo` encodes to the known header."""
    assert basic("user", "K3Y-demo") == "Basic dXNlcjpLM1ktZGVtbw=="
    assert send(esputnik, CART, authorization="Basic dXNlcjpLM1ktZGVtbw==").status_code == 200


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (basic("", "K3Y-demo"), 200),
        (basic("anyone", "K3Y-demo"), 200),
        (basic("user", "K3Y-demo").replace("Basic", "basic"), 200),
        ("Bearer t0ken", 200),
        (basic("K3Y-demo", ""), 401),
        (basic("user", "other"), 401),
        (basic("user", "t0ken"), 401),
        ("Bearer K3Y-demo", 401),
        ("Bearer ", 401),
        ("Basic %%%", 401),
        ("Basic K3Y-demo", 401),
        ("K3Y-demo", 401),
        ("", 401),
        (None, 401),
    ],
)
def test_the_key_is_the_password_and_the_token_a_bearer(started: Start, authorization: str | None, status: int) -> None:
    """Any user name will do, any other password or token will not."""
    simulator = started("esputnik", api_key="K3Y-demo", token="t0ken")
    assert send(simulator, CART, authorization=authorization).status_code == status


def test_without_a_token_no_bearer_is_let_in(esputnik: Simulator) -> None:
    """An account that has no token refuses even the empty one."""
    assert send(esputnik, CART, authorization="Bearer ").status_code == 401


def test_the_credential_is_checked_before_anything_else(esputnik: Simulator) -> None:
    """Address, content type and body are no concern of a stranger."""
    assert send(esputnik, b"{", "/nowhere", authorization=None, content_type="text/plain").status_code == 401
    assert send(esputnik, b"{", "/nowhere", content_type="text/plain").status_code == 404
    assert send(esputnik, b"{", content_type="text/plain").status_code == 415
    assert send(esputnik, b"{").status_code == 400
    assert send(esputnik, CART, "/api/v3/event").status_code == 404


BREACHES = [
    ("eventTypeKey", ...),
    ("eventTypeKey", ""),
    ("eventTypeKey", 7),
    ("eventTypeKey", "x" * 101),
    *[("eventTypeKey", f"cart{character}abandoned") for character in "<>;'\u2019\"`/\\|^?!,"],
    ("keyValue", 71),
    ("keyValue", None),
    ("params", ...),
    ("params", {}),
    ("params", {"email": "mara@shop.example"}),
    ("params.0", "email"),
    ("params.0.name", ...),
    ("params.0.name", ""),
    ("params.0.value", ...),
]


@pytest.mark.parametrize(("path", "value"), BREACHES)
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_malformed_event_is_refused_in_plain_text(
    esputnik: Simulator, version: str, path: str, value: object
) -> None:
    """Each breach is answered with 400 and text that names the member; nothing is kept."""
    answer = send(esputnik, changed(CART, path, value), f"/api/{version}/event")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert path.replace(".0", "[0]") in answer.text
    assert (fates(esputnik), esputnik.state()["events"]) == ([Fate.REFUSED], {})


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"{'a':1}", b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(esputnik: Simulator, body: bytes) -> None:
    """Broken JSON and JSON that is not an object are answered with 400, in plain text."""
    answer = send(esputnik, body)
    assert (answer.status_code, answer.text) == (400, "body: expected a JSON object")


@pytest.mark.parametrize("key_value", [..., ""])
def test_the_first_version_needs_a_key(esputnik: Simulator, key_value: object) -> None:
    """Version 1 derives nothing."""
    assert "keyValue" in send(esputnik, changed(CART, "keyValue", key_value)).text


@pytest.mark.parametrize(
    ("params", "key"),
    [
        ({"contactId": "9", "email": "m@x.y"}, "9"),
        ({"email": "m@x.y", "externalCustomerId": "C-71"}, "C-71"),
        ({"phone": "+40712000111", "email": "m@x.y"}, "m@x.y"),
        ({"pushToken": "pt", "phone": "+40712000111"}, "+40712000111"),
        ({"pushToken": "pt"}, "pt"),
        ({"email": "", "pushToken": "pt"}, "pt"),
    ],
)
def test_the_second_version_derives_the_key_by_priority(esputnik: Simulator, params: dict[str, str], key: str) -> None:
    """Without keyValue the first filled one of the known params stands in for it."""
    body = changed(with_params(**params), "keyValue", ...)
    assert send(esputnik, body, "/api/v2/event").status_code == 200
    assert esputnik.record.entries()[0].key == f"abandoned_cart/{key}"


@pytest.mark.parametrize("params", [{}, {"total": "19.00"}, {"email": ""}, {"Email": "m@x.y"}])
def test_the_second_version_refuses_what_has_no_key_at_all(esputnik: Simulator, params: dict[str, str]) -> None:
    """Names of params are case-sensitive, and empty ones are no keys."""
    body = changed(with_params(**params), "keyValue", ...)
    assert send(esputnik, body, "/api/v2/event").status_code == 400


@pytest.mark.parametrize("value", [19.0, 1, True, None, {"array": []}, []])
def test_in_the_first_version_every_value_is_a_string(esputnik: Simulator, value: object) -> None:
    """Numbers and bare containers are refused."""
    assert "params[0].value" in send(esputnik, with_params(total=value)).text


@pytest.mark.parametrize(("value", "flaws"), [(19.0, ""), ({"array": []}, "template would break: total")])
def test_in_the_second_version_a_bare_container_breaks_templates(
    esputnik: Simulator, value: object, flaws: str
) -> None:
    """Version 2 takes values of any type, but a container that is not encoded is flagged."""
    assert send(esputnik, with_params(total=value), "/api/v2/event").status_code == 200
    assert reasons(esputnik) == [flaws]


@pytest.mark.parametrize(
    ("value", "breaks"),
    [
        (ITEMS, False),
        ('["a"]', False),
        ("{not a template", True),
        ('{"array":[{"name":"Mug"}', True),
        ("{'array':[]}", True),
        (json.dumps(ITEMS), True),
        ('"a quoted word"', False),
        ('"half a quote', False),
        ("plain", False),
        ("", False),
    ],
)
def test_a_value_that_looks_like_json_but_is_not_would_break_a_template(
    esputnik: Simulator, value: str, breaks: bool
) -> None:
    """The event is stored all the same; record and state say what a template would meet."""
    assert send(esputnik, with_params(items=value)).status_code == 200
    assert fates(esputnik) == [Fate.STORED]
    assert reasons(esputnik) == (["template would break: items"] if breaks else [""])
    assert esputnik.state()["broken"] == ({"abandoned_cart": 1} if breaks else {})


@pytest.mark.parametrize(
    ("params", "void"),
    [
        ({"phone": "+40712000111", "firstName": "x" * 60}, ""),
        ({"phone": "40712000111"}, ""),
        ({"phone": "+1-541-754-3010"}, ""),
        ({"phone": "0712 000 111"}, "contact data would be ignored: phone"),
        ({"firstName": "x" * 61}, "contact data would be ignored: firstName"),
        ({"lastName": "x" * 61}, "contact data would be ignored: lastName"),
    ],
)
def test_one_bad_value_makes_the_vendor_ignore_the_contact(
    esputnik: Simulator, params: dict[str, str], void: str
) -> None:
    """Long names and local phone numbers are flagged."""
    assert send(esputnik, with_params(**params)).status_code == 200
    assert reasons(esputnik) == [void]


@pytest.mark.parametrize(
    ("body", "remark"),
    [
        (changed(CART, "keyValue", "x" * 256), "keyValue"),
        ({**CART, "params": [*CART["params"], {"name": "email", "value": "x"}]}, "params: email comes more than once"),
        ({**CART, "occurred": "2025-11-20"}, "occurred: unknown member"),
        (changed(CART, "params.0.type", "string"), "params[0].type: unknown member"),
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/event", "/api/v2/event"])
def test_what_the_vendor_passes_over_is_remarked(esputnik: Simulator, path: str, body: JsonObject, remark: str) -> None:
    """Long keys, repeated params and unknown members are stored, with a remark in the record."""
    assert send(esputnik, body, path).status_code == 200
    assert remark in reasons(esputnik)[0]


def test_an_event_above_the_limit_is_refused(esputnik: Simulator) -> None:
    """20 KB are taken, a byte more is not."""
    room = 20_000 - len(json.dumps(with_params(pad="")).encode())
    statuses = [send(esputnik, with_params(pad="x" * (room + extra))).status_code for extra in (0, 1)]
    assert statuses == [200, 400]


def test_a_type_can_demand_params(started: Start) -> None:
    """With validation on, an event of that type without them is refused, and others are not concerned."""
    required = ("abandoned_cart:email", "abandoned_cart:items", "other:phone")
    simulator = started("esputnik", api_key="K3Y-demo", required_params=required)
    answer = send(simulator, with_params(email="mara@shop.example"))
    assert (answer.status_code, answer.text) == (400, "params: expected email, items; missing items")
    assert send(simulator, CART).status_code == 200


def test_the_same_event_within_a_minute_is_a_duplicate(esputnik: Simulator, clock: Any) -> None:
    """Type, key and body the same: 409 until a minute after the first, which a repetition does not prolong."""
    assert send(esputnik, CART).status_code == 200
    clock.now += 59.9
    answer = send(esputnik, CART)
    assert (answer.status_code, answer.text) == (409, "Duplicated request")
    clock.now += 0.1
    assert send(esputnik, CART).status_code == 200
    assert fates(esputnik) == [Fate.STORED, Fate.DUPLICATE, Fate.STORED]
    assert esputnik.state()["events"] == {"abandoned_cart": 2}


@pytest.mark.parametrize(
    ("path", "value"), [("eventTypeKey", "cartUpdated"), ("keyValue", "C-71"), ("params.2.value", "20.00")]
)
def test_an_event_that_differs_is_no_duplicate(esputnik: Simulator, path: str, value: str) -> None:
    """Another type, key or param makes another event."""
    assert [send(esputnik, body).status_code for body in (CART, changed(CART, path, value))] == [200, 200]


def test_a_refused_event_is_not_remembered(esputnik: Simulator) -> None:
    """After a 401 or 400 the same body is still new."""
    send(esputnik, CART, authorization=None)
    send(esputnik, CART, content_type="text/plain")
    assert send(esputnik, CART).status_code == 200


def test_an_account_may_ignore_a_key_it_has_seen(started: Start, clock: Any) -> None:
    """Behind the switch a second event of one type and key is answered with 200 and thrown away."""
    simulator = started("esputnik", api_key="K3Y-demo", once_per_key=True)
    bodies = [CART, with_params(total="20.00"), changed(CART, "keyValue", "ev_2")]
    assert [send(simulator, body).status_code for body in bodies] == [200, 200, 200]
    assert fates(simulator) == [Fate.STORED, Fate.NOT_STORED, Fate.STORED]


def test_the_time_among_the_params_is_read_where_it_has_a_zone(esputnik: Simulator) -> None:
    """A local time without a zone is the account's business."""
    send(esputnik, with_params(occurredAt="2025-11-20T02:53:20+02:00"))
    send(esputnik, with_params(occurredAt="2025-11-20T02:53:20"))
    assert [entry.occurred_at for entry in esputnik.record] == [1_763_600_000.0, None]


@pytest.mark.parametrize("pair", ["abandoned_cart", ":email", "abandoned_cart:"])
def test_a_pair_of_another_form_stops_the_start(pair: str) -> None:
    """Required params are given as TYPE:PARAM."""
    with pytest.raises(OptionError, match="expected TYPE:PARAM"):
        Simulator.start("esputnik", required_params=(pair,))
