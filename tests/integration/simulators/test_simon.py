"""What the simulated Simon Data refuses, swallows in silence and keeps."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from changing import changed
from outhaul_ops.simulators import Fate, Simulator

JsonObject = dict[str, Any]
Start = Callable[..., Simulator]

NOW_MS = 1_763_600_000_000
PURCHASE: JsonObject = {
    "partnerId": "p-acme",
    "partnerSecret": "hush",
    "clientId": "sess-8842",
    "sentAt": NOW_MS,
    "type": "track",
    "event": "complete_transaction",
    "ipAddress": "203.0.113.9",
    "timezone": -120,
    "userId": "C-71",
    "context": {
        "debug": True,
        "name": "delivery-worker",
        "version": "1.0",
        "userAgent": "UA/1",
        "page": {"url": "https://shop.example/done"},
        "device": {"type": "web"},
    },
    "traits": {"email": "mara@shop.example", "userId": "C-71", "firstName": "Mara"},
    "properties": {
        "transactionId": "O-5001",
        "revenue": 11.97,
        "shipping": 4.0,
        "tax": 3.03,
        "promotion": "SPRING",
        "cartItems": [
            {
                "productId": "P-9",
                "variant": "P-9-R",
                "quantity": 2,
                "productName": "Mug, red",
                "productUrl": "https://shop.example/mug",
                "price": 8.5,
                "brand": "Kiln",
                "category": "Home/Kitchen",
            }
        ],
        "properties": {"eventId": "ev_01HX", "occurredAt": NOW_MS - 90_000, "currency": "EUR"},
    },
}
CUSTOM: JsonObject = {
    "partnerId": "p-acme",
    "partnerSecret": "hush",
    "clientId": "C-71",
    "sentAt": NOW_MS,
    "type": "track",
    "event": "custom",
    "context": {},
    "properties": {"eventName": "cart_abandoned"},
    "traits": {"email": "mara@shop.example"},
}
ITEM = {"productId": "P-9", "variant": "P-9-R", "quantity": 1}


def send(
    simulator: Simulator, body: object, path: str = "/http/v1/collect", content_type: str = "application/json"
) -> requests.Response:
    """Post an event."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return requests.post(simulator.url + path, data=data, headers={"content-type": content_type}, timeout=10)


def fates(simulator: Simulator) -> list[Fate]:
    """The fates of all requests in order."""
    return [entry.fate for entry in simulator.record]


def reasons(simulator: Simulator) -> list[str]:
    """The reasons of all requests in order."""
    return [entry.reason for entry in simulator.record]


def tracked(event: str, properties: JsonObject) -> JsonObject:
    """An event in debug mode, with an identity."""
    return {**PURCHASE, "event": event, "properties": properties}


@pytest.fixture
def simon(started: Start) -> Simulator:
    """A partner by a clock that stands at 2025-11-20."""
    return started("simon", partner_id="p-acme", partner_secret="hush")


def test_a_complete_event_is_stored_and_answered_with_an_empty_body(simon: Simulator) -> None:
    """Success is 200 without a body, without a content type, and without a remark."""
    answer = send(simon, PURCHASE)
    (entry,) = simon.record
    assert (answer.status_code, answer.content, answer.headers.get("content-type")) == (200, b"", None)
    assert (entry.fate, entry.reason, entry.event) == (Fate.STORED, "", "complete_transaction")
    assert (entry.event_id, entry.key, entry.occurred_at) == ("ev_01HX", "sess-8842/O-5001", 1_763_599_910.0)
    assert simon.state()["events"] == {"complete_transaction": 1}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b'{"sentAt":NaN}', b"\xff"])
