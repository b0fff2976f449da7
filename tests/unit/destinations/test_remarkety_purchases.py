"""Carts and orders as Remarkety gets them: what is derived, what is refused, what is skipped."""

from typing import Any

import orjson
import pytest

from unit.destinations.canonical import (
    BOWL,
    CART,
    CUSTOMER,
    MUG,
    ORDER,
    SAMPLES,
    TOTALS,
    event,
    without,
)
from unit.destinations.to_remarkety import GUEST, body_of, payload_of, refused_field, skip_reason


def test_an_order_of_nobody_is_refused_by_path() -> None:
    """Orders need the customer's address."""
    assert refused_field(event("order.created", order=ORDER)) == "customer.email"
    assert refused_field(event("order.created", order=ORDER, customer={"id": "C-71"})) == "customer.email"


def test_the_buyer_is_known_since_the_order_where_nothing_earlier_is_said() -> None:
    """Both mandatory dates of the customer have a sensible value for guests."""
    buyer = body_of(SAMPLES["order.cancelled"])["customer"]
    assert (buyer["created_at"], buyer["updated_at"]) == ("2026-03-05T08:15:00+00:00", "2026-03-05T08:15:00+00:00")


@pytest.mark.parametrize(
    ("event_type", "status"),
    [
        ("order.created", "Created"),
        ("order.cancelled", "Cancelled"),
        ("order.refunded", "Refunded"),
        ("order.shipped", "Shipped"),
    ],
)
def test_an_order_without_a_status_has_the_one_its_event_tells(event_type: str, status: str) -> None:
    """The mandatory status is what just happened; a given one wins."""
    bare = without(ORDER, "status")
    assert body_of(event(event_type, order=bare, customer=GUEST))["status"] == {"name": status}
    assert body_of(event(event_type, order=ORDER, customer=GUEST))["status"] == {"code": "P", "name": "Paid"}


def test_a_status_that_is_only_a_code_is_its_own_name() -> None:
    """Remarkety wants a name; shops that keep codes alone still get their orders through."""
    order = {**ORDER, "status": {"code": "S"}}
    assert body_of(event("order.updated", order=order, customer=GUEST))["status"] == {"code": "S", "name": "S"}


@pytest.mark.parametrize(
    ("order", "path"),
    [
        (without(ORDER, "created_at"), "order.created_at"),
        (without(ORDER, "status"), "order.status"),
        (without(ORDER, "totals"), "order.totals.total"),
        ({**ORDER, "totals": {"tax": "3.03", "total": "19.00"}}, "order.totals.subtotal"),
        ({**ORDER, "items": [MUG, without(MUG, "url")]}, "order.items[1].url"),
        ({**ORDER, "items": [without(MUG, "image")]}, "order.items[0].image"),
    ],
)
def test_an_updated_order_that_lacks_something_mandatory_is_refused_by_path(order: dict[str, Any], path: str) -> None:
    """Nothing is invented that would overwrite what Remarkety knows better."""
    assert refused_field(event("order.updated", order=order, customer=GUEST)) == path


@pytest.mark.parametrize(
    ("totals", "subtotal"),
    [
        ({"total": "19.00"}, 19),
        ({"total": "19.00", "discount": "2.00", "shipping": "4.00"}, 17),
        ({"total": "19.00", "tax": "3.03", "tax_included": True}, 19),
        ({"total": "19.00", "tax": "3.03", "tax_included": False}, 15.97),
        ({"total": "0.30", "discount": "0.10", "shipping": "0.20"}, 0.2),
        (TOTALS, 17),
    ],
)
def test_a_missing_subtotal_is_worked_back_from_the_total(totals: dict[str, Any], subtotal: float) -> None:
    """The sums of an order always fit together, to the cent."""
    body = body_of(event("order.updated", order={**ORDER, "totals": totals}, customer=GUEST))
    assert body["subtotal_price"] == subtotal
    assert min(body["total_discounts"], body["total_shipping"], body["total_tax"]) >= 0


def test_an_order_event_in_the_test_environment_is_marked_as_a_test() -> None:
    """Trying out an integration leaves no order in the shop's figures."""
    tried = event("order.created", order={**ORDER, "test": False}, customer=GUEST, environment="test")
    assert body_of(tried)["test"] is True
    assert "test" not in body_of(event("order.created", order=ORDER, customer=GUEST))


def test_one_item_of_an_order_is_skipped_unless_the_whole_order_comes_along() -> None:
    """Remarkety replaces orders as a whole, so a single item would empty the rest."""
    item = {**MUG, "order_id": "O-5001"}
    assert "whole order" in skip_reason(event("order.item_updated", item=item, customer=GUEST))
    whole = payload_of(event("order.item_updated", item=item, order=ORDER, customer=GUEST))
    assert whole.headers["x-event-type"] == "orders/update"
    assert orjson.loads(whole.body)["line_items"][0]["sku"] == "MUG-R"


def test_items_fill_their_gaps_from_the_product_they_belong_to() -> None:
    """Page, picture and stock number are mandatory; the nearest thing that is said stands in."""
    order = {**ORDER, "items": [BOWL, {**without(MUG, "sku", "image"), "images": ["https://cdn.shop.example/1.jpg"]}]}
    bowl, mug = body_of(event("order.updated", order=order, customer=GUEST))["line_items"]
    assert (bowl["sku"], bowl["quantity"], bowl["url"]) == ("P-12", 1, "https://shop.example/bowl")
    assert bowl["image"] == "https://cdn.shop.example/bowl-1.jpg"
    assert (mug["sku"], mug["image"]) == ("P-9-R", "https://cdn.shop.example/1.jpg")


@pytest.mark.parametrize("customer", [None, {"id": "C-71"}, {"phone": "+40712000111"}])
def test_the_cart_of_an_unknown_person_is_skipped(customer: dict[str, str] | None) -> None:
    """An anonymous cart can win nobody back, so it does not become a dead letter either."""
    assert "anonymous" in skip_reason(event("cart.updated", cart=CART, **({"customer": customer} if customer else {})))


def test_a_guests_cart_has_an_e_mail_address_and_no_customer() -> None:
    """Remarkety wants null for the customer of a guest, not an object without an id."""
    body = body_of(event("cart.updated", cart=CART, customer=GUEST))
    assert (body["email"], body["customer"]) == ("mara@shop.example", None)
    assert body_of(event("cart.updated", cart=CART, customer=CUSTOMER))["customer"]["id"] == "C-71"


@pytest.mark.parametrize(
    ("cart", "path"),
    [
        (without(CART, "created_at"), "cart.created_at"),
        (without(CART, "url"), "cart.url"),
        ({**without(CART, "currency", "totals"), "items": []}, "cart.currency"),
        ({**CART, "items": [without(MUG, "url")]}, "cart.items[0].url"),
    ],
)
def test_a_cart_that_lacks_something_mandatory_is_refused_by_path(cart: dict[str, Any], path: str) -> None:
    """A cart without the address that restores it is of no use in an e-mail."""
    assert refused_field(event("cart.updated", cart=cart, customer=GUEST)) == path


def test_a_cart_without_totals_is_worth_its_items() -> None:
    """The total is exact, whatever the quantities."""
    items = [{**MUG, "price": "0.10", "quantity": 3}, {**MUG, "price": "1.05", "quantity": 0.5}]
    body = body_of(event("cart.updated", cart={**without(CART, "totals"), "items": items}, customer=GUEST))
    assert (body["total_price"], body["total_discounts"]) == (0.825, 0)
