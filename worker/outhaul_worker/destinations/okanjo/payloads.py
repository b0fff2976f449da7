"""From a canonical event to the data of the Okanjo event it goes out as."""

import re
from typing import Any

from outhaul_producers.event import Event
from outhaul_producers.types import requirements
from outhaul_worker.destinations.contract import Unserialisable
from outhaul_worker.destinations.okanjo.names import DISBURSEMENT, ITEM_UPDATED, ORDER_UPDATED, PRODUCT, SECTIONS
from outhaul_worker.destinations.okanjo.orders import order_data, order_items, single_item
from outhaul_worker.destinations.okanjo.statuses import Statuses
from outhaul_worker.destinations.okanjo.texts import as_texts, central_or_none, meta, money, text_or_none
from outhaul_worker.destinations.rows import Section

_NO_SLUG = re.compile(r"[^a-z0-9]+")
_LONGEST_SLUG = 100
_PUBLISHED, _WITHDRAWN = "1", "0"
_PLAIN_PAYOUT = "payout"


def typed_data(event: Event, name: str, statuses: Statuses) -> tuple[str, dict[str, Any]]:
    """The name the event goes out by, and its data.

    An event about several items of an order cannot go out as one item's, and becomes `order.updated`.

    Raises:
        Unserialisable: the event lacks what the name is about, or a status or quantity that Okanjo can take.
    """
    about, section = _about(event, name)
    if name == PRODUCT:
        return name, _product(section, event)
    if name == DISBURSEMENT:
        return name, _disbursement(section, event)
    if about == "item":
        return name, single_item(event, section, statuses.of_item(section))
    status = statuses.of_order(event.type, section)
    if name == ITEM_UPDATED and len(section.get("items") or ()) == 1:
        (item,) = order_items(section, status, section.get("created_at"))
        return name, item
    return ORDER_UPDATED if name == ITEM_UPDATED else name, order_data(event, section, status)


def _about(event: Event, name: str) -> tuple[str, Section]:
    # What the type is about comes before a section that only came along.
    own = requirements(event.type)
    for section in sorted(SECTIONS[name], key=lambda section: section not in own):
        if event.body.get(section) is not None:
            return section, event.body[section]
    raise Unserialisable(SECTIONS[name][0], f"missing, and {name} is about it")


def _product(product: Section, event: Event) -> dict[str, Any]:
    occurred = event.body["occurred_at"] if event.type == "product.created" else None
    created = central_or_none(product.get("created_at") or occurred)
    offered = product.get("published", True)
    return {
        "id": product["product_id"],
        "title": product["name"],
        "slug": _slug(product),
        "description": text_or_none(product.get("description_html")),
        "price": money(product["price"]),
        "stock": as_texts(product.get("inventory_quantity")),
        "status": _PUBLISHED if offered else _WITHDRAWN,
        "is_available": as_texts(bool(offered and product.get("stock_status", True))),
        "created": created,
        "published": created if offered else None,
        "updated": central_or_none(product.get("updated_at")) or created,
        "category": _category(product),
        "variants": {each["variant_id"]: _variant(each) for each in product.get("variants") or ()} or [],
        "media": _media(product),
        "meta": meta(product.get("properties", {})),
    }


def _slug(product: Section) -> str:
    words = _NO_SLUG.sub("-", f"{product['product_id']} {product['name']}".lower()).strip("-")
    return words[:_LONGEST_SLUG].rstrip("-") or product["product_id"]


def _category(product: Section) -> dict[str, str | None] | None:
    listed: Section = next(iter(product.get("categories") or ()), {})
    name = listed.get("name") or product.get("category")
    return {"id": listed.get("id"), "name": name} if listed or name else None


def _variant(variant: Section) -> dict[str, str | None]:
    return {"stock": as_texts(variant.get("inventory_quantity"))}


def _media(product: Section) -> Any:
    pictures = dict.fromkeys([product.get("image"), *(product.get("images") or ())])
    addresses = [address for address in pictures if address]
    return {str(number): {"original": address} for number, address in enumerate(addresses, 1)} or []


def _disbursement(payout: Section, event: Event) -> dict[str, Any]:
    return {
        "disbursement": {
            "id": text_or_none(payout.get("id")),
            "created": central_or_none(event.body["occurred_at"]),
            "type": payout.get("type") or _PLAIN_PAYOUT,
            "total": money(payout["total"]),
            "fee": money(payout.get("fee", "0")),
        },
        "transactions": [_transaction(each) for each in payout.get("transactions") or ()],
    }


def _transaction(given: Section) -> dict[str, str | None]:
    return {
        "id": text_or_none(given.get("id")),
        "order_id": text_or_none(given.get("order_id")),
        "type": text_or_none(given.get("type")),
        "amount": money(given["amount"]),
        "fee": money(given.get("fee", "0")),
        "created": central_or_none(given.get("created_at")),
    }