def test_a_body_that_is_no_json_object_is_answered_with_400(simon: Simulator, body: bytes) -> None:
    """Broken JSON is told, in debug mode or not."""
    answer = send(simon, body)
    assert (answer.status_code, answer.json()) == (400, {"error": "Invalid JSON body"})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("partnerSecret", "other"),
        ("partnerSecret", ""),
        ("partnerSecret", None),
        ("partnerSecret", ...),
        ("partnerId", "other"),
        ("partnerId", ...),
    ],
)
def test_a_wrong_partner_is_answered_with_401(simon: Simulator, path: str, value: object) -> None:
    """Id and secret must both be the account's, and the record does not spell the secret out as a reason."""
    answer = send(simon, changed(PURCHASE, path, value))
    assert (answer.status_code, answer.json()) == (401, {"error": "Unauthorized"})
    assert "hush" not in reasons(simon)[0]


def test_a_partner_not_enabled_in_this_environment_is_answered_with_403(started: Start) -> None:
    """A known partner may still be a stranger to an environment."""
    simulator = started("simon", partner_id="p-acme", partner_secret="hush", enabled=False)
    answer = send(simulator, PURCHASE)
    assert (answer.status_code, answer.json()) == (403, {"error": "Forbidden"})
    assert fates(simulator) == [Fate.REFUSED]


def test_json_secret_environment_and_schema_are_checked_in_this_order(started: Start) -> None:
    """Each mistake hides the ones after it."""
    broken = changed(changed(PURCHASE, "clientId", ...), "partnerSecret", "other")
    simulator = started("simon", partner_id="p-acme", partner_secret="hush", enabled=False)
    assert send(simulator, b"{", "/elsewhere").status_code == 404
    assert send(simulator, b"{").status_code == 400
    assert send(simulator, broken).status_code == 401
    assert send(simulator, changed(broken, "partnerSecret", "hush")).status_code == 403


def test_another_address_method_or_content_type_is_not_taken(simon: Simulator) -> None:
    """Only POST of JSON to the collect address is."""
    assert send(simon, PURCHASE, "/events/v1/collect").status_code == 404
    assert requests.get(f"{simon.url}/http/v1/collect", timeout=10).status_code == 404
    assert send(simon, PURCHASE, content_type="application/x-www-form-urlencoded").status_code == 400


ENVELOPE_BREACHES = [
    ("clientId", ...),
    ("clientId", ""),
    ("clientId", 71),
    ("clientId", "x" * 46),
    ("sentAt", ...),
    ("sentAt", "1763600000000"),
    ("sentAt", 1_763_600_000),
    ("sentAt", 1_763_600_000_000.5),
    ("context", ...),
    ("context", None),
    ("context.name", 1),
    ("context.page", "https://shop.example"),
    ("ipAddress", "shop.example"),
    ("ipAddress", None),
    ("timezone", "-120"),
    ("timezone", -120.5),
    ("timezone", -7200),
    ("properties", ...),
    ("properties", []),
    ("traits", {}),
    ("traits", None),
    ("traits.email", "mara"),
    ("traits.email", ...),
    ("traits.firstName", None),
    ("userId", ""),
    ("properties.transactionId", ...),
    ("properties.transactionId", 5001),
    ("properties.revenue", ...),
    ("properties.revenue", "11.97"),
    ("properties.shipping", "4.00"),
    ("properties.tax", None),
    ("properties.promotion", ["SPRING"]),
    ("properties.cartItems", ...),
    ("properties.cartItems", {}),
    ("properties.cartItems.0", "P-9"),
    ("properties.cartItems.0.productId", ...),
    ("properties.cartItems.0.variant", ...),
    ("properties.cartItems.0.variant", ""),
    ("properties.cartItems.0.quantity", ...),
    ("properties.cartItems.0.quantity", "2"),
    ("properties.cartItems.0.quantity", -1),
    ("properties.cartItems.0.price", "8.50"),
    ("properties.cartItems.0.productUrl", "shop.example/mug"),
    ("properties.cartItems.0.productImageUrl", "ftp://cdn.shop.example/mug.jpg"),
    ("properties.cartItems.0.category", "a/b/c/d/e/f"),
    ("properties.cartItems.0.category", "Home//Kitchen"),
    ("properties.properties", []),
]


