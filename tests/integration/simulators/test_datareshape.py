"""What the simulated DATA Reshape refuses, warns of, keeps and leaves unprocessed."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from changing import changed
from outhaul_ops.simulators import Fate, OptionError, Simulator

JsonObject = dict[str, Any]
Start = Callable[..., Simulator]

PATH = "/webhooks/reshape/event"
CHECKOUT: JsonObject = {
    "event": {
        "name": "checkout_completed",
        "value": 19.0,
        "currency": "EUR",
        "exchange_rate": 1,
        "id": "O-5001",
        "properties": {"gift": False},
    },
    "context": {
        "environment": "prod",
        "data_source": "website",
        "user_agent": "UA/1",
        "override_ip": "2001:db8::7",
        "url": "https://shop.example/done",
        "landing_url": "https://shop.example/?c=1",
        "referrer_url": "https://search.example",
    },
    "products": [
        {
            "id": "P-9-R",
            "parent_id": "P-9",
            "name": "Mug, red",
            "price_base": 9.5,
            "price": 8.5,
            "tax_included": True,
            "tax_percent": 19,
            "quantity": 2,
            "stock_status": True,
            "created_at": 1748505040077,
            "images": ["https://cdn.shop.example/mug.jpg"],
            "categories": [{"name": "Kitchen", "id": "7"}],
            "coupons": [{"name": "MUGS"}],
        }
    ],
    "shipping": [{"name": "Courier", "value": 4.0, "tax_included": True, "tax_percent": 19, "type": "standard"}],
    "payments": [{"name": "Card", "value": 19.0, "type": "card"}],
    "coupons": [{"name": "SPRING", "value": 2.0, "tax_included": True, "tax_percent": 19}],
    "user": {"id": "C-71", "email": "mara@shop.example", "phone": "+40712000111", "created_at": 1704787200000},
    "consent": {"analytics": True, "personalization": False, "marketing": False},
    "cookies": {"_ga": "GA1.2.3"},
}
LOGIN: JsonObject = {
    "event": {"name": "login", "value": 0, "currency": "RON", "id": "ev_01a"},
    "context": {"environment": "prod", "data_source": "website", "url": "https://shop.example"},
    "consent": {"analytics": False, "personalization": False, "marketing": False},
}


def send(
    simulator: Simulator, body: object, target: str = f"{PATH}?id=S1S2S3S4", **headers: str | None
) -> requests.Response:
    """Post an event; a header given as None is left out."""
    sent: dict[str, str | None] = {"content-type": "application/json", "x-dre-access-token": "token"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    present = {name: value for name, value in sent.items() if value is not None}
    return requests.post(simulator.url + target, data=data, headers=present, timeout=10)


def fates(simulator: Simulator) -> list[Fate]:
    """The fates of all requests in order."""
    return [entry.fate for entry in simulator.record]


@pytest.fixture
def datareshape(started: Start) -> Simulator:
    """An account with one script."""
    return started("datareshape", script_id="S1S2S3S4", access_token="token")


def test_a_complete_event_is_processed_without_a_warning(datareshape: Simulator) -> None:
    """Every documented member in its documented form passes, and the answer is the documented one."""
    answer = send(datareshape, CHECKOUT)
    assert (answer.status_code, answer.json()) == (
        200,
        {"emitter": "DATA Reshape", "detail": "Received. This has been processed.", "level": 2, "warnings": []},
    )
    (entry,) = datareshape.record
    assert (entry.fate, entry.event, entry.event_id, entry.key, entry.reason) == (
        Fate.STORED,
        "checkout_completed",
        "O-5001",
        "checkout_completed/O-5001",
        "",
    )
    assert datareshape.state() == {"events": {"checkout_completed": 1}, "warnings": {}, "not_processed": 0}


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        ("/webhooks/reshape/other?id=S1S2S3S4", {"x_dre_access_token": None}, 404),
        ("/reshape/standard/event?id=S1S2S3S4", {}, 404),
        (f"{PATH}?id=OTHER", {"x_dre_access_token": None}, 401),
        (f"{PATH}?id=OTHER", {"x_dre_access_token": "other"}, 401),
        (f"{PATH}?id=OTHER", {}, 404),
        (PATH, {}, 404),
        (f"{PATH}?id=S1S2S3S4/test", {}, 404),
        (f"{PATH}?id=S1S2S3S4", {"content_type": "text/plain"}, 400),
        (f"{PATH}?id=S1S2S3S4", {"content_type": None}, 400),
    ],
)
def test_address_token_script_and_content_type_are_checked_in_this_order(
    datareshape: Simulator, target: str, headers: dict[str, str | None], status: int
) -> None:
    """Each is refused with its status; `/test` behind the query is part of the script's id, and so unknown."""
    answer = send(datareshape, CHECKOUT, target, **headers)
    assert answer.status_code == status
    assert set(answer.json()) == {"emitter", "detail", "level"}
    assert (answer.json()["level"], fates(datareshape)) == (2, [Fate.REFUSED])


