"""Orders as eSputnik's orders resource takes them."""

import pytest

from outhaul_worker.destinations.esputnik.orders import ORDER_TYPES
from outhaul_worker.destinations.esputnik.schema import Orders
from unit.destinations.canonical import BOWL, CART, CUSTOMER, ORDER, SAMPLES, event, without
from unit.destinations.configured import NAME
from unit.destinations.sending import why_refused
from unit.destinations.to_esputnik import body_of, order_of

WHO = {"id": "C-71", "email": "mara@shop.example"}


@pytest.mark.parametrize("event_type", sorted(ORDER_TYPES - {"order.cancelled"}))
def test_a_whole_order_goes_to_the_orders_resource(event_type: str) -> None:
    """Creation, update and shipping hold the order as it is to be kept."""
    assert Orders().validate(body_of(SAMPLES[event_type], orders_api=True)) == {}


@pytest.mark.parametrize("event_type", ["order.refunded", "order.item_updated"])
def test_what_does_not_hold_the_whole_order_stays_an_event(event_type: str) -> None:
    """A refund's items are those taken back; kept as the order they would replace it."""
    assert "eventTypeKey" in body_of(SAMPLES[event_type], orders_api=True)


def test_every_field_of_the_order_arrives() -> None:
    """Amounts are numbers, times those of the account's zone, everything else text."""
    sample = event(
        "order.created",
        order=without(ORDER, "created_at"),
        cart=CART,
        customer=CUSTOMER,
        properties={"gift": True, "none": None, "wrapping": {"paper": "red"}},
    )
    assert order_of(sample) == {
        "externalOrderId": "O-5001",
        "externalCustomerId": "C-71",
        "email": "mara@shop.example",
        "phone": "+40712000111",
        "firstName": "Mara",
        "lastName": "Iuga",
        "totalCost": 19,
        "shipping": 4,
        "discount": 2,
        "taxes": 3.03,
        "currency": "EUR",
        "status": "INITIALIZED",
        "statusDescription": "Paid",
        "date": "2026-03-05T10:15:00",
        "source": "website",
        "restoreUrl": "https://shop.example/cart/K-300",
        "deliveryMethod": "Courier",
        "paymentMethod": "Card, Gift card",
        "deliveryAddress": "12 Kiln Road, Floor 2, Cluj-Napoca, Cluj, 400001, RO",
        "additionalInfo": {"gift": "true", "wrapping": '{"paper":"red"}'},
        "items": [
            {
                "externalItemId": "P-9-R",
                "name": "Mug, red",
                "quantity": 2,
                "cost": 8.5,
                "category": "Kitchen/Mugs",
                "url": "https://shop.example/mug",
                "imageUrl": "https://cdn.shop.example/mug.jpg",
            }
        ],
    }


@pytest.mark.parametrize(
    ("event_type", "status", "expected"),
    [
        ("order.created", {"name": "New"}, "INITIALIZED"),
        ("order.updated", {"name": "Paid"}, "IN_PROGRESS"),
        ("order.shipped", {"name": "Paid"}, "IN_PROGRESS"),
        ("order.cancelled", {"name": "Paid"}, "CANCELLED"),
        ("order.updated", {"code": "D", "name": "Done"}, "DELIVERED"),
        ("order.updated", {"name": "Lost"}, "CANCELLED"),
        ("order.updated", {"name": "delivered"}, "DELIVERED"),
        ("order.cancelled", {"code": "D"}, "CANCELLED"),
    ],
)
def test_the_status_is_the_configured_one_or_follows_from_the_type(
    event_type: str, status: dict[str, str], expected: str
) -> None:
    """eSputnik knows five; a shop's own are mapped by code or name, and a cancelled order is always cancelled."""
    sample = event(event_type, order={**ORDER, "status": status}, customer=WHO)
    assert order_of(sample, order_statuses={"D": "DELIVERED", "Lost": "cancelled"})["status"] == expected


def test_an_item_without_a_quantity_counts_as_one() -> None:
    """What the canonical form leaves unsaid the resource demands."""
    (item,) = order_of(event("order.created", order={**ORDER, "items": [BOWL]}, customer=WHO))["items"]
    assert (item["externalItemId"], item["quantity"], item["cost"]) == ("P-12", 1, 12)


@pytest.mark.parametrize(
    ("missing", "path"),
    [
        ({"order": ORDER, "customer": {"email": "mara@shop.example"}}, "customer.id"),
        ({"order": ORDER}, "customer.id"),
        ({"order": without(ORDER, "totals"), "customer": WHO}, "order.totals.total"),
        ({"order": without(ORDER, "created_at"), "customer": WHO}, "order.created_at"),
        ({"customer": WHO}, "order"),
    ],
)
def test_what_the_resource_demands_is_named_where_it_is_missing(missing: dict[str, object], path: str) -> None:
    """A person learns which part of the event to mend."""
    sample = event("order.updated", **missing)
    assert why_refused("esputnik", sample, orders_api=True).field == path


def test_overrides_change_the_order_itself() -> None:
    """They need not repeat the list that the resource wraps around it."""
    sample = event(
        "order.created", order=ORDER, customer=WHO, overrides={NAME: {"storeId": "ro", "status": "DELIVERED"}}
    )
    order = order_of(sample)
    assert (order["storeId"], order["status"], order["externalOrderId"]) == ("ro", "DELIVERED", "O-5001")