@pytest.mark.parametrize(("path", "value"), ENVELOPE_BREACHES)
def test_a_malformed_event_is_told_in_debug_mode_and_swallowed_without(
    simon: Simulator, path: str, value: object
) -> None:
    """The same breach is 412 with its reason, or 200 and an entry in the dropped list; neither is stored."""
    named = path.replace(".0", "[0]")
    loud = changed(PURCHASE, path, value)
    silent = changed(changed(PURCHASE, "context.debug", False), path, value)
    told, swallowed = send(simon, loud), send(simon, silent)
    if path == "context":  # without a context nothing asks for debug mode
        assert [told.status_code, swallowed.status_code] == [200, 200]
        return
    assert (told.status_code, swallowed.status_code, swallowed.content) == (412, 200, b"")
    assert named in told.json()["error"]
    assert fates(simon) == [Fate.REFUSED, Fate.NOT_STORED]
    dropped: Any = simon.state()["dropped"]
    assert [(loss["event"], named in loss["reason"]) for loss in dropped] == [("complete_transaction", True)]
    assert simon.state()["events"] == {}


@pytest.mark.parametrize("debug", [False, None, "true", 1, ...])
def test_only_a_true_debug_flag_makes_it_tell(simon: Simulator, debug: object) -> None:
    """Any other flag leaves the endpoint silent, and one that is no boolean is a mistake by itself."""
    body = changed(PURCHASE, "context.debug", debug)
    assert send(simon, changed(body, "clientId", "")).status_code == 200
    assert send(simon, body).status_code == 200
    sound = debug is False or debug is ...
    assert fates(simon) == [Fate.NOT_STORED, Fate.STORED if sound else Fate.NOT_STORED]


@pytest.mark.parametrize(("kind", "event"), [("track", "search"), ("track", ...), ("collect", "custom"), (..., "cart")])
def test_an_unknown_type_of_event_is_told_as_such(simon: Simulator, kind: object, event: object) -> None:
    """Types and events outside the documented ones are schema mistakes."""
    answer = send(simon, changed(changed(PURCHASE, "type", kind), "event", event))
    assert answer.status_code == 412
    assert answer.json()["error"].startswith("Unknown event type: ")


VALID_EVENTS: list[tuple[str, JsonObject, list[str]]] = [
    ("page_view", {}, []),
    ("product_view", {"productId": "P-9", "price": 8.5}, ["productId"]),
    ("favorite", {"productId": "P-9"}, ["productId"]),
    ("waitlist", {"productId": "P-9", "variant": "P-9-R"}, ["productId", "variant"]),
    ("add_to_cart", {**ITEM, "cartItems": [ITEM]}, ["productId", "variant", "quantity"]),
    ("remove_from_cart", ITEM, ["productId", "variant", "quantity"]),
    ("update_cart", {"previousQuantity": 1, "quantity": 2, "cartItems": []}, []),
    ("cart", {"cartItems": [ITEM]}, ["cartItems"]),
    ("complete_transaction", PURCHASE["properties"], ["transactionId", "revenue", "cartItems"]),
    ("registration", {"email": "mara@shop.example", "optIn": True, "userId": "C-71"}, ["email"]),
    (
        "authentication",
        {"userId": "C-71", "isLoggedIn": True, "ARN": "arn:aws:sns:eu-west-1:1:endpoint/GCM/x/y"},
        ["userId", "isLoggedIn", "ARN"],
    ),
    ("custom", {"eventName": "x" * 38, "requiresIdentity": True, "properties": {"free": [1]}}, ["eventName"]),
]


@pytest.mark.parametrize(("event", "properties", "mandatory"), VALID_EVENTS)
def test_every_event_has_its_own_mandatory_properties(
    simon: Simulator, event: str, properties: JsonObject, mandatory: list[str]
) -> None:
    """With all of them an event is stored without a remark; without any one of them it is refused."""
    assert send(simon, tracked(event, properties)).status_code == 200
    assert (fates(simon), reasons(simon)) == ([Fate.STORED], [""])
    for name in mandatory:
        less = {key: value for key, value in properties.items() if key != name}
        assert send(simon, tracked(event, less)).json()["error"] == f"properties.{name}: mandatory, got nothing"