def test_only_post_is_routed(datareshape: Simulator) -> None:
    """Reading the event address is answered with 404."""
    assert requests.get(f"{datareshape.url}{PATH}?id=S1S2S3S4", timeout=10).status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"event":NaN}'])
def test_a_body_that_is_no_json_object_is_refused(datareshape: Simulator, body: bytes) -> None:
    """Broken JSON and JSON that is not an object are answered with 400."""
    assert send(datareshape, body).status_code == 400


BREACHES = [
    ("event", ...),
    ("event.name", ...),
    ("event.name", ""),
    ("event.name", "page_view"),
    ("event.value", ...),
    ("event.value", "19.00"),
    ("event.value", True),
    ("event.value", None),
    ("event.currency", ...),
    ("event.currency", "eur"),
    ("event.currency", "EURO"),
    ("event.exchange_rate", "1"),
    ("event.exchange_rate", 0),
    ("event.id", ...),
    ("event.id", ""),
    ("event.id", 5001),
    ("event.properties", []),
    ("context", ...),
    ("context.environment", ...),
    ("context.environment", "staging"),
    ("context.data_source", ...),
    ("context.data_source", ""),
    ("context.override_ip", "999.1.1.1"),
    ("context.user_agent", None),
    ("products", ...),
    ("products", []),
    ("products", {}),
    ("products.0.id", ...),
    ("products.0.id", 9),
    ("products.0.name", ...),
    ("products.0.name", " "),
    ("products.0.price_base", ...),
    ("products.0.price_base", 8.4),
    ("products.0.price", ...),
    ("products.0.price", "8.50"),
    ("products.0.price", 9.51),
    ("products.0.tax_included", "true"),
    ("products.0.tax_included", 1),
    ("products.0.tax_percent", 50.5),
    ("products.0.tax_percent", -1),
    ("products.0.tax_percent", "19"),
    ("products.0.quantity", "2"),
    ("products.0.quantity", 0),
    ("products.0.stock_status", "instock"),
    ("products.0.created_at", 1748505040),
    ("products.0.created_at", "2025-05-29T00:00:00Z"),
    ("products.0.created_at", 1748505040077000),
    ("products.0.sku", 7),
    ("products.0.images", "https://cdn.shop.example/mug.jpg"),
    ("products.0.images", [None]),
    ("products.0.categories", ["Kitchen"]),
    ("products.0.categories", [{"id": "7"}]),
    ("products.0.coupons", [{"value": 1}]),
    ("products.0.properties", "red"),
    ("products.0.currency", "lei"),
    ("shipping.0.name", ...),
    ("shipping.0.value", ...),
    ("shipping.0.value", "4"),
    ("shipping.0.tax_percent", 51),
    ("payments.0.name", ...),
    ("payments.0.value", ...),
    ("coupons.0.name", ...),
    ("coupons.0.value", "2"),
    ("user.email", "mara"),
    ("user.email", "AD972AB068BA55A1865DA271EA3432A090BA8E2E4940CACE698C001DC9629E3D"),
    ("user.phone", "0712000111"),
    ("user.created_at", 1704787200),
    ("user.orders_total_number", "4"),
    ("user.id", 71),
    ("cookies", []),
    ("cookies._ga", None),
    ("cookies._ga", 12),
]


