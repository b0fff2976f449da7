"""Plain events for tests that need one and do not care which."""

from typing import Any

from outhaul_producers.event import Event
from outhaul_producers.normalise import normalise
from outhaul_producers.types import requirements

ITEM: dict[str, Any] = {"product_id": "P-9", "name": "Mug, red", "price": "8.50"}

SECTIONS: dict[str, Any] = {
    "customer": {"email": "mara@shop.example"},
    "order": {"id": "O-5001", "currency": "EUR", "items": [ITEM]},
    "cart": {"id": "K-3"},
    "product": ITEM,
    "item": {**ITEM, "order_id": "O-5001"},
    "search": {"term": "mug"},
    "page": {"category": "Kitchen"},
    "payout": {"total": "120"},
}
"""The least that each section may hold."""


def example(type_: str = "custom.quiz_finished", **more: Any) -> dict[str, Any]:
    """Return the least event of a type, as a caller gives it; `more` is put on top."""
    needed = {path.partition(".")[0] for path in requirements(type_)}
    return {"type": type_, **{name: SECTIONS[name] for name in sorted(needed)}, **more}


def canonical(type_: str = "custom.quiz_finished", **more: Any) -> Event:
    """Return the same in canonical form."""
    return Event(normalise(example(type_, **more), source="/tests").body)
