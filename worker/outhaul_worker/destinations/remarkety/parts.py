"""The objects that Remarkety's payloads share, made of canonical sections: people, addresses, goods, lines, totals.

Everything here copies what is there and leaves out what is not; the payloads decide what they cannot do without.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from outhaul_producers.event import Event
from outhaul_worker.destinations.contract import Unserialisable
from outhaul_worker.destinations.encoding import number, offset_time
from outhaul_worker.destinations.rows import Row, Section, copied, same


def named(label: str) -> dict[str, str]:
    """A plain status text as Remarkety's object of code and name."""
    return {"code": label, "name": label}


_ADDRESS: tuple[Row, ...] = (
    ("country", "country_code", same),
    ("region_code", "province_code", same),
    ("region", "region", same),
    ("postal_code", "zip", same),
    ("city", "city", same),
    ("phone", "phone", same),
)
_CUSTOMER: tuple[Row, ...] = (
    ("id", "id", same),
    ("email", "email", same),
    ("first_name", "first_name", same),
    ("last_name", "last_name", same),
    ("title", "title", same),
    ("birthdate", "birthdate", same),
    ("verified_email", "verified_email", same),
    ("groups", "groups", same),
    ("tags", "tags", same),
    ("append_tags", "append_tags", same),
    ("created_at", "created_at", offset_time),
    ("updated_at", "updated_at", offset_time),
    ("properties", "info", same),
)
_GOODS: tuple[Row, ...] = (
    ("product_id", "product_id", same),
    ("name", "name", same),
    ("variant_title", "variant_title", same),
    ("brand", "vendor", same),
    ("price", "price", number),
)
_TOTALS: tuple[Row, ...] = (
    ("subtotal", "subtotal_price", number),
    ("discount", "total_discounts", number),
    ("shipping", "total_shipping", number),
    ("tax", "total_tax", number),
    ("tax_included", "taxes_included", same),
    ("total", "total_price", number),
)


def occurrence(event: Event) -> str:
    """When the event happened, with a numeric offset."""
    return offset_time(event.body["occurred_at"])


def required(payload: Section, paths: Mapping[str, str], prefix: str = "") -> None:
    """Make sure of the mandatory keys; `paths` says, by Remarkety's key, where in the event its value comes from.

    Raises:
        Unserialisable: naming the canonical path, with `prefix` before it.
    """
    for key, path in paths.items():
        if payload.get(key) in (None, ""):
            raise Unserialisable(prefix + path, f"missing, and Remarkety requires it (as {key})")


def address(given: Section) -> dict[str, Any]:
    """A postal address; both lines of the street become one."""
    result = copied(given, _ADDRESS)
    street = ", ".join(line for line in (given.get("street"), given.get("street2")) if line)
    return {**result, "street": street} if street else result


def customer(given: Section) -> dict[str, Any]:
    """A customer. `accepts_marketing` null stays null: it means unknown, and false would unsubscribe the person."""
    result = copied(given, _CUSTOMER)
    if "accepts_marketing" in given:
        result["accepts_marketing"] = given["accepts_marketing"]
    if given.get("gender") in ("M", "F"):
        result["gender"] = given["gender"]
    if "reward_points" in given:
        result["rewards"] = {"points": given["reward_points"]}
    home = address(given.get("address") or {})
    if "phone" in given:
        home.setdefault("phone", given["phone"])
    if home:
        result["default_address"] = home
    return result


def goods(given: Section) -> dict[str, Any]:
    """A product as it was bought or seen; what the variant does not have comes from the product it belongs to."""
    result = copied(given, _GOODS)
    derived = {
        "sku": given.get("sku") or given.get("variant_id") or given.get("product_id"),
        "title": given.get("parent_name") or given.get("name"),
        "url": given.get("url") or given.get("parent_url"),
        "image": picture(given),
    }
    result.update({key: value for key, value in derived.items() if value})
    return result


def line_item(given: Section) -> dict[str, Any]:
    """A product in a cart or order; one piece when no quantity is given."""
    return {**goods(given), "quantity": given.get("quantity", 1)}


def picture(given: Section) -> str | None:
    """The image of a product: its main one, or the first of all."""
    image: str | None = given.get("image") or next(iter(given.get("images") or ()), None)
    return image


def totals(given: Section) -> dict[str, Any]:
    """The sums of an order or cart."""
    return copied(given, _TOTALS)


def discount_codes(lines: Iterable[Section]) -> list[dict[str, Any]]:
    """Coupons."""
    rows: tuple[Row, ...] = (("amount", "amount", number), ("type", "type", same))
    return [{"code": _either(line, "code", "name"), **copied(line, rows)} for line in lines]


def shipping_lines(lines: Iterable[Section]) -> list[dict[str, Any]]:
    """Ways of shipping."""
    rows: tuple[Row, ...] = (("amount", "price", number), ("code", "code", same))
    return [{"title": _either(line, "name", "code"), **copied(line, rows)} for line in lines]


def tax_lines(lines: Iterable[Section]) -> list[dict[str, Any]]:
    """Taxes; Remarkety's rate is a share from 0 to 1, ours a percentage."""
    rows: tuple[Row, ...] = (("amount", "price", number), ("tax_percent", "rate", _share))
    return [{"title": _either(line, "name", "code"), **copied(line, rows)} for line in lines]


def payment_method(lines: Iterable[Section]) -> str:
    """The names of all payments in one text."""
    return ", ".join(_either(line, "name", "code") for line in lines)


def _share(percent: float) -> float:
    return round(percent / 100, 6)


def _either(line: Section, first: str, second: str) -> str:
    label: str = line.get(first) or line[second]
    return label
