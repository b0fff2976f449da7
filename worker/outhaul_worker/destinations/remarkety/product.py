"""Products of the catalogue: the body of `products/*`."""

from collections.abc import Mapping
from typing import Any

from outhaul_producers.event import Event
from outhaul_worker.destinations.encoding import number, offset_time
from outhaul_worker.destinations.remarkety.parts import (
    occurrence,
    picture,
    required,
)
from outhaul_worker.destinations.rows import Row, Section, copied, same, section

_PRODUCT: tuple[Row, ...] = (
    ("product_id", "id", same),
    ("name", "title", same),
    ("brand", "vendor", same),
    ("description_html", "body_html", same),
    ("created_at", "created_at", offset_time),
    ("updated_at", "updated_at", offset_time),
)
_VARIANT: tuple[Row, ...] = (
    ("price", "price", number),
    ("inventory_quantity", "inventory_quantity", same),
    ("created_at", "created_at", offset_time),
    ("updated_at", "updated_at", offset_time),
)
# What is true of one variant must not be said of its siblings.
_OF_ONE_VARIANT = frozenset({"variants", "variant_id", "sku", "variant_title", "gtin", "ean"})
_REQUIRED: Mapping[str, str] = {
    "created_at": "created_at",
    "image": "image",
    "url": "url",
    "vendor": "brand",
}
_REQUIRED_OF_VARIANT: Mapping[str, str] = {"inventory_quantity": "inventory_quantity"}


def product_payload(event: Event) -> dict[str, Any]:
    """The whole product with its variants. A deleted one cannot be removed at Remarkety, only be no longer for sale.

    Raises:
        Unserialisable: something mandatory is missing and cannot be derived.
    """
    given = section(event, "product")
    for_sale = event.type != "product.deleted" and given.get("published") is not False
    payload = {**copied(given, _PRODUCT), **_derived(given), "product_exists": for_sale}
    if event.type == "product.created":
        payload.setdefault("created_at", occurrence(event))
    payload.setdefault("updated_at", occurrence(event))
    required(payload, _REQUIRED, "product.")
    payload["variants"] = _variants(given, event)
    return payload


def _derived(given: Section) -> dict[str, Any]:
    image = picture(given)
    derived = {
        "sku": given.get("sku") or given["product_id"],
        "url": given.get("url") or given.get("parent_url"),
        "image": {"src": image} if image else None,
        "images": [{"src": each} for each in given.get("images") or ()],
        "categories": _categories(given),
    }
    return {key: value for key, value in derived.items() if value}


def _categories(given: Section) -> list[dict[str, Any]]:
    rows: tuple[Row, ...] = (("id", "code", same), ("name", "name", same))
    known = [copied(each, rows) for each in given.get("categories") or ()]
    return known or ([{"name": given["category"]}] if given.get("category") else [])


def _variants(given: Section, event: Event) -> list[dict[str, Any]]:
    """The variants, or the product itself as its only one."""
    if not given.get("variants"):
        return [_variant(given, given, event, "product.")]
    shared = {key: value for key, value in given.items() if key not in _OF_ONE_VARIANT}
    return [_variant(own, shared, event, f"product.variants[{at}].") for at, own in enumerate(given["variants"])]


def _variant(own: Section, product: Section, event: Event, path: str) -> dict[str, Any]:
    whole = {**product, **own}
    own_id = whole.get("variant_id") or whole["product_id"]
    derived = {
        "id": own_id,
        "product_id": product["product_id"],
        "sku": whole.get("sku") or own_id,
        "title": whole.get("variant_title") or whole["name"],
        "image": picture(own) or picture(product),
        "barcode": whole.get("gtin") or whole.get("ean"),
        "currency": event.body.get("currency"),
    }
    result = copied(whole, _VARIANT)
    result.update({key: value for key, value in derived.items() if value})
    if event.type == "product.deleted" or whole.get("stock_status") is False:
        result.setdefault("inventory_quantity", 0)
    required(result, _REQUIRED_OF_VARIANT, path)
    return result