@pytest.mark.parametrize(("path", "value"), BREACHES)
def test_a_missing_or_malformed_member_is_refused_by_name(datareshape: Simulator, path: str, value: object) -> None:
    """Each breach is answered with 400 and a detail that names the member; nothing is kept."""
    answer = send(datareshape, changed(CHECKOUT, path, value))
    named = path.replace(".0", "[0]").partition("._ga")[0]
    named = "products[0].price" if path == "products.0.price_base" and value == 8.4 else named
    assert answer.status_code == 400
    assert named in answer.json()["detail"]
    assert (fates(datareshape), datareshape.state()["events"]) == ([Fate.REFUSED], {})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("user.email", "ad972ab068ba55a1865da271ea3432a090ba8e2e4940cace698c001dc9629e3d"),
        ("user.phone", "35335bb7ef60d86d6c267bd300b4eb449df788802e542aa30201e06d688d09ca"),
        ("products.0.price", 9.5),
        ("products.0.tax_percent", 50),
        ("context.override_ip", "203.0.113.9"),
        ("shipping", []),
        ("user", ...),
        ("cookies", ...),
        ("event.value", -19),
    ],
)
def test_what_the_contract_allows_is_taken_without_a_remark(datareshape: Simulator, path: str, value: object) -> None:
    """Hashed contact data, equal prices and absent optional objects are in order."""
    assert send(datareshape, changed(CHECKOUT, path, value)).json()["warnings"] == []
    assert [entry.reason for entry in datareshape.record] == [""]


@pytest.mark.parametrize(
    ("path", "value", "remark"),
    [
        ("products.0.tax_included", ..., "products[0].tax_included: not given"),
        ("products.0.tax_percent", ..., "products[0].tax_percent: not given"),
        ("products.0.quantity", ..., "products[0].quantity: not given"),
        ("event.properties", dict.fromkeys("abcdef", 1), "event.properties: 6 properties"),
        ("event.exchangeRate", 1, "event.exchangeRate: unknown member"),
        ("products.0.parentId", "P-9", "products[0].parentId: unknown member"),
        ("discounts", [], "discounts: unknown member"),
    ],
)
def test_what_the_vendor_passes_over_is_remarked(datareshape: Simulator, path: str, value: object, remark: str) -> None:
    """Defaults taken, too many properties and misspellings are stored, with a remark in the record only."""
    assert send(datareshape, changed(CHECKOUT, path, value)).json()["warnings"] == []
    (entry,) = datareshape.record
    assert entry.fate is Fate.STORED
    assert remark in entry.reason


@pytest.mark.parametrize("url", [..., ""])
def test_a_missing_address_of_the_page_is_warned_of(datareshape: Simulator, url: object) -> None:
    """Without `context.url` the event is processed with one warning."""
    answer = send(datareshape, changed(CHECKOUT, "context.url", url)).json()
    assert (answer["detail"], len(answer["warnings"])) == ("Received. This has been processed.", 1)
    assert "context.url" in answer["warnings"][0]
    assert datareshape.state()["warnings"] == {answer["warnings"][0]: 1}
    assert datareshape.record.entries()[0].reason.startswith("warning: context.url")


@pytest.mark.parametrize(
    "consent",
    [
        ...,
        None,
        [],
        {},
        {"analytics": True, "personalization": True},
        {"analytics": True, "personalization": True, "marketing": None},
        {"analytics": True, "personalization": True, "marketing": "false"},
        {"analytics": 1, "personalization": False, "marketing": False},
        {"analytics": True, "personalization": "no", "marketing": False},
    ],
)
def test_a_malformed_or_absent_consent_is_warned_of_and_becomes_agreement(
    datareshape: Simulator, consent: object
) -> None:
    """Anything but three booleans is processed as three times true, with a warning."""
    test = changed(changed(CHECKOUT, "consent", consent), "context.environment", "dev")
    answer = send(datareshape, test).json()
    assert [warning.partition(":")[0] for warning in answer["warnings"]] == ["consent"]
    assert answer["data_received"]["consent"] == {"analytics": True, "personalization": True, "marketing": True}


@pytest.mark.parametrize(
    ("target", "environment"),
    [(f"{PATH}/test?id=S1S2S3S4", "prod"), (f"{PATH}?id=S1S2S3S4", "dev"), (f"{PATH}/test?id=S1S2S3S4", "dev")],
)
def test_a_test_is_validated_but_not_processed(datareshape: Simulator, target: str, environment: str) -> None:
    """The test address and the dev environment answer with the validated body, and keep nothing."""
    body = changed(CHECKOUT, "context.environment", environment)
    for _ in range(2):
        answer = send(datareshape, body, target)
        assert (answer.status_code, answer.json()["detail"]) == (200, "Received. This will NOT be processed.")
        assert (answer.json()["data_received"], answer.json()["warnings"]) == (body, [])
    assert fates(datareshape) == [Fate.NOT_STORED, Fate.NOT_STORED]
    assert datareshape.state() == {"events": {}, "warnings": {}, "not_processed": 2}