@pytest.mark.parametrize(
    ("event", "path", "value"),
    [
        ("registration", "email", "mara"),
        ("registration", "optIn", None),
        ("authentication", "ARN", "C-71"),
        ("authentication", "ARN", ""),
        ("authentication", "isLoggedIn", "true"),
        ("custom", "eventName", "x" * 39),
        ("custom", "eventName", ""),
        ("custom", "requiresIdentity", "no"),
        ("add_to_cart", "cartItems", [{"productId": "P-9"}]),
        ("update_cart", "previousQuantity", "1"),
        ("product_view", "quantity", "1"),
        ("page_view", "title", 7),
    ],
)
def test_properties_of_the_wrong_form_are_refused(simon: Simulator, event: str, path: str, value: object) -> None:
    """Each event's properties have their documented types."""
    properties = next(valid for name, valid, _ in VALID_EVENTS if name == event)
    answer = send(simon, tracked(event, changed(properties, path, value)))
    assert answer.status_code == 412
    assert f"properties.{path}" in answer.json()["error"]


@pytest.mark.parametrize("client_id", ["x" * 45, "C-71", "92adbc3c-c22b-49bf-a9ae-11d9e8b3e6b4"])
def test_a_client_id_may_have_45_characters(simon: Simulator, client_id: str) -> None:
    """A UUID fits, and so does everything up to the limit."""
    assert send(simon, changed(PURCHASE, "clientId", client_id)).status_code == 200


@pytest.mark.parametrize(("debug", "status", "fate"), [(True, 412, Fate.REFUSED), (False, 200, Fate.NOT_STORED)])
def test_an_event_above_the_limit_is_lost(simon: Simulator, debug: bool, status: int, fate: Fate) -> None:
    """100 KB are taken, a byte more is not."""
    body = changed(changed(CUSTOM, "context", {"debug": debug}), "properties.properties", {"pad": ""})
    room = 100_000 - len(json.dumps(body).encode())
    for extra in (0, 1):
        answer = send(simon, changed(body, "properties.properties.pad", "x" * (room + extra)))
    assert answer.status_code == status
    assert fates(simon) == [Fate.STORED, fate]


@pytest.mark.parametrize(
    ("path", "value", "remark"),
    [
        ("context.page.url", "shop.example", "context.page.url"),
        ("context.page.title", "Done", "context.page.title: unknown member"),
        ("page.url", "https://shop.example", "page.url: unknown member"),
        ("properties.currency", "EUR", "properties.currency: unknown member"),
        ("properties.cartItems.0.sku", "MUG-R", "properties.cartItems[0].sku: unknown member"),
        ("traits.phone", "+40712000111", "traits.phone: unknown member"),
        ("sentAt", NOW_MS - 301_000, "sentAt: 301 s before arrival"),
    ],
)
def test_what_the_vendor_passes_over_is_remarked(simon: Simulator, path: str, value: object, remark: str) -> None:
    """Unknown members and a stale time of sending are stored, with a remark in the record."""
    body = {**PURCHASE, path: value} if path == "page.url" else changed(PURCHASE, path, value)
    assert send(simon, body).status_code == 200
    assert fates(simon) == [Fate.STORED]
    assert remark in reasons(simon)[0]


def test_a_repetition_is_a_second_event(simon: Simulator) -> None:
    """The vendor recognises nothing; only the record tells by the id among the free properties."""
    send(simon, PURCHASE)
    send(simon, PURCHASE)
    assert fates(simon) == [Fate.STORED, Fate.STORED]
    assert (simon.state()["events"], simon.record.repeated()) == ({"complete_transaction": 2}, {"ev_01HX": 2})
