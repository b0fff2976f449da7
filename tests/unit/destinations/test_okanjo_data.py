"""The data of Okanjo events: orders, items, products, disbursements."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unit.destinations.canonical import ADDRESS, BOWL, CUSTOMER, MUG, ORDER, PRODUCT, SAMPLES, event, without
from unit.destinations.sending import sent_body

ITEM = {**MUG, "order_id": "O-5001", "status": {"name": "Paid"}}


def _data(sample: Any, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = sent_body("okanjo", sample, **options)["data"]
    return found


def _order(**changed: Any) -> dict[str, Any]:
    return _data(event("order.created", order={**ORDER, **changed}, customer=CUSTOMER))


def test_every_field_of_an_order_arrives_as_text() -> None:
    """What the marketplace's listeners read, with null for what is not known."""
    order = _data(SAMPLES["order.created"])
    assert without(order, "items") == {
        "id": "O-5001",
        "buyer_id": "C-71",
        "created": "2026-03-05 02:15:00",
        "shipping_first_name": "Mara",
        "shipping_last_name": "Iuga",
        "shipping_address_1": "12 Kiln Road",
        "shipping_address_2": "Floor 2",
        "shipping_city": "Cluj-Napoca",
        "shipping_state": "CJ",
        "shipping_zip": "400001",
        "shipping_country": "RO",
        "shipping_phone": "+40712000111",
        "shipping_email": "mara@shop.example",
        "is_tax_exempt": "0",
        "status": "2",
        "type": "1",
        "meta": [],
    }


def test_every_field_of_an_item_arrives_as_text() -> None:
    """Amounts bear on one piece, as the price does."""
    tracked = {"name": "Courier", "amount": "4.00", "tracking_carrier": "DHL", "tracking_number": "JD01"}
    mug = {**MUG, "properties": {"engraving": "M", "gift": True, "weight": 0.4, "none": None, "tags": [1, "b"]}}
    assert _order(items=[mug], shipping_lines=[{"name": "Pick-up", "amount": "0"}, tracked])["items"] == [
        {
            "id": "O-5001-P-9-R",
            "order_id": "O-5001",
            "product_id": "P-9",
            "variant": "P-9-R",
            "product_title": "Mug, red",
            "product_price": "8.50",
            "quantity": "2",
            "status": "2",
            "created": "2026-03-05 02:15:00",
            "updated": "2026-03-05 02:16:30",
            "shipping_price": "2.00",
            "tax_price": "1.52",
            "tracking_carrier": "DHL",
            "tracking_number": "JD01",
            "meta": {"engraving": "M", "gift": "1", "weight": "0.4", "none": None, "tags": ["1", "b"]},
        }
    ]


def test_shipping_and_tax_are_shared_out_by_price() -> None:
    """Okanjo keeps them with the items: each piece bears its part of what the order says."""
    items = _order(items=[MUG, BOWL])["items"]
    assert [item["shipping_price"] for item in items] == ["1.17", "1.66"]
    assert [item["tax_price"] for item in items] == ["0.89", "1.25"]


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 20)), min_size=1, max_size=8), st.integers(0, 10**6))
def test_what_is_shared_out_adds_up_to_within_half_a_cent_a_piece(goods: list[tuple[int, int]], cents: int) -> None:
    """No rounding loses more than it must, whatever the prices, free goods included."""
    shipping = Decimal(cents) / 100
    items = [{**BOWL, "price": f"{price / 100:.2f}", "quantity": count} for price, count in goods]
    sums = {"total": "0.00", "shipping": f"{shipping:.2f}"}
    written = _order(items=items, totals=sums)["items"]
    pieces = sum(count for _, count in goods)
    total = sum(Decimal(item["shipping_price"]) * int(item["quantity"]) for item in written)
    assert abs(total - shipping) <= Decimal("0.005") * pieces


def test_amounts_an_order_does_not_tell_are_null() -> None:
    """Unknown is not free of charge."""
    (item,) = _order(totals={"total": "19.00"})["items"]
    assert (item["shipping_price"], item["tax_price"]) == (None, None)


def test_amounts_have_two_decimals() -> None:
    """Finer ones are rounded, half a cent up."""
    prices = [
        item["product_price"]
        for item in _order(items=[{**MUG, "price": "8.5050"}, {**BOWL, "price": "-0.0049"}])["items"]
    ]
    assert prices == ["8.51", "-0.00"]


def test_two_items_of_one_product_can_be_told_apart() -> None:
    """Listeners that keep items by id keep both."""
    ids = [item["id"] for item in _order(items=[MUG, BOWL, MUG, MUG])["items"]]
    assert ids == ["O-5001-P-9-R", "O-5001-P-12", "O-5001-P-9-R-2", "O-5001-P-9-R-3"]


def test_an_item_has_the_same_id_in_its_order_and_alone() -> None:
    """An update of the item finds what the order brought."""
    alone = _data(event("order.item_updated", item=ITEM))
    assert alone["id"] == _order()["items"][0]["id"]
    assert (alone["order_id"], alone["status"]) == ("O-5001", "2")
    assert (alone["created"], alone["updated"]) == (None, "2026-03-05 02:15:00")