def test_a_test_is_refused_like_any_event(datareshape: Simulator) -> None:
    """The test address checks credential and body in the same way."""
    target = f"{PATH}/test?id=S1S2S3S4"
    assert send(datareshape, changed(CHECKOUT, "event.value", "19"), target).status_code == 400
    assert send(datareshape, CHECKOUT, target, x_dre_access_token="other").status_code == 401


def test_a_repeated_transaction_is_received_but_kept_once(datareshape: Simulator) -> None:
    """Name and id together tell a repetition, which is answered like the first."""
    cancelled = changed(CHECKOUT, "event.name", "order_canceled")
    answers = [send(datareshape, body).json()["detail"] for body in (CHECKOUT, CHECKOUT, cancelled, cancelled)]
    assert set(answers) == {"Received. This has been processed."}
    assert fates(datareshape) == [Fate.STORED, Fate.DUPLICATE, Fate.STORED, Fate.DUPLICATE]
    assert datareshape.state()["events"] == {"checkout_completed": 1, "order_canceled": 1}


def test_events_without_an_id_cannot_be_told_apart(datareshape: Simulator) -> None:
    """An event that needs no id and has none is kept each time."""
    anonymous = changed(LOGIN, "event.id", ...)
    for _ in range(2):
        assert send(datareshape, anonymous).status_code == 200
    assert fates(datareshape) == [Fate.STORED, Fate.STORED]


@pytest.mark.parametrize("name", ["checkout_completed", "order_canceled", "lead_created"])
def test_transactions_and_leads_need_an_id(datareshape: Simulator, name: str) -> None:
    """Where the id is what tells repetitions, it is mandatory."""
    body = changed(changed(CHECKOUT, "event.name", name), "event.id", ...)
    assert "event.id" in send(datareshape, body).json()["detail"]


@pytest.mark.parametrize("name", ["product_viewed", "product_added_to_cart", "product_added_to_wishlist"])
def test_events_about_products_need_a_product(datareshape: Simulator, name: str) -> None:
    """An event about a product without one is refused."""
    assert "products" in send(datareshape, changed(LOGIN, "event.name", name)).json()["detail"]


def test_only_mapped_names_are_taken(started: Start) -> None:
    """The account's list of names decides, not the vendor's."""
    simulator = started("datareshape", script_id="S1S2S3S4", access_token="token", names=("login", "newsletter_signup"))
    statuses = [send(simulator, changed(LOGIN, "event.name", name)).status_code for name in ("login", "sign_up")]
    assert statuses == [200, 400]
    assert send(simulator, changed(LOGIN, "event.name", "newsletter_signup")).status_code == 200


def test_errors_can_come_with_status_200(started: Start) -> None:
    """Behind the switch only the body tells that something was refused."""
    simulator = started("datareshape", script_id="S1S2S3S4", access_token="token", errors_as_200=True)
    refused = [send(simulator, changed(LOGIN, "event.value", "0")), send(simulator, LOGIN, x_dre_access_token="other")]
    assert [answer.status_code for answer in refused] == [200, 200]
    assert all(set(answer.json()) == {"emitter", "detail", "level"} for answer in refused)
    assert not any(answer.json()["detail"].startswith("Received.") for answer in refused)
    assert [(entry.fate, entry.status) for entry in simulator.record] == [(Fate.REFUSED, 200)] * 2


@pytest.mark.parametrize(("event_id", "status"), [("O-5001", 200), ("ab", 400), ("5001/2", 400), ("ș-1", 400)])
def test_the_former_rule_about_ids_can_be_held_to(started: Start, event_id: str, status: int) -> None:
    """Behind the switch an id is three or more letters, digits, underscores or hyphens."""
    simulator = started("datareshape", script_id="S1S2S3S4", access_token="token", former_id_rule=True)
    assert send(simulator, changed(CHECKOUT, "event.id", event_id)).status_code == status


def test_the_time_among_the_properties_is_read(datareshape: Simulator) -> None:
    """Where a sender states when it happened, the record has it."""
    body = changed(CHECKOUT, "event.properties", {"occurred_at": "2025-11-20T00:53:20Z"})
    send(datareshape, body)
    send(datareshape, CHECKOUT)
    assert [entry.occurred_at for entry in datareshape.record] == [1_763_600_000.0, None]


@pytest.mark.parametrize("script_id", ["", "short", "lowercase", "TOOLONG99"])
def test_a_script_of_another_form_stops_the_start(script_id: str) -> None:
    """Scripts have eight capital letters and digits."""
    with pytest.raises(OptionError, match="expected 8 capital letters"):
        Simulator.start("datareshape", script_id=script_id)
