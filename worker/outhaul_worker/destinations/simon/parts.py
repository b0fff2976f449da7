"""The objects that Simon's events share, made of canonical sections: who, goods, sums, and what has no field there.

Source: the common envelope, the traits and the cart items of Simon's Event Ingestion API.
"""

from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256
from typing import Any

from outhaul_producers.event import Event
from outhaul_worker.destinations.contract import Unserialisable
from outhaul_worker.destinations.encoding import milliseconds, number
from outhaul_worker.destinations.rows import Row, Section, copied, same
from outhaul_worker.destinations.simon.fields import is_push_address

LONGEST_CLIENT_ID = 45
_HASH_LENGTH = 40
_LEVELS = 5
# Zones lie from 14 h east of Greenwich to 12 h west of it.
_WEST = 720


def levels(path: str) -> str:
    """A category's path in as many levels as Simon takes, without empty ones."""
    steps = [step.strip() for step in path.split("/") if step.strip()]
    return "/".join(steps[:_LEVELS])


_GOODS: tuple[Row, ...] = (
    ("name", "productName", same),
    ("price", "price", number),
    ("brand", "brand", same),
    ("color", "color", same),
    ("size", "size", same),
    ("style", "style", same),
    ("parent_url", "productUrl", same),
    ("url", "productUrl", same),
    ("properties", "properties", same),
)
_NAMES: tuple[Row, ...] = (
    ("username", "username", same),
    ("first_name", "firstName", same),
    ("last_name", "lastName", same),
)
_TRAITS: tuple[Row, ...] = (("email", "email", same), ("id", "userId", same), *_NAMES)
_KNOWN: tuple[Row, ...] = (
    ("phone", "phone", same),
    ("created_at", "createdAt", milliseconds),
)
_STATS: tuple[Row, ...] = (
    ("orders_total_number", "ordersTotalNumber", same),
    ("orders_canceled_number", "ordersCanceledNumber", same),
    ("orders_total_value", "ordersTotalValue", number),
    ("orders_refunded_value", "ordersRefundedValue", number),
    ("predicted_value", "predictedValue", number),
)


def client_id(event: Event) -> str:
    """Who or what did it: the session, else the customer's id, else a hash of the e-mail address; empty for nobody."""
    who = event.body.get("customer", {})
    if event.body.get("session_id"):
        return str(event.body["session_id"])
    if who.get("id"):
        return str(who["id"]) if len(who["id"]) <= LONGEST_CLIENT_ID else hashed(who["id"])
    return hashed(who["email"]) if who.get("email") else ""


def hashed(value: str) -> str:
    """The first 40 hexadecimal digits of SHA-256, in lower case."""
    return sha256(value.encode()).hexdigest()[:_HASH_LENGTH]


def timezone(utc_offset_minutes: int) -> int | None:
    """Minutes as JavaScript counts them, negative east of Greenwich; none where no zone has such an offset."""
    minutes = -utc_offset_minutes
    return minutes if minutes <= _WEST else None


def push_address(who: Section) -> str:
    """The customer's AWS SNS endpoint, or an empty text."""
    arn = str(who.get("push_arn", ""))
    return arn if is_push_address(arn) else ""


def names(who: Section) -> dict[str, Any]:
    """What the customer is called."""
    return copied(who, _NAMES)


def traits(who: Section) -> dict[str, Any]:
    """The customer as Simon knows people: by e-mail address. Without one there are none."""
    if not who.get("email"):
        return {}
    known = {**who.get("properties", {}), **copied(who, _KNOWN), **copied(who.get("stats") or {}, _STATS)}
    result = copied(who, _TRAITS)
    if push_address(who):
        result["ARN"] = push_address(who)
    return {**result, "properties": known} if known else result


def goods(given: Section) -> dict[str, Any]:
    """A product as it was seen. Simon wants a variant with it; a product without variants is its own."""
    result: dict[str, Any] = {}
    if "product_id" in given:
        result = {"productId": given["product_id"], "variant": given.get("variant_id") or given["product_id"]}
    if "quantity" in given:
        result["quantity"] = given["quantity"]
    result.update(copied(given, _GOODS))
    picture = given.get("image") or next(iter(given.get("images") or ()), None)
    derived = {"productImageUrl": picture, "category": levels(given.get("category", ""))}
    result.update({key: value for key, value in derived.items() if value})
    return result


def cart_item(given: Section) -> dict[str, Any]:
    """A product in a cart or order; one piece where no quantity is given."""
    return goods(given) if "quantity" in given else {**goods(given), "quantity": 1}


def cart_items(basket: Section) -> list[dict[str, Any]]:
    """What a cart or order holds."""
    return [cart_item(item) for item in basket.get("items") or ()]


def sums(order: Section) -> dict[str, Any]:
    """What an order came to; its revenue is without shipping and tax, in shops with and without tax in their prices.

    Raises:
        Unserialisable: the order has no total.
    """
    totals = order.get("totals") or {}
    if "total" not in totals:
        raise Unserialisable("order.totals.total", "missing, and Simon requires the revenue that it makes")
    rest = Decimal(totals["total"]) - Decimal(totals.get("shipping", "0")) - Decimal(totals.get("tax", "0"))
    rows: tuple[Row, ...] = (("shipping", "shipping", number), ("tax", "tax", number))
    return {"revenue": number(str(rest)), **copied(totals, rows), **_promotion(order.get("coupons") or ())}


def extras(event: Event, *more: Section) -> dict[str, Any]:
    """What Simon has no field for, the event's own properties included; those cannot forge what Outhaul says."""
    body = event.body
    own: dict[str, Any] = {"eventId": event.id, "occurredAt": milliseconds(body["occurred_at"])}
    currency = _currency(body)
    if currency:
        own["currency"] = currency
    if "value" in body and body.get("currency") == currency:
        own["value"] = number(body["value"])
    own.update(copied(body, (("channel", "channel", same),)))
    for section in more:
        own.update(section)
    return {**own, **{key: value for key, value in body.get("properties", {}).items() if key not in own}}


def order_reference(order: Section) -> dict[str, Any]:
    """How far an order is, and what became of its parcel."""
    status = order.get("status") or {}
    shown = {"status": status.get("name") or status.get("code"), "cancelReason": order.get("cancel_reason")}
    parcels = [line for line in order.get("shipping_lines") or () if line.get("tracking_number")]
    rows: tuple[Row, ...] = (("tracking_carrier", "trackingCarrier", same), ("tracking_number", "trackingNumber", same))
    return {**{key: value for key, value in shown.items() if value}, **(copied(parcels[0], rows) if parcels else {})}


def cart_reference(cart: Section) -> dict[str, Any]:
    """Which cart it is, and where the customer finds it."""
    return copied(cart, (("id", "cartId", same), ("url", "cartUrl", same)))


def _promotion(coupons: Iterable[Section]) -> dict[str, Any]:
    first = next(iter(coupons), None)
    return {"promotion": first.get("code") or first["name"]} if first else {}


def _currency(body: Section) -> str | None:
    for name in ("order", "cart"):
        if body.get(name, {}).get("currency"):
            return str(body[name]["currency"])
    return body.get("currency")
