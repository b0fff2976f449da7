"""Custom events: a flat object whose top-level keys Remarkety offers as filters, with the sections below them."""

from collections.abc import Callable, Mapping
from typing import Any

from outhaul_producers.event import Event
from outhaul_worker.destinations.contract import NotApplicable
from outhaul_worker.destinations.encoding import number
from outhaul_worker.destinations.remarkety.parts import (
    customer,
    goods,
    occurrence,
)
from outhaul_worker.destinations.remarkety.purchases import cart_object, order_object
from outhaul_worker.destinations.rows import Row, Section, copied, same

_ENVELOPE: tuple[Row, ...] = (
    ("channel", "channel", same),
    ("value", "value", number),
    ("currency", "currency", same),
)
_PRODUCT: tuple[Row, ...] = (
    ("product_id", "product_id", same),
    ("name", "product_name", same),
    ("price", "product_price", number),
    ("brand", "product_brand", same),
    ("category", "product_category", same),
)
_ITEM: tuple[Row, ...] = (("order_id", "order_id", same), *_PRODUCT)
_PAGE: tuple[Row, ...] = (
    ("url", "page_url", same),
    ("name", "page_name", same),
    ("title", "page_title", same),
    ("category", "page_category", same),
)


def custom_payload(event: Event) -> dict[str, Any] | NotApplicable:
    """The body of a custom event. What Outhaul puts there wins over a property of the same name."""
    who = event.body.get("customer") or {}
    if not (who.get("email") or who.get("id")):
        return NotApplicable("nobody is identified: Remarkety ignores events without customer.email or customer.id")
    payload: dict[str, Any] = {"event_id": event.id, "occurred_at": occurrence(event)}
    payload.update(copied(who, (("email", "email", same), ("id", "customer_id", same))))
    payload.update(copied(event.body, _ENVELOPE))
    for name, flatten in _SECTIONS.items():
        if name in event.body:
            payload.update(flatten(event.body[name]))
    for name, value in event.body.get("properties", {}).items():
        payload.setdefault(name, value)
    return payload


def _customer(given: Section) -> dict[str, Any]:
    return {"customer": customer(given)}


def _order(given: Section) -> dict[str, Any]:
    return {"order_id": given["id"], "order": order_object(given)}


def _cart(given: Section) -> dict[str, Any]:
    return {"cart_id": given["id"], "cart": cart_object(given)}


def _product(given: Section) -> dict[str, Any]:
    return {**copied(given, _PRODUCT), "product": goods(given)}


def _item(given: Section) -> dict[str, Any]:
    return {**copied(given, _ITEM), "item": goods(given)}


def _search(given: Section) -> dict[str, Any]:
    return {"search_term": given["term"], "results": [goods(each) for each in given.get("results") or ()]}


def _page(given: Section) -> dict[str, Any]:
    listed = given.get("products")
    products = {"products": [goods(each) for each in listed]} if listed else {}
    return {**copied(given, _PAGE), **products}


_SECTIONS: Mapping[str, Callable[[Section], dict[str, Any]]] = {
    "customer": _customer,
    "order": _order,
    "cart": _cart,
    "product": _product,
    "item": _item,
    "search": _search,
    "page": _page,
}
