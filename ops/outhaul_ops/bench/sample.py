"""The event everything is measured with: an order as shops send it, 2 KB as canonical JSON would have it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

SIZE = 2048
_NOW = "2026-03-05T08:15:00.000Z"
_NOTE = "Please leave the parcel with the neighbour on the second floor when nobody opens. "


def event_id(number: int) -> str:
    """Return the id of the event of this number."""
    return f"bench-{number:08d}"


def order_event(number: int) -> dict[str, Any]:
    """Return what a caller hands over: an `order.created` of `SIZE` bytes of JSON, its number in its ids."""
    event = _order_event(number)
    missing = SIZE - len(orjson.dumps(event))
    event["order"]["note"] = (_NOTE * (missing // len(_NOTE) + 1))[:missing]
    return event


def write_events(
    file: Path, count: int, *, first: int = 0, more: Callable[[int], Mapping[str, Any]] | None = None
) -> Path:
    """Write `count` events, one a line; returns the file.

    Args:
        file: where.
        count: how many.
        first: the number of the first.
        more: what the event of a number has beside what all have, which makes it as much larger.
    """
    with file.open("wb") as lines:
        for number in range(first, first + count):
            event = {**order_event(number), **(more(number) if more else {})}
            lines.write(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE))
    return file


def _order_event(number: int) -> dict[str, Any]:
    return {
        "id": event_id(number),
        "type": "order.created",
        "source": "/shops/main",
        "occurred_at": _NOW,
        "customer": _customer(),
        "order": {
            "id": f"O-{number:08d}",
            "number": f"{number:08d}",
            "status": {"code": "P", "name": "Paid"},
            "created_at": _NOW,
            "updated_at": _NOW,
            "confirmed": True,
            "currency": "EUR",
            "totals": _totals(),
            "items": [_item("mug", "Mug", "8.50", 2), _item("bowl", "Bowl", "14.90", 1)],
            "shipping_lines": [{"code": "courier", "name": "Courier", "amount": "4.00"}],
            "payments": [{"name": "card", "amount": "33.90"}],
            "coupons": [{"code": "SPRING", "amount": "2.00", "type": "fixed_amount"}],
            "shipping_address": _address(),
            "note": "",
        },
    }


def _customer() -> dict[str, Any]:
    return {
        "id": "C-71",
        "email": "mara@shop.example",
        "first_name": "Mara",
        "last_name": "Lind",
        "phone": "+40700000071",
        "accepts_marketing": True,
        "tags": ["b2c", "returning"],
        "created_at": "2024-01-09T08:00:00.000Z",
        "updated_at": _NOW,
    }


def _totals() -> dict[str, Any]:
    amounts = {"subtotal": "31.90", "discount": "2.00", "shipping": "4.00", "tax": "5.41", "total": "33.90"}
    return {**amounts, "tax_included": True}


def _item(sku: str, name: str, price: str, quantity: int) -> dict[str, Any]:
    return {
        "product_id": f"P-{sku}",
        "sku": f"{sku}-red",
        "name": f"{name}, red",
        "variant_title": "red",
        "brand": "Kiln",
        "category": "Kitchen/Tableware",
        "quantity": quantity,
        "price": price,
        "tax_percent": 19,
        "url": f"https://shop.example/{sku}",
        "image": f"https://cdn.shop.example/{sku}.jpg",
    }


def _address() -> dict[str, Any]:
    return {
        "first_name": "Mara",
        "last_name": "Lind",
        "street": "Strada Lunga 7",
        "city": "Cluj-Napoca",
        "postal_code": "400001",
        "country": "RO",
    }
