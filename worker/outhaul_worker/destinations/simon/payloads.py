"""From a canonical event to the properties of Simon's events, and the envelope around them.

Source: the event schemas of Simon's Event Ingestion API.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from outhaul_producers.event import Event
from outhaul_worker.destinations.contract import Unserialisable
from outhaul_worker.destinations.custom_names import snake_name
from outhaul_worker.destinations.rows import Row, Section, copied, same, section
from outhaul_worker.destinations.simon.names import AUTHENTICATION, IDENTIFY
from outhaul_worker.destinations.simon.parts import (
    cart_item,
    cart_items,
    cart_reference,
    client_id,
    extras,
    goods,
    names,
    order_reference,
    push_address,
    sums,
    timezone,
    traits,
)

_PAGE: tuple[Row, ...] = (
    ("title", "title", same),
    ("language", "language", same),
    ("referrer_url", "referrer", same),
)
_PAGE_EXTRAS: tuple[Row, ...] = (
    ("name", "pageName", same),
    ("path", "pagePath", same),
    ("category", "pageCategory", same),
)
_SUBSCRIPTION: tuple[Row, ...] = (
    ("channel", "subscriptionChannel", same),
    ("double_optin", "doubleOptin", same),
)


@dataclass(frozen=True, slots=True)
class Client:
    """What the configuration adds to every event of a destination."""

    name: str
    version: str
    debug: bool = True
    requires_identity: bool = True
    dotted: bool = False


def payload_for(event: Event, name: str, client: Client) -> dict[str, Any]:
    """The body of the event under the name it goes by, without credentials and the time of sending.

    Raises:
        Unserialisable: something mandatory is missing and cannot be derived.
    """
    who = event.body.get("customer", {})
    known = traits(who)
    payload: dict[str, Any] = {"clientId": client_id(event), "type": IDENTIFY if name == IDENTIFY else "track"}
    payload.update(_surroundings(event, client))
    if name == IDENTIFY:
        return {**payload, "userId": _needed(who, "id"), "traits": _identifying(known)}
    if known:
        payload["traits"] = known
    elif who.get("id"):
        # Traits are not taken without an e-mail address; this is the one other place for the id.
        payload["userId"] = who["id"]
    return {**payload, **_track(event, name, client)}


def _track(event: Event, name: str, client: Client) -> dict[str, Any]:
    build = _BUILDERS.get(name)
    if name == AUTHENTICATION and not _can_authenticate(event.body.get("customer", {})):
        build, name = None, snake_name(event.type)
    if build:
        return {"event": name, "properties": build(event)}
    properties: dict[str, Any] = {"eventName": name}
    if not client.requires_identity:
        properties["requiresIdentity"] = False
    properties["properties"] = _facts(event)
    return {"event": "custom", "properties": properties}


def _surroundings(event: Event, client: Client) -> dict[str, Any]:
    given = event.body.get("context", {})
    result: dict[str, Any] = {"ipAddress": given["ip"]} if given.get("ip") else {}
    minutes = timezone(given["utc_offset_minutes"]) if "utc_offset_minutes" in given else None
    if minutes is not None:
        result["timezone"] = minutes
    context: dict[str, Any] = {"debug": True} if client.debug else {}
    context.update(name=client.name, version=client.version)
    context.update(copied(given, (("user_agent", "userAgent", same),)))
    url = given.get("url") or event.body.get("page", {}).get("url")
    for key, inner, value in (("page", "url", url), ("device", "type", given.get("device_type"))):
        if value:
            context.update({f"{key}.{inner}": value} if client.dotted else {key: {inner: value}})
    return {**result, "context": context}


def _needed(who: Section, key: str) -> str:
    value: str | None = who.get(key)
    if not value:
        raise Unserialisable(f"customer.{key}", "missing, and Simon identifies customers by it")
    return value


def _identifying(known: dict[str, Any]) -> dict[str, Any]:
    if not known:
        raise Unserialisable("customer.email", "missing, and Simon knows customers by it alone")
    return known


def _can_authenticate(who: Section) -> bool:
    return bool(who.get("id") and push_address(who))


def _page_view(event: Event) -> dict[str, Any]:
    given = event.body.get("page", {})
    context = event.body.get("context", {})
    around = (("page_title", "title", same), ("language", "language", same), ("referrer_url", "referrer", same))
    return {**copied(context, around), **copied(given, _PAGE), "properties": extras(event, _page_facts(given))}


def _product(event: Event) -> dict[str, Any]:
    return _with_extras(goods(section(event, "product")), event)


def _added(event: Event) -> dict[str, Any]:
    cart = event.body.get("cart", {})
    whole = {"cartItems": cart_items(cart)} if "items" in cart else {}
    return {**_removed(event), **whole}


def _removed(event: Event) -> dict[str, Any]:
    return _with_extras(cart_item(section(event, "product")), event, cart_reference(event.body.get("cart", {})))


def _updated(event: Event) -> dict[str, Any]:
    cart = section(event, "cart")
    rows: tuple[Row, ...] = (("quantity", "quantity", same), ("previous_quantity", "previousQuantity", same))
    changed = copied(event.body.get("product", {}), rows)
    return {**changed, "cartItems": cart_items(cart), "properties": extras(event, cart_reference(cart))}


def _cart(event: Event) -> dict[str, Any]:
    cart = section(event, "cart")
    return {"cartItems": cart_items(cart), "properties": extras(event, cart_reference(cart))}


def _transaction(event: Event) -> dict[str, Any]:
    order = section(event, "order")
    return {
        "transactionId": order["id"],
        **sums(order),
        "cartItems": cart_items(order),
        "properties": extras(event, order_reference(order)),
    }


def _registration(event: Event) -> dict[str, Any]:
    who = section(event, "customer")
    result = {"email": _needed(who, "email"), **names(who), **copied(who, (("id", "userId", same),))}
    # Null is not known; false would be a refusal that nobody gave.
    if who.get("accepts_marketing") is not None:
        result["optIn"] = who["accepts_marketing"]
    return {**result, "properties": extras(event)}


def _authentication(event: Event) -> dict[str, Any]:
    who = section(event, "customer")
    result = {"userId": who["id"], "isLoggedIn": event.type == "customer.logged_in", "ARN": push_address(who)}
    return {**result, **copied(who, (("email", "email", same),)), "properties": extras(event)}


def _with_extras(properties: dict[str, Any], event: Event, *more: Section) -> dict[str, Any]:
    """The goods with the event's extras; properties of the goods themselves come along in these."""
    own = properties.pop("properties", {})
    free = extras(event, *more)
    return {**properties, "properties": {**own, **free}}