def test_a_shipped_order_of_one_item_is_an_update_of_the_item() -> None:
    """The event is the item's, with the status that says it is on its way."""
    body = sent_body("okanjo", event("order.shipped", order=without(ORDER, "status"), item={**ITEM, "status": {}}))
    assert (body["type"], body["data"]["id"], body["data"]["status"]) == ("order_item.updated", "O-5001-P-9-R", "3")


def test_a_shipped_order_of_several_items_is_an_update_of_the_order() -> None:
    """One event is one request, so all items go out together, each with the status."""
    body = sent_body("okanjo", event("order.shipped", order={**ORDER, "items": [MUG, BOWL]}))
    assert (body["type"], body["data"]["id"], body["data"]["status"]) == ("order.updated", "O-5001", "3")
    assert [item["status"] for item in body["data"]["items"]] == ["3", "3"]


@pytest.mark.parametrize(
    ("code", "state"), [("CJ", "CJ"), ("US-WI", "WI"), ("b", None), ("", None), ("BUC", None), ("ro-cj", "CJ")]
)
def test_a_state_has_two_characters(code: str, state: str | None) -> None:
    """A longer code of a region would not fit, and is left out."""
    assert _order(shipping_address={**ADDRESS, "region_code": code})["shipping_state"] == state


def test_what_an_address_does_not_tell_comes_from_the_customer() -> None:
    """Names, telephone number and e-mail address are the customer's where the parcel's are not given."""
    order = _order(shipping_address={"city": "Turda", "first_name": ""})
    assert (order["shipping_first_name"], order["shipping_phone"]) == ("Mara", "+40712000111")
    assert (order["shipping_city"], order["shipping_address_1"]) == ("Turda", None)
    at_home = _data(event("order.created", order=without(ORDER, "shipping_address"), customer=CUSTOMER))
    assert at_home["shipping_city"] == "Cluj-Napoca"


def test_properties_are_the_orders_meta() -> None:
    """Free data travels with every scalar as text."""
    sample = event("order.created", order=ORDER, properties={"gift": False, "n": 3, "deep": {"er": [1.5, None]}})
    assert _data(sample)["meta"] == {"gift": "0", "n": "3", "deep": {"er": ["1.5", None]}}


def test_every_field_of_a_product_arrives_as_text() -> None:
    """A product is known by id, title and slug, and carries what else the canonical form knows."""
    assert _data(event("product.created", product=PRODUCT)) == {
        "id": "P-9",
        "title": "Mug, red",
        "slug": "p-9-mug-red",
        "description": "<p>Fired twice.</p>\n",
        "price": "8.50",
        "stock": "14",
        "status": "1",
        "is_available": "1",
        "created": "2025-05-31 19:00:00",
        "published": "2025-05-31 19:00:00",
        "updated": "2026-03-01 06:00:00",
        "category": {"id": "12", "name": "Mugs"},
        "variants": {"P-9-R": {"stock": "9"}, "P-9-B": {"stock": "5"}},
        "media": {
            "1": {"original": "https://cdn.shop.example/mug.jpg"},
            "2": {"original": "https://cdn.shop.example/mug-side.jpg"},
        },
        "meta": [],
    }


def test_the_least_product_is_still_known_by_id_title_and_slug() -> None:
    """A title of another script leaves the id for a slug; what is not known is null, and lists are empty."""
    data = _data(
        event(
            "product.created",
            product={"product_id": "\u041f-7", "name": "\u0413\u043e\u0440\u0449\u0438\u043a", "price": "3"},
        )
    )
    assert (data["id"], data["slug"], data["price"]) == ("\u041f-7", "7", "3.00")
    assert (data["category"], data["stock"], data["variants"], data["media"]) == (None, None, [], [])
    bare = _data(event("product.created", product={"product_id": "\u041f", "name": "\u0413", "price": "3"}))
    assert bare["slug"] == "\u041f"


@pytest.mark.parametrize(
    ("product", "status", "available"),
    [({"published": False}, "0", "0"), ({"stock_status": False}, "1", "0"), ({}, "1", "1")],
)
def test_a_product_is_available_where_nothing_speaks_against_it(
    product: dict[str, Any], status: str, available: str
) -> None:
    """Unpublished or out of stock, nobody can buy it."""
    data = _data(event("product.created", product={**BOWL, **product}))
    assert (data["status"], data["is_available"]) == (status, available)


def test_a_payout_is_a_disbursement_with_its_transactions() -> None:
    """Sums and bookings in the shape that listeners read; what is not said of type and fee is plain and nothing."""
    booking = {"id": "T-1", "order_id": "O-5001", "type": "sale", "amount": "19.00", "fee": "0.5", "currency": "EUR"}
    sample = event("payout.created", payout={"total": "120.00", "transactions": [booking, {"amount": "-1"}]})
    assert _data(sample) == {
        "disbursement": {
            "id": None,
            "created": "2026-03-05 02:15:00",
            "type": "payout",
            "total": "120.00",
            "fee": "0.00",
        },
        "transactions": [
            {
                "id": "T-1",
                "order_id": "O-5001",
                "type": "sale",
                "amount": "19.00",
                "fee": "0.50",
                "created": None,
            },
            {"id": None, "order_id": None, "type": None, "amount": "-1.00", "fee": "0.00", "created": None},
        ],
    }
