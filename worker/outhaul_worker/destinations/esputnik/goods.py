"""Products as eSputnik's templates read them: flat objects of texts."""

from collections.abc import Iterable
from typing import Any

from outhaul_worker.destinations.esputnik.texts import text_of
from outhaul_worker.destinations.rows import Row, Section, copied, same

_BEFORE_ADDRESS: tuple[Row, ...] = (
    ("name", "name", same),
    ("price", "price", same),
    ("quantity", "quantity", text_of),
)
_LINE: tuple[Row, ...] = (
    ("code", "code", same),
    ("name", "name", same),
    ("type", "type", same),
    ("amount", "amount", same),
)


def goods(given: Section) -> dict[str, str]:
    """A product; what the variant does not have comes from the product it belongs to."""
    derived = {
        "externalItemId": sold_id(given),
        **copied(given, _BEFORE_ADDRESS),
        "url": page(given),
        "imageurl": picture(given),
        "brand": given.get("brand"),
        "category": category(given),
    }
    return {key: value for key, value in derived.items() if value}


def bought(items: Iterable[Section]) -> list[dict[str, str]]:
    """Products in a cart or order; one piece where no quantity is given."""
    return [goods({"quantity": 1, **item}) for item in items]


def seen(products: Iterable[Section]) -> list[dict[str, str]]:
    """Products on a page."""
    return [goods(each) for each in products]


def coupons(lines: Iterable[Section]) -> list[dict[str, Any]]:
    """Coupons."""
    return [copied(line, _LINE) for line in lines]


def sold_id(given: Section) -> str | None:
    """The id of what is sold: the variant's where there is one."""
    return given.get("variant_id") or given.get("product_id")


def page(given: Section) -> str | None:
    """The address of a product's page."""
    return given.get("url") or given.get("parent_url")


def picture(given: Section) -> str | None:
    """The image of a product: its main one, or the first of all."""
    return given.get("image") or next(iter(given.get("images") or ()), None)


def category(given: Section) -> str | None:
    """The category of a product: its path, or the first that has a name."""
    named = (each["name"] for each in given.get("categories") or () if each.get("name"))
    return given.get("category") or next(named, None)
