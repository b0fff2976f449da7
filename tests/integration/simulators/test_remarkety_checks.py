"""What the simulated Remarkety refuses, and with which status."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from outhaul_ops.simulators import Fate, Simulator

Send = Callable[..., requests.Response]
JsonObject = dict[str, Any]

PERSON: JsonObject = {"email": "mara@shop.example", "id": "C-71"}


def put(body: JsonObject, path: str, value: object) -> JsonObject:
    """Set or, with `...`, remove the member at a dotted path."""
    *way, last = path.split(".")
    place: Any = body
    for step in way:
        place = place[int(step)] if step.isdecimal() else place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return body


@pytest.mark.parametrize("path", ["/webhooks/?storeId=S1", "/webhooks?storeId=S1", "/webhooks/store/S1"])
def test_every_documented_address_is_served(send: Send, remarkety: Simulator, path: str) -> None:
    """All published forms of the address lead to the account."""
    answer = send("customers/update", PERSON, path)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert remarkety.record.count(Fate.STORED) == 1


@pytest.mark.parametrize(
    "path", ["/", "/webhooks/", "/webhooks/?storeId=S2", "/webhooks/store/S2", "/webhooks/store/", "/other?storeId=S1"]
)
def test_another_address_or_store_is_not_found(send: Send, path: str) -> None:
    """An unknown path or store is answered with 404."""
    assert send("customers/update", PERSON, path).status_code == 404


def test_only_post_is_routed(remarkety: Simulator) -> None:
    """Reading the event address is answered with 404."""
    assert requests.get(f"{remarkety.url}/webhooks/?storeId=S1", timeout=10).status_code == 404


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
def test_a_content_type_that_is_not_json_is_not_acceptable(send: Send, content_type: str | None) -> None:
    """Anything but JSON in UTF-8 is answered with 406."""
    assert send("customers/update", PERSON, content_type=content_type).status_code == 406


@pytest.mark.parametrize("content_type", ["application/json", 'APPLICATION/JSON; charset="utf-8"'])
def test_a_content_type_may_be_written_in_any_legal_way(send: Send, content_type: str) -> None:
    """Letter case, quotes and the absence of a charset make no difference."""
    assert send("customers/update", PERSON, content_type=content_type).status_code == 200


@pytest.mark.parametrize(
    ("store_key", "account_key", "status"),
    [
        ("store-key", None, 200),
        (None, "account-key", 200),
        (None, None, 401),
        ("wrong", None, 401),
        ("", None, 401),
        (None, "store-key", 401),
        ("account-key", None, 401),
        ("store-key", "wrong", 401),
    ],
)
def test_each_key_opens_only_by_its_own_header(
    send: Send, store_key: str | None, account_key: str | None, status: int
) -> None:
    """The store's key goes into x-token, the account's into x-api-key, and a wrong one is answered with 401."""
    assert send("customers/update", PERSON, x_token=store_key, x_api_key=account_key).status_code == status


def test_the_account_key_header_is_refused_where_the_account_has_none() -> None:
    """Without an account key no value of x-api-key is let in, not even an empty one."""
    with Simulator.start("remarkety", store_id="S1", api_key="k") as simulator:
        headers = {"content-type": "application/json", "x-event-type": "x", "x-api-key": ""}
        answer = requests.post(f"{simulator.url}/webhooks/?storeId=S1", data=b"{}", headers=headers, timeout=10)
        assert answer.status_code == 401


@pytest.mark.parametrize("event", [None, ""])
def test_an_event_without_a_type_is_malformed(send: Send, event: str | None) -> None:
    """A missing or empty x-event-type is answered with 400."""
    assert send(event, PERSON).status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b"{'a':1}", b'{"a":NaN}', b"\xff", b"[]", b'"text"', b"null", b"[" * 5000])
def test_a_body_that_is_no_json_object_is_malformed(send: Send, body: bytes) -> None:
    """Broken JSON and JSON that is not an object are answered with 400, for custom events too."""
    assert send("product-viewed", body, x_platform="custom").status_code == 400


@pytest.mark.parametrize(
    ("time", "status"),
    [
        ("1763599000", 200),
        ("946684800", 200),
        ("1763599000000", 400),
        ("1763690000", 400),
        ("1", 400),
        ("-5", 400),
        ("1763599000.5", 400),
        ("2025-11-20T00:00:00Z", 400),
        ("", 400),
    ],
)
def test_the_event_time_is_plausible_unix_seconds(send: Send, time: str, status: int) -> None:
    """Milliseconds, dates, the far past and the future are answered with 400."""
    assert send("customers/update", PERSON, x_event_time=time).status_code == status


def test_an_event_without_a_time_happened_on_arrival(send: Send, remarkety: Simulator) -> None:
    """The time of an event is what x-event-time says, or else the arrival."""
    send("customers/update", PERSON, x_event_time="1763599000")
    send("customers/update", PERSON)
    assert [entry.occurred_at for entry in remarkety.record] == [1_763_599_000.0, 1_763_600_000.0]


def test_the_checks_are_made_in_the_stated_order(send: Send) -> None:
    """Address before content type, content type before key, key before body."""
    everything_wrong = {"content_type": "text/plain", "x_token": "wrong"}
    assert send(None, b"{", "/nowhere", **everything_wrong).status_code == 404
    assert send(None, b"{", **everything_wrong).status_code == 406
    assert send(None, b"{", x_token="wrong").status_code == 401
    assert send(None, b"{").status_code == 400


CUSTOMER_BREACHES = [
    ("email", ...),
    ("email", None),
    ("email", "mara"),
    ("id", ""),
    ("id", 1.5),
    ("accepts_marketing", "true"),
    ("first_name", 5),
    ("created_at", "2025-11-19T10:15:00Z"),
    ("updated_at", "2025-11-19T10:15:00"),
    ("birthdate", "17.05.1990"),
    ("birthdate", "1990-02-30"),
    ("gender", "female"),
    ("default_address", "Main Street"),
    ("default_address", {"zip": 12345}),
    ("groups", [{"id": 1.5}]),
    ("tags", "a,b"),
    ("append_tags", 1),
    ("rewards", {"points": "10"}),
]


@pytest.mark.parametrize(("path", "value"), CUSTOMER_BREACHES)
@pytest.mark.parametrize("event", ["customers/create", "customers/update"])
def test_a_customer_that_breaks_the_contract_is_refused(send: Send, event: str, path: str, value: object) -> None:
    """A customer needs an e-mail address, and every known member its type."""
    answer = send(event, put(dict(PERSON), path, value))
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(path)


def test_a_customer_may_carry_every_documented_member(send: Send) -> None:
    """All members of the published customer table pass, unknown ones too."""
    body = PERSON | {
        "accepts_marketing": None,
        "title": "Dr",
        "created_at": "2024-01-09T08:00:00+00:00",
        "birthdate": "1990-05-17",
        "gender": "F",
        "default_address": {"country_code": "RO", "zip": "010101", "phone": "+40721000000"},
        "groups": [{"id": 3, "name": "wholesale"}],
        "tags": ["b2c"],
        "append_tags": True,
        "rewards": {"points": 12.5},
        "verified_email": True,
        "info": {"any": 1},
        "shoe_size": 39,
    }
    assert send("customers/create", body).status_code == 200


ORDER_BREACHES = [
    *((name, ...) for name in ("id", "created_at", "customer", "line_items", "status", "total_price", "total_tax")),
    *((name, ...) for name in ("subtotal_price", "total_discounts", "total_shipping", "customer.email")),
    *((f"customer.{name}", ...) for name in ("accepts_marketing", "created_at", "updated_at")),
    *((f"line_items.0.{name}", ...) for name in ("product_id", "sku", "name", "url", "image", "quantity", "price")),
    ("status.name", ...),
    ("id", 5001),
    ("id", " "),
    ("total_price", "19.00"),
    ("total_price", True),
    ("total_discounts", -2),
    ("line_items.0.price", "8.50"),
    ("line_items.0.quantity", "2"),
    ("line_items.0.sku", 7),
    ("line_items.0.added_at", 1763600000),
    ("line_items", {}),
    ("line_items", ["mug"]),
    ("status", "Paid"),
    ("customer", None),
    ("created_at", "2025-11-19 10:15:00+02:00"),
    ("created_at", "2025-11-19T25:15:00+02:00"),
    ("created_at", 1763600000),
    ("updated_at", "2025-11-19T10:15:00.000Z"),
    ("currency", "euro"),
    ("email", "mara"),
    ("test", "yes"),
    ("discount_codes", [{"code": "SPRING", "amount": "2"}]),
    ("shipping_lines", [{"title": "Courier", "price": "4"}]),
    ("tax_lines", [{"title": "VAT", "rate": 19}]),
    ("financial_status", "paid"),
]


@pytest.mark.parametrize(("path", "value"), ORDER_BREACHES)
def test_an_order_that_breaks_the_contract_is_refused(
    send: Send, remarkety: Simulator, order: JsonObject, path: str, value: object
) -> None:
    """Every mandatory member of an order must be there, numbers be numbers and dates carry a numeric offset."""
    answer = send("orders/create", put(order, path, value))
    assert answer.status_code == 400
    (entry,) = remarkety.record
    assert entry.fate is Fate.REFUSED
    assert entry.reason.startswith(path.replace(".0", "[0]"))
    assert remarkety.state()["orders"] == {}


def test_an_order_with_the_wrongly_spelt_line_items_is_refused(send: Send, order: JsonObject) -> None:
    """The spelling of the field table, `lineitems`, does not stand in for `line_items`."""
    order["lineitems"] = order.pop("line_items")
    answer = send("orders/update", order)
    assert (answer.status_code, answer.json()["message"]) == (400, "line_items: mandatory, got nothing")


CART_BREACHES = [
    *((name, ...) for name in ("id", "abandoned_checkout_url", "accepts_marketing", "created_at", "updated_at")),
    *((name, ...) for name in ("currency", "customer", "email", "line_items", "total_discounts", "total_price")),
    *((f"customer.{name}", ...) for name in ("email", "id", "accepts_marketing")),
    ("accepts_marketing", "no"),
    ("email", "nobody"),
    ("total_price", "17"),
    ("line_items.0.price", None),
]


@pytest.mark.parametrize(("path", "value"), CART_BREACHES)
def test_a_cart_that_breaks_the_contract_is_refused(send: Send, cart: JsonObject, path: str, value: object) -> None:
    """Every mandatory member of a cart must be there and of its type."""
    assert send("carts/update", put(cart, path, value)).status_code == 400


def test_a_cart_of_a_guest_is_legal(send: Send, cart: JsonObject) -> None:
    """The customer, the e-mail and the consent of a cart may be null."""
    assert send("carts/create", cart | {"customer": None, "email": None, "accepts_marketing": None}).status_code == 200


PRODUCT_BREACHES = [
    *((name, ...) for name in ("id", "sku", "created_at", "image", "product_exists", "title", "url", "vendor")),
    *((f"variants.0.{name}", ...) for name in ("id", "image", "inventory_quantity", "product_id", "sku", "title")),
    ("variants", ...),
    ("variants", []),
    ("image", "https://cdn.shop.example/mug.jpg"),
    ("image", {}),
    ("product_exists", "true"),
    ("variants.0.inventory_quantity", "7"),
    ("variants.0.price", "8.50"),
    ("categories", ["mugs"]),
    ("published_at", "yesterday"),
]


@pytest.mark.parametrize(("path", "value"), PRODUCT_BREACHES)
def test_a_product_that_breaks_the_contract_is_refused(
    send: Send, product: JsonObject, path: str, value: object
) -> None:
    """Every mandatory member of a product must be there, with at least one variant."""
    assert send("products/update", put(product, path, value)).status_code == 400


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("email", ...),
        ("sms_phone_number_e164", "0721000000"),
        ("customerId", None),
        ("tags", "vip"),
        ("double_optin_required", "yes"),
    ],
)
def test_a_subscription_that_breaks_the_contract_is_refused(send: Send, path: str, value: object) -> None:
    """A subscription needs an e-mail address, an international phone number and typed members."""
    assert send("newsletter/subscribe", put({"email": "mara@shop.example"}, path, value)).status_code == 400


def test_an_unsubscription_needs_an_email(send: Send) -> None:
    """Leaving the newsletter without saying who is answered with 400."""
    assert send("newsletter/unsubscribe", {"id": "C-71"}).status_code == 400


def test_a_refusal_names_several_breaches_but_not_all(send: Send) -> None:
    """The answer lists the first five breaches and says how many more there are."""
    message = send("orders/create", {"id": 5}).json()["message"]
    assert message.startswith("created_at: mandatory, got nothing; ")
    assert message.endswith("and 5 more")
