"""The parameters of an event: what of it eSputnik's workflows and templates can use, by name."""

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any

from outhaul_producers.event import Event
from outhaul_worker.destinations.encoding import local_time
from outhaul_worker.destinations.esputnik.goods import bought, coupons, goods, seen
from outhaul_worker.destinations.esputnik.texts import (
    delivery_address,
    joined_names,
    person_name,
    status_text,
    text_of,
)
from outhaul_worker.destinations.rows import Row, Section, copied, same

Params = dict[str, Any]

CONTACT: tuple[Row, ...] = (
    ("email", "email", same),
    ("id", "externalCustomerId", same),
    ("phone", "phone", same),
    ("first_name", "firstName", person_name),
    ("last_name", "lastName", person_name),
)
_ENVELOPE: tuple[Row, ...] = (
    ("channel", "source", same),
    ("value", "value", same),
    ("currency", "currency", same),
)
_PURCHASE: tuple[Row, ...] = (
    ("payments", "paymentMethod", joined_names),
    ("shipping_lines", "deliveryMethod", joined_names),
    ("coupons", "coupons", coupons),
    ("items", "items", bought),
)
_ORDER: tuple[Row, ...] = (
    ("id", "externalOrderId", same),
    ("status", "status", status_text),
    ("currency", "currency", same),
)
_CART: tuple[Row, ...] = (
    ("id", "cartId", same),
    ("url", "restoreUrl", same),
    ("currency", "currency", same),
)
_TOTALS: tuple[Row, ...] = (
    ("shipping", "shipping", same),
    ("discount", "discount", same),
    ("tax", "taxes", same),
)
_ITEM: tuple[Row, ...] = (
    ("order_id", "externalOrderId", same),
    ("status", "status", status_text),
)
_SEARCH: tuple[Row, ...] = (("term", "search", same), ("results", "items", seen))
_PAGE: tuple[Row, ...] = (
    ("name", "pageName", same),
    ("title", "pageTitle", same),
    ("category", "category", same),
    ("products", "items", seen),
)
_PAYOUT: tuple[Row, ...] = (("id", "payoutId", same), ("total", "total", same), ("fee", "fee", same))
_SUBSCRIPTION: tuple[Row, ...] = (
    ("channel", "subscriptionChannel", same),
    ("double_optin", "doubleOptin", text_of),
)
_CONTACT_TYPES = frozenset({"customer.created", "customer.updated"})


def params_of(event: Event, zone: tzinfo, profile_inputs: Mapping[str, int]) -> Params:
    """Everything an event tells, by parameter name; of two that want a name the first listed here has it.

    Args:
        event: the canonical event.
        zone: of the account, for times.
        profile_inputs: ids of additional contact fields by the customer's property.
    """
    body = event.body
    parts = (
        copied(body.get("customer") or {}, CONTACT),
        {"eventId": event.id, "occurredAt": local_time(body["occurred_at"], zone)},
        _sections(body),
        copied(body, _ENVELOPE),
        {"deliveryAddress": delivery_address(body)},
        _json(event, profile_inputs),
        body.get("properties", {}),
    )
    found: Params = {}
    for part in parts:
        _add(found, part)
    return found


def _sections(body: Section) -> Params:
    found: Params = {}
    for name, read in _READERS.items():
        if body.get(name) is not None:
            _add(found, read(body))
    return found


def _add(found: Params, more: Section) -> None:
    for name, value in more.items():
        if value is not None and value != "":
            found.setdefault(name, value)


def _order(body: Section) -> Params:
    given = body["order"]
    return {**copied(given, _ORDER), **_sums(given, "totalCost"), **copied(given, _PURCHASE)}


def _cart(body: Section) -> Params:
    given = body["cart"]
    return {**copied(given, _CART), **_sums(given, "total"), **copied(given, _PURCHASE)}


def _sums(given: Section, total: str) -> Params:
    sums = given.get("totals") or {}
    return {total: sums.get("total"), **copied(sums, _TOTALS)}


def _item(body: Section) -> Params:
    given = body["item"]
    return {**copied(given, _ITEM), **_one(body, "item")}


def _product(body: Section) -> Params:
    return _one(body, "product")


def _one(body: Section, name: str) -> Params:
    # Beside a cart or order "name" and "price" would be taken for something of theirs.
    product = goods(body[name])
    return {name: [product]} if "cart" in body or "order" in body else dict(product)


def _search(body: Section) -> Params:
    return copied(body["search"], _SEARCH)


def _page(body: Section) -> Params:
    given = body["page"]
    return {"location": given.get("url") or (body.get("context") or {}).get("url"), **copied(given, _PAGE)}


def _payout(body: Section) -> Params:
    return copied(body["payout"], _PAYOUT)


def _subscription(body: Section) -> Params:
    return copied(body["subscription"], _SUBSCRIPTION)


_READERS: Mapping[str, Callable[[Section], Params]] = {
    "order": _order,
    "cart": _cart,
    "item": _item,
    "product": _product,
    "search": _search,
    "page": _page,
    "payout": _payout,
    "subscription": _subscription,
}


def _json(event: Event, profile_inputs: Mapping[str, int]) -> Params:
    if not profile_inputs or event.type not in _CONTACT_TYPES:
        return {}
    who = event.body.get("customer") or {}
    known = {**who, **who.get("properties", {})}
    filled = [
        {"profileInputId": input_id, "value": text_of(known[name])}
        for name, input_id in profile_inputs.items()
        if isinstance(known.get(name), str | int | float) and known[name] != ""
    ]
    return {"json": {"profileInputs": filled}} if filled else {}
