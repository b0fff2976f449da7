"""What `datareshape` sends of products, shipping, payments, coupons, the customer and the context."""

from typing import Any

import pytest

from unit.destinations.canonical import ADDRESS, CART, COUPON, CUSTOMER, MUG, ORDER, PLAIN_PRODUCT, SAMPLES, event
from unit.destinations.sending import sent_body

KIND = "datareshape"
WHO = {"id": "C-71", "email": "mara@shop.example"}


def _product(given: dict[str, Any], **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = sent_body(KIND, event("product.viewed", product=given, customer=WHO), **options)[
        "products"
    ][0]
    return found


def _order(**changes: Any) -> dict[str, Any]:
    return sent_body(KIND, event("order.created", order={**ORDER, **changes}, customer=WHO))


def test_a_variant_is_the_product_and_what_it_belongs_to_its_parent() -> None:
    """The id that was bought comes first, and products without variants are their own parents."""
    assert (_product(MUG)["id"], _product(MUG)["parent_id"]) == ("P-9-R", "P-9")
    assert (_product(PLAIN_PRODUCT)["id"], _product(PLAIN_PRODUCT)["parent_id"]) == ("P-12", "P-12")
    given = {**PLAIN_PRODUCT, "parent_id": "P-1"}
    assert (_product(given)["id"], _product(given)["parent_id"]) == ("P-12", "P-1")


def test_everything_known_of_a_product_is_sent() -> None:
    """Each field of the vendor's table has its value where the event has it."""
    given = {
        **MUG,
        "parent_sku": "MUG",
        "gtin": "1",
        "mpn": "2",
        "ean": "3",
        "product_type": "simple",
        "stock_status": False,
        "stock_location": "Cluj",
        "created_at": "2025-06-01T00:00:00.000Z",
        "parent_url": "https://shop.example/mugs",
        "images": ["https://cdn.shop.example/mug-side.jpg"],
        "categories": [{"id": "12", "name": "Mugs"}, {"id": "13"}],
        "coupons": [COUPON, {**COUPON, "currency": "RON"}],
        "color": "red",
        "properties": {"glaze": "celadon", "color": "crimson"},
    }
    expected = {
        "parent_name": "Mug",
        "parent_sku": "MUG",
        "gtin": "1",
        "mpn": "2",
        "ean": "3",
        "type": "simple",
        "stock_status": False,
        "stock_location": "Cluj",
        "created_at": 1_748_736_000_000,
        "url": "https://shop.example/mug",
        "parent_url": "https://shop.example/mugs",
        "images": ["https://cdn.shop.example/mug-side.jpg"],
        "category": "Kitchen/Mugs",
        "categories": [{"id": "12", "name": "Mugs"}, {"id": "13", "name": "13"}],
        "coupons": [
            {"name": "SPRING", "value": 2, "type": "fixed_amount"},
            {"name": "SPRING", "value": 2, "type": "fixed_amount", "currency": "RON"},
        ],
        "properties": {"variant_title": "red", "color": "crimson", "glaze": "celadon"},
    }
    assert expected.items() <= _product(given).items()


def test_the_base_price_is_never_below_the_price() -> None:
    """DATA Reshape refuses that, and it happens when a sale ends."""
    assert _product({**MUG, "price": "10.00", "price_base": "9.50"})["price_base"] == 10
    assert _product(PLAIN_PRODUCT)["price_base"] == 12
    assert _product(MUG)["price_base"] == 9.5


def test_what_a_product_does_not_say_of_its_tax_is_the_shops_or_left_to_the_account() -> None:
    """A rate is never made up: without a configured one the vendor uses the one it knows."""
    assert _product({**PLAIN_PRODUCT, "tax_percent": 9}, tax_percent=19)["tax_percent"] == 9
    assert _product({**PLAIN_PRODUCT, "tax_percent": 0}, tax_percent=19)["tax_percent"] == 0
    assert _product(PLAIN_PRODUCT, tax_percent="11.5")["tax_percent"] == 11.5
    assert (
        "tax_percent"
        not in sent_body(KIND, event("product.viewed", product=PLAIN_PRODUCT, customer=WHO), tax_percent=None)[
            "products"
        ][0]
    )


def test_prices_hold_tax_unless_the_item_or_its_order_says_otherwise() -> None:
    """The vendor assumes the same, but an order without tax in its prices must not be read as one with it."""
    bare = {"product_id": "P-12", "name": "Bowl", "price": "12.00"}
    totals = {"total": "14.28", "tax": "2.28"}
    included = [_order(items=[bare], totals={**totals, "tax_included": flag}) for flag in (True, False)]
    assert [body["products"][0]["tax_included"] for body in included] == [True, False]
    assert _order(items=[bare], totals=totals)["products"][0]["tax_included"] is True
    assert _order(items=[MUG], totals={**totals, "tax_included": False})["products"][0]["tax_included"] is True


def test_the_path_of_a_category_is_its_categories_where_none_are_listed() -> None:
    """The steps of the path are what the vendor filters by."""
    assert _product({**PLAIN_PRODUCT, "category": "Kitchen / Bowls/"})["categories"] == [
        {"name": "Kitchen"},
        {"name": "Bowls"},
    ]
    assert "categories" not in _product({**PLAIN_PRODUCT, "category": ""})


def test_a_name_of_blanks_is_none() -> None:
    """The vendor refuses it: a product is called by its id then, a category too, or it is left out."""
    sent = _product({**PLAIN_PRODUCT, "name": " ", "categories": [{"id": "12", "name": "\t"}, {"name": " "}]})
    assert sent["name"] == PLAIN_PRODUCT["product_id"]
    assert sent["categories"] == [{"id": "12", "name": "12"}]


def test_shipping_payments_and_coupons_of_an_order_are_sent_with_their_codes() -> None:
    """Names are for people, ids for programs; a coupon is called by its code."""
    body = _order(
        shipping_lines=[{"code": "dhl", "name": "Courier", "amount": "4.00", "tax_included": True, "type": "express"}],
        payments=[
            {"code": "card", "amount": "15.00"},
            {"id": "9", "code": "gc", "name": "Gift card", "amount": "4.00"},
        ],
        coupons=[{"name": "Spring sale", "code": "SPRING", "amount": "2.00", "id": "7", "currency": "RON"}],
    )
    assert body["shipping"] == [{"name": "Courier", "value": 4, "id": "dhl", "tax_included": True, "type": "express"}]
    assert body["payments"] == [
        {"name": "card", "value": 15, "id": "card"},
        {"name": "Gift card", "value": 4, "id": "9"},
    ]
    assert body["coupons"] == [{"name": "SPRING", "value": 2, "id": "7", "currency": "RON"}]


def test_shipping_that_was_paid_for_is_sent_even_without_its_lines() -> None:
    """The total alone makes one line; shipping for nothing makes none."""
    totals = {"total": "19.00", "shipping": "4.00"}
    assert _order(shipping_lines=[], totals=totals)["shipping"] == [{"name": "Shipping", "value": 4}]
    assert "shipping" not in _order(shipping_lines=[], totals={**totals, "shipping": "0.00"})


def test_a_checkout_sends_what_its_cart_holds() -> None:
    """Shipping and payment are known before there is an order."""
    cart = {
        **CART,
        "shipping_lines": [{"name": "Courier", "amount": "4.00"}],
        "payments": [{"name": "Card", "amount": "31"}],
    }
    body = sent_body(KIND, event("checkout.payment_selected", cart=cart, customer=WHO))
    assert [product["id"] for product in body["products"]] == ["P-9-R", "P-12"]
    assert (body["shipping"][0]["value"], body["payments"][0]["value"], body["coupons"][0]["value"]) == (4, 31, 2)


def test_events_that_are_about_no_goods_hold_none() -> None:
    """A login says nothing about products, whatever else the producer sends along."""
    body = sent_body(KIND, event("customer.logged_in", customer=WHO, cart=CART))
    assert body["event"]["value"] == 0
    assert not {"products", "coupons", "shipping", "payments"} & set(body)


def test_the_customer_is_sent_with_times_in_milliseconds_and_amounts_as_numbers() -> None:
    """DATA Reshape reads neither ISO times nor quoted numbers."""
    stats = {
        "orders_total_number": 4,
        "orders_canceled_number": 1,
        "orders_total_value": "212.40",
        "orders_refunded_value": "8.50",
        "predicted_value": "300.00",
    }
    user = sent_body(KIND, event("customer.updated", customer={**CUSTOMER, "stats": stats}))["user"]
    assert user["created_at"] == 1_704_787_200_000
    assert {
        **stats,
        "orders_total_value": 212.4,
        "orders_refunded_value": 8.5,
        "predicted_value": 300,
    }.items() <= user.items()
    assert user["street"] == "12 Kiln Road, Floor 2"
    assert sent_body(KIND, event("customer.updated", customer={"id": "C-1", "address": {"city": "Iași"}}))["user"] == {
        "id": "C-1",
        "city": "Iași",
    }


def test_personal_data_is_hashed_only_where_that_is_asked_for() -> None:
    """DATA Reshape wants plain text and hashes it itself; an account that must not send it can have the hashes."""
    who = {**CUSTOMER, "email": "ana.pop@example.com", "phone": "+40712000111", "address": ADDRESS}
    plain = sent_body(KIND, event("customer.updated", customer=who))["user"]
    assert (plain["email"], plain["phone"]) == ("ana.pop@example.com", "+40712000111")
    hashed = sent_body(KIND, event("customer.updated", customer=who), hash_pii=True)["user"]
    assert hashed["email"] == "ad972ab068ba55a1865da271ea3432a090ba8e2e4940cace698c001dc9629e3d"
    assert hashed["phone"] == "35335bb7ef60d86d6c267bd300b4eb449df788802e542aa30201e06d688d09ca"


def test_a_customer_without_address_or_number_is_hashed_as_far_as_known() -> None:
    """What is absent stays absent."""
    assert sent_body(KIND, event("customer.updated", customer={"id": "C-1"}), hash_pii=True)["user"] == {"id": "C-1"}


def test_the_context_says_where_the_event_happened() -> None:
    """The page's own address stands in where the context has none."""
    context = {
        "user_agent": "UA/1",
        "ip": "2001:db8::7",
        "url": "https://shop.example/done",
        "landing_url": "https://shop.example/?c=1",
        "referrer_url": "https://search.example/",
    }
    sent = sent_body(KIND, event("order.created", order=ORDER, customer=WHO, context=context, channel="app"))["context"]
    assert sent == {
        "environment": "prod",
        "data_source": "app",
        "url": "https://shop.example/done",
        "referrer_url": "https://search.example/",
        "user_agent": "UA/1",
        "override_ip": "2001:db8::7",
        "landing_url": "https://shop.example/?c=1",
    }
    page = {"url": "https://shop.example/quiz", "referrer_url": "https://shop.example/"}
    seen = sent_body(KIND, event("custom.quiz", customer=WHO, page=page), events=["quiz"], data_source="phone")[
        "context"
    ]
    assert (seen["url"], seen["referrer_url"], seen["data_source"]) == (*page.values(), "phone")


def test_cookies_are_sent_as_they_are_and_left_out_where_there_are_none() -> None:
    """Platforms find their visitors by them; an empty table says nothing."""
    given = {"_ga": "GA1.2.3", "_fbp": "fb.1"}
    assert sent_body(KIND, event("customer.logged_in", customer=WHO, cookies=given))["cookies"] == given
    assert "cookies" not in sent_body(KIND, event("customer.logged_in", customer=WHO, cookies={}))


def test_properties_and_the_reason_of_a_cancellation_stand_beside_the_time() -> None:
    """The vendor has no field for when an event happened, so it travels as a property that cannot be forged."""
    cancelled = event(
        "order.cancelled",
        order={**ORDER, "cancel_reason": "out of glaze"},
        customer=WHO,
        properties={"gift": False, "occurred_at": "forged", "cancel_reason": "forged"},
    )
    assert sent_body(KIND, cancelled)["event"]["properties"] == {
        "gift": False,
        "occurred_at": "2026-03-05T08:15:00.000Z",
        "cancel_reason": "out of glaze",
    }


@pytest.mark.parametrize("rate", [4.9765, 1])
def test_the_exchange_rate_of_an_order_is_the_events(rate: float) -> None:
    """It holds for every amount beside it."""
    assert _order(exchange_rate=rate)["event"]["exchange_rate"] == rate
    assert "exchange_rate" not in sent_body(KIND, SAMPLES["cart.viewed"])["event"]
