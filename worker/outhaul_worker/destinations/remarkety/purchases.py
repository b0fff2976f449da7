"""Carts and orders: the bodies of `carts/*` and `orders/*`."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from outhaul_producers.event import Event
from outhaul_worker.destinations.contract import NotApplicable
from outhaul_worker.destinations.encoding import number, offset_time
from outhaul_worker.destinations.remarkety.parts import (
    address,
    customer,
    discount_codes,
    line_item,
    named,
    occurrence,
    payment_method,
    required,
    shipping_lines,
    tax_lines,
    totals,
)
from outhaul_worker.destinations.rows import Row, Section, copied, same, section

_PURCHASE: tuple[Row, ...] = (
    ("id", "id", same),
    ("created_at", "created_at", offset_time),
    ("updated_at", "updated_at", offset_time),
    ("currency", "currency", same),
    ("coupons", "discount_codes", discount_codes),
    ("shipping_lines", "shipping_lines", shipping_lines),
    ("tax_lines", "tax_lines", tax_lines),
)
_ORDER: tuple[Row, ...] = (
    ("number", "name", same),
    ("financial_status", "financial_status", named),
    ("fulfillment_status", "fulfillment_status", same),
    ("payments", "payment_method", payment_method),
    ("billing_address", "billing_address", address),
    ("shipping_address", "shipping_address", address),
    ("note", "note", same),
    ("test", "test", same),
)
_CART: tuple[Row, ...] = (
    ("url", "abandoned_checkout_url", same),
    ("token", "cart_token", same),
)
_STATUS_BY_TYPE: Mapping[str, str] = {
    "order.created": "Created",
    "order.cancelled": "Cancelled",
    "order.refunded": "Refunded",
    "order.shipped": "Shipped",
}
_REQUIRED_OF_ORDER: Mapping[str, str] = {
    "created_at": "created_at",
    "status": "status",
    "total_price": "totals.total",
    "subtotal_price": "totals.subtotal",
}
_REQUIRED_OF_CART: Mapping[str, str] = {
    "created_at": "created_at",
    "abandoned_checkout_url": "url",
    "currency": "currency",
}
_REQUIRED_OF_ITEM: Mapping[str, str] = {"url": "url", "image": "image"}
_REQUIRED_OF_CUSTOMER: Mapping[str, str] = {"email": "email"}


def order_object(given: Section) -> dict[str, Any]:
    """An order as far as it is given."""
    result = {**_purchase(given), **copied(given, _ORDER)}
    if given.get("status"):
        result["status"] = _status(given["status"])
    return result


def cart_object(given: Section) -> dict[str, Any]:
    """A cart as far as it is given."""
    return {**_purchase(given), **copied(given, _CART)}


def order_payload(event: Event) -> dict[str, Any] | NotApplicable:
    """The body of `orders/create` and `orders/update`: the whole order, with its customer.

    Raises:
        Unserialisable: something mandatory is missing and cannot be derived.
    """
    if event.type == "order.item_updated" and "order" not in event.body:
        return NotApplicable("Remarkety takes no single item of an order, and the event does not hold the whole order")
    given = section(event, "order")
    payload = order_object(given)
    _complete_order(payload, given, event)
    required(payload, _REQUIRED_OF_ORDER, "order.")
    _require_items(payload, "order")
    payload["customer"] = _buyer_of_order(payload["created_at"], event)
    payload["email"] = payload["customer"]["email"]
    return payload


def cart_payload(event: Event) -> dict[str, Any] | NotApplicable:
    """The body of `carts/create` and `carts/update`. Remarkety can do nothing with the cart of an unknown person.

    Raises:
        Unserialisable: something mandatory is missing and cannot be derived.
    """
    who = event.body.get("customer") or {}
    if not who.get("email"):
        return NotApplicable("the cart is anonymous: without customer.email Remarkety can reach nobody")
    given = section(event, "cart")
    payload = cart_object(given)
    _complete_cart(payload, event)
    required(payload, _REQUIRED_OF_CART, "cart.")
    _require_items(payload, "cart")
    payload["email"] = who["email"]
    # Guests have no customer record; Remarkety wants null then, and the address beside it.
    payload["customer"] = _buyer(who) if who.get("id") else None
    payload["accepts_marketing"] = who.get("accepts_marketing")
    return payload


def _purchase(given: Section) -> dict[str, Any]:
    result = copied(given, _PURCHASE)
    result["line_items"] = [line_item(item) for item in given.get("items") or ()]
    result.update(totals(given.get("totals") or {}))
    return result


def _status(given: Section) -> dict[str, Any]:
    # Only the name is mandatory; a shop that has codes alone is better shown those than nothing.
    return {**given, "name": given.get("name") or given["code"]}


def _complete_order(payload: dict[str, Any], given: Section, event: Event) -> None:
    if event.type == "order.created":
        payload.setdefault("created_at", occurrence(event))
    payload.setdefault("updated_at", occurrence(event))
    if event.type in _STATUS_BY_TYPE:
        payload.setdefault("status", {"name": _STATUS_BY_TYPE[event.type]})
    for absent_is_nothing in ("total_discounts", "total_shipping", "total_tax"):
        payload.setdefault(absent_is_nothing, 0)
    payload.setdefault("subtotal_price", _subtotal(given.get("totals") or {}))
    if "channel" in event.body:
        payload["channel"] = event.body["channel"]
    if event.environment == "test":
        payload["test"] = True


def _complete_cart(payload: dict[str, Any], event: Event) -> None:
    if event.type == "cart.created":
        payload.setdefault("created_at", occurrence(event))
    payload.setdefault("updated_at", occurrence(event))
    if "currency" in event.body:
        payload.setdefault("currency", event.body["currency"])
    payload.setdefault("total_discounts", 0)
    if "total_price" not in payload:
        payload["total_price"] = _sum_of_items(event.body["cart"].get("items") or ())


def _subtotal(sums: Section) -> int | float | None:
    """The goods before discount, worked back from the total where that has one answer."""
    tax = Decimal(sums.get("tax", "0"))
    if "total" not in sums or (tax and "tax_included" not in sums):
        return None
    added_tax = Decimal(0) if sums.get("tax_included") else tax
    discount, shipping = Decimal(sums.get("discount", "0")), Decimal(sums.get("shipping", "0"))
    return number(str(Decimal(sums["total"]) - added_tax - shipping + discount))


def _sum_of_items(items: Any) -> int | float:
    amount = sum((Decimal(item["price"]) * Decimal(str(item.get("quantity", 1))) for item in items), Decimal(0))
    return number(str(round(amount, 4)))


def _require_items(payload: Section, owner: str) -> None:
    for index, item in enumerate(payload["line_items"]):
        required(item, _REQUIRED_OF_ITEM, f"{owner}.items[{index}].")


def _buyer(given: Section) -> dict[str, Any]:
    result = customer(given)
    result.setdefault("accepts_marketing", None)
    return result


def _buyer_of_order(ordered_at: str, event: Event) -> dict[str, Any]:
    result = _buyer(event.body.get("customer") or {})
    # A buyer is known since the order at the latest; Remarkety itself would assume the moment of arrival.
    result.setdefault("created_at", ordered_at)
    result.setdefault("updated_at", occurrence(event))
    required(result, _REQUIRED_OF_CUSTOMER, "customer.")
    return result