def _facts(event: Event) -> dict[str, Any]:
    """Everything a custom event tells: its sections in Simon's words."""
    found = (flatten(event.body[name]) for name, flatten in _SECTIONS.items() if name in event.body)
    return extras(event, *found)


def _order_facts(order: Section) -> dict[str, Any]:
    money = sums(order) if "total" in (order.get("totals") or {}) else {}
    return {"transactionId": order["id"], **order_reference(order), **money, "cartItems": cart_items(order)}


def _cart_facts(cart: Section) -> dict[str, Any]:
    return {**cart_reference(cart), "cartItems": cart_items(cart)}


def _item_facts(item: Section) -> dict[str, Any]:
    return {"transactionId": item["order_id"], **order_reference(item), **cart_item(item)}


def _search_facts(search: Section) -> dict[str, Any]:
    return {"term": search["term"], "searchItems": [goods(each) for each in search.get("results") or ()]}


def _page_facts(page: Section) -> dict[str, Any]:
    listed = page.get("products")
    return {**copied(page, _PAGE_EXTRAS), **({"products": [goods(each) for each in listed]} if listed else {})}


def _page_seen(page: Section) -> dict[str, Any]:
    return {**copied(page, (("title", "pageTitle", same),)), **_page_facts(page)}


def _subscription_facts(subscription: Section) -> dict[str, Any]:
    return copied(subscription, _SUBSCRIPTION)


_BUILDERS: Mapping[str, Callable[[Event], dict[str, Any]]] = {
    "page_view": _page_view,
    "product_view": _product,
    "favorite": _product,
    "waitlist": _product,
    "add_to_cart": _added,
    "remove_from_cart": _removed,
    "update_cart": _updated,
    "cart": _cart,
    "complete_transaction": _transaction,
    "registration": _registration,
    AUTHENTICATION: _authentication,
}
_SECTIONS: Mapping[str, Callable[[Section], dict[str, Any]]] = {
    "order": _order_facts,
    "cart": _cart_facts,
    "product": goods,
    "item": _item_facts,
    "search": _search_facts,
    "page": _page_seen,
    "subscription": _subscription_facts,
}
