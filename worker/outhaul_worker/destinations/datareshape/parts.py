"""The objects that DATA Reshape's payloads are made of: products, ways of shipping and paying, coupons, the user.

Source: the objects of the Event Create page. What is absent in the event is left out, except where the vendor would
assume something that the event does not say.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from outhaul_worker.destinations.encoding import milliseconds, number
from outhaul_worker.destinations.rows import Row, Section, copied, same

_PRODUCT: tuple[Row, ...] = (
    ("parent_name", "parent_name", same),
    ("sku", "sku", same),
    ("parent_sku", "parent_sku", same),
    ("gtin", "gtin", same),
    ("mpn", "mpn", same),
    ("ean", "ean", same),
    ("brand", "brand", same),
    ("product_type", "type", same),
    ("category", "category", same),
    ("stock_status", "stock_status", same),
    ("stock_location", "stock_location", same),
    ("created_at", "created_at", milliseconds),
    ("url", "url", same),
    ("parent_url", "parent_url", same),
    ("image", "image", same),
    ("images", "images", same),
)
# What sets one variant apart; the vendor has no field for it and advises properties.
_TRAITS: tuple[Row, ...] = tuple((key, key, same) for key in ("variant_title", "color", "size", "style"))
_COUPON: tuple[Row, ...] = (
    ("amount", "value", number),
    ("tax_included", "tax_included", same),
    ("tax_percent", "tax_percent", same),
    ("id", "id", same),
    ("type", "type", same),
)
# The shop's code is the identifier where there is no other; the later row wins.
_SHIPPING: tuple[Row, ...] = (("code", "id", same), *_COUPON)
_PAYMENT: tuple[Row, ...] = (
    ("amount", "value", number),
    ("code", "id", same),
    ("id", "id", same),
    ("type", "type", same),
)
_USER: tuple[Row, ...] = (
    ("id", "id", same),
    ("email", "email", same),
    ("phone", "phone", same),
    ("first_name", "first_name", same),
    ("last_name", "last_name", same),
)
_ADDRESS: tuple[Row, ...] = (
    ("country", "country", same),
    ("region", "region", same),
    ("city", "city", same),
    ("postal_code", "postal_code", same),
)
_STATS: tuple[Row, ...] = (
    ("orders_total_number", "orders_total_number", same),
    ("orders_canceled_number", "orders_canceled_number", same),
    ("orders_total_value", "orders_total_value", number),
    ("orders_refunded_value", "orders_refunded_value", number),
    ("predicted_value", "predicted_value", number),
)
_PERSONAL = ("email", "phone")


@dataclass(frozen=True, slots=True)
class Pricing:
    """What holds for all prices of an event unless one says otherwise: currency, and tax in percent where known."""

    currency: str
    tax_percent: float | None
    tax_included: bool


def product(given: Section, pricing: Pricing) -> dict[str, Any]:
    """A product as it was bought or seen."""
    price = number(given["price"])
    percent = given.get("tax_percent", pricing.tax_percent)
    return {
        "id": given.get("variant_id") or given["product_id"],
        "parent_id": given.get("parent_id") or given["product_id"],
        "name": _worded(given["name"], given["product_id"]),
        # A sale can end at a price above the list's; the vendor takes no base price below the price.
        "price_base": max(number(given.get("price_base", given["price"])), price),
        "price": price,
        "tax_included": given.get("tax_included", pricing.tax_included),
        **({} if percent is None else {"tax_percent": percent}),
        "quantity": given.get("quantity", 1),
        **copied(given, _PRODUCT),
        **_product_lists(given, pricing.currency),
    }


def worth(items: Iterable[Section]) -> int | float:
    """What the items cost together."""
    amount = sum((Decimal(item["price"]) * Decimal(str(item.get("quantity", 1))) for item in items), Decimal(0))
    return number(str(round(amount, 4)))


def shipping(lines: Iterable[Section], currency: str) -> list[dict[str, Any]]:
    """Ways of shipping."""
    return [_charge(line, _worded(line.get("name"), line.get("code")), _SHIPPING, currency) for line in lines]


def payments(lines: Iterable[Section]) -> list[dict[str, Any]]:
    """Ways of payment."""
    return [{"name": _worded(line.get("name"), line.get("code")), **copied(line, _PAYMENT)} for line in lines]


def coupons(lines: Iterable[Section], currency: str) -> list[dict[str, Any]]:
    """Coupons of an order, a cart or a product, called by their codes."""
    return [_charge(line, _worded(line.get("code"), line.get("name")), _COUPON, currency) for line in lines]


def user(given: Section, *, hash_pii: bool) -> dict[str, Any]:
    """The customer; e-mail address and phone number in plain text, as the vendor advises, or hashed."""
    result = copied(given, _USER)
    if hash_pii:
        result.update({key: hashed(result[key]) for key in _PERSONAL if key in result})
    result.update(_home(given.get("address") or {}))
    result.update(copied(given.get("stats") or {}, _STATS))
    result.update(copied(given, (("created_at", "created_at", milliseconds), ("properties", "properties", same))))
    return result


def hashed(value: str) -> str:
    """SHA-256 of a trimmed text in lower case, as lower-case hexadecimal digits."""
    return sha256(value.strip().lower().encode()).hexdigest()


def _worded(*texts: str | None) -> str:
    """The first text with something in it; the vendor takes no name of blanks."""
    given = [text for text in texts if text]
    return next((text for text in given if text.strip()), given[0])


def _charge(line: Section, name: str, rows: Iterable[Row], currency: str) -> dict[str, Any]:
    result = {"name": name, **copied(line, rows)}
    if line.get("currency", currency) != currency:
        result["currency"] = line["currency"]
    return result


def _product_lists(given: Section, currency: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    categories = _categories(given)
    if categories:
        result["categories"] = categories
    if given.get("coupons"):
        result["coupons"] = coupons(given["coupons"], currency)
    properties = {**copied(given, _TRAITS), **given.get("properties", {})}
    if properties:
        result["properties"] = properties
    return result


def _categories(given: Section) -> list[dict[str, Any]]:
    """The categories, or the steps of the one path; the vendor wants a name of each, the id may be all there is."""
    listed: Iterable[Mapping[str, Any]] = given.get("categories") or ()
    named = [{**each, "name": _worded(each.get("name"), each.get("id"))} for each in listed]
    return [each for each in named if each["name"].strip()] or [
        {"name": step} for step in _steps(given.get("category", "")) if step
    ]


def _steps(path: str) -> Iterable[str]:
    return (step.strip() for step in path.split("/"))


def _home(given: Section) -> dict[str, Any]:
    result = copied(given, _ADDRESS)
    street = ", ".join(line for line in (given.get("street"), given.get("street2")) if line)
    return {**result, "street": street} if street else result
