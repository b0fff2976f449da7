"""Orders for eSputnik's orders resource, which keeps them with the contact and counts them in segments.

Source: eSputnik's API reference on adding orders, and the vendor's published clients.
"""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from outhaul_producers.event import Event
from outhaul_worker.destinations.contract import Unserialisable
from outhaul_worker.destinations.encoding import local_time, number
from outhaul_worker.destinations.esputnik.goods import category, page, picture, sold_id
from outhaul_worker.destinations.esputnik.params import CONTACT
from outhaul_worker.destinations.esputnik.texts import delivery_address, joined_names, status_text, text_of
from outhaul_worker.destinations.rows import Row, Section, copied, same, section

STATUSES = ("INITIALIZED", "IN_PROGRESS", "DELIVERED", "CANCELLED", "ABANDONED_SHOPPING_CART")
_CANCELLED = "CANCELLED"
_STATUS_BY_TYPE: Mapping[str, str] = {
    "order.created": "INITIALIZED",
    "order.updated": "IN_PROGRESS",
    "order.shipped": "IN_PROGRESS",
    "order.cancelled": _CANCELLED,
}
# A refund names only what was taken back and an item's update only the item: neither is the order to be kept.
ORDER_TYPES = frozenset(_STATUS_BY_TYPE)
_ORDER: tuple[Row, ...] = (
    ("id", "externalOrderId", same),
    ("currency", "currency", same),
    ("status", "statusDescription", status_text),
    ("payments", "paymentMethod", joined_names),
    ("shipping_lines", "deliveryMethod", joined_names),
)
_TOTALS: tuple[Row, ...] = (
    ("total", "totalCost", number),
    ("shipping", "shipping", number),
    ("discount", "discount", number),
    ("tax", "taxes", number),
)
_ITEM: tuple[Row, ...] = (
    ("name", "name", same),
    ("price", "cost", number),
)
_REQUIRED: Mapping[str, str] = {
    "externalCustomerId": "customer.id",
    "totalCost": "order.totals.total",
    "date": "order.created_at",
}


def order_of(event: Event, zone: tzinfo, statuses: Mapping[str, str]) -> dict[str, Any]:
    """The order an event is about.

    Args:
        event: one of `ORDER_TYPES`.
        zone: of the account, for times.
        statuses: eSputnik's status by the shop's code or name.

    Raises:
        Unserialisable: something mandatory is missing and cannot be derived.
    """
    given = section(event, "order")
    derived = {
        **copied(given, _ORDER),
        **copied(event.body.get("customer") or {}, CONTACT),
        **copied(given.get("totals") or {}, _TOTALS),
        "status": _status(event.type, given.get("status") or {}, statuses),
        "date": _date(event, zone),
        "source": event.body.get("channel"),
        "restoreUrl": (event.body.get("cart") or {}).get("url"),
        "deliveryAddress": delivery_address(event.body),
        "additionalInfo": _texts(event.body.get("properties", {})),
        "items": [_item(item) for item in given.get("items") or ()],
    }
    found = {key: value for key, value in derived.items() if value not in (None, "", {})}
    for key, path in _REQUIRED.items():
        if key not in found:
            raise Unserialisable(path, f"missing, and eSputnik's orders resource requires it (as {key})")
    return found


def _status(event_type: str, given: Section, statuses: Mapping[str, str]) -> str:
    by_type = _STATUS_BY_TYPE[event_type]
    if by_type == _CANCELLED:
        return by_type
    labels = [given[key] for key in ("code", "name") if given.get(key)]
    configured = next((statuses[label] for label in labels if label in statuses), "")
    plain = next((label.upper() for label in labels if label.upper() in STATUSES), "")
    return configured or plain or by_type


def _date(event: Event, zone: tzinfo) -> str:
    ordered_at = event.body["order"].get("created_at")
    if ordered_at is None and event.type == "order.created":
        ordered_at = event.body["occurred_at"]
    return local_time(ordered_at, zone) if ordered_at else ""


def _item(given: Section) -> dict[str, Any]:
    derived = {
        "externalItemId": sold_id(given),
        **copied(given, _ITEM),
        "quantity": given.get("quantity", 1),
        "category": category(given),
        "url": page(given),
        "imageUrl": picture(given),
        "description": given.get("description_html"),
    }
    return {key: value for key, value in derived.items() if value not in (None, "")}


def _texts(properties: Section) -> dict[str, str]:
    return {name: text_of(value) for name, value in properties.items() if value is not None}
