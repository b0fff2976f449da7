"""Orders and their items as Okanjo writes them.

Source: Okanjo's order and order item objects, as its listeners read them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from outhaul_producers.event import Event
from outhaul_worker.destinations.contract import Unserialisable
from outhaul_worker.destinations.okanjo.texts import central_or_none, meta, money, text_or_none
from outhaul_worker.destinations.rows import Section

_PHYSICAL = "1"
_NOT_EXEMPT = "0"
_STATE_LENGTH = 2
_ADDRESS: Mapping[str, str] = {
    "shipping_first_name": "first_name",
    "shipping_last_name": "last_name",
    "shipping_address_1": "street",
    "shipping_address_2": "street2",
    "shipping_city": "city",
    "shipping_state": "region_code",
    "shipping_zip": "postal_code",
    "shipping_country": "country",
    "shipping_phone": "phone",
    "shipping_email": "email",
}
_FROM_CUSTOMER = ("first_name", "last_name", "phone", "email")


@dataclass(frozen=True, slots=True)
class Carried:
    """What an order's item takes over from its order: id, status, times, and where it is on its way."""

    order_id: str
    status: str
    created: str | None = None
    updated: str | None = None
    carrier: str | None = None
    number: str | None = None


def order_data(event: Event, order: Section, status: str) -> dict[str, Any]:
    """The data of `order.confirmed` and `order.updated`.

    Raises:
        Unserialisable: an item has no whole quantity.
    """
    created = order.get("created_at") or (event.body["occurred_at"] if event.type == "order.created" else None)
    return {
        "id": order["id"],
        "buyer_id": text_or_none((event.body.get("customer") or {}).get("id")),
        "created": central_or_none(created),
        **_shipping(event.body, order),
        "is_tax_exempt": _NOT_EXEMPT,
        "status": status,
        "type": _PHYSICAL,
        "items": order_items(order, status, created),
        "meta": meta(event.body.get("properties", {})),
    }


def order_items(order: Section, status: str, created: str | None) -> list[dict[str, Any]]:
    """All items of an order, shipping and tax shared out among them.

    Raises:
        Unserialisable: an item has no whole quantity.
    """
    items: Sequence[Section] = order.get("items") or ()
    tracked: Section = next((line for line in order.get("shipping_lines") or () if line.get("tracking_number")), {})
    carried = Carried(
        order_id=order["id"],
        status=status,
        created=central_or_none(created),
        updated=central_or_none(order.get("updated_at")),
        carrier=tracked.get("tracking_carrier"),
        number=tracked.get("tracking_number"),
    )
    counts = [_count(item, f"order.items[{index}]") for index, item in enumerate(items)]
    sums = order.get("totals") or {}
    shipping, tax = (_shared_out(sums.get(name), items, counts) for name in ("shipping", "tax"))
    written = [_item(*of_one, carried) for of_one in zip(items, counts, shipping, tax, strict=True)]
    _tell_apart(written)
    return written


def single_item(event: Event, item: Section, status: str) -> dict[str, Any]:
    """The data of `order_item.updated` where the event is about one item; it was updated when the event occurred.

    Raises:
        Unserialisable: the item has no whole quantity.
    """
    carried = Carried(item["order_id"], status, updated=central_or_none(event.body["occurred_at"]))
    return _item(item, _count(item, "item"), None, None, carried)


def _item(item: Section, count: int, shipping: str | None, tax: str | None, carried: Carried) -> dict[str, Any]:
    sold = item.get("variant_id") or item["product_id"]
    return {
        # Canonical items have no id of their own; this one is the same in every event about the order.
        "id": f"{carried.order_id}-{sold}",
        "created": carried.created,
        "updated": carried.updated,
        "order_id": carried.order_id,
        "product_id": item["product_id"],
        "quantity": str(count),
        "status": carried.status,
        "variant": text_or_none(item.get("variant_id") or item.get("variant_title")),
        "product_price": money(item["price"]),
        "product_title": item["name"],
        "shipping_price": shipping,
        "tax_price": tax,
        "tracking_carrier": carried.carrier,
        "tracking_number": carried.number,
        "meta": meta(item.get("properties", {})),
    }


def _tell_apart(items: Iterable[dict[str, Any]]) -> None:
    met: Counter[str] = Counter()
    for item in items:
        met[item["id"]] += 1
        if met[item["id"]] > 1:
            item["id"] = f"{item['id']}-{met[item['id']]}"


def _count(item: Section, path: str) -> int:
    quantity = item.get("quantity", 1)
    if quantity != int(quantity):
        raise Unserialisable(f"{path}.quantity", f"Okanjo counts whole pieces, got {quantity}")
    return int(quantity)


def _shared_out(amount: str | None, items: Sequence[Section], counts: Sequence[int]) -> Sequence[str | None]:
    """For each item, what one piece of it bears of an order's amount: in proportion to its price."""
    if amount is None:
        return [None] * len(items)
    prices = [Decimal(item["price"]) for item in items]
    goods = sum((price * count for price, count in zip(prices, counts, strict=True)), Decimal(0))
    if not goods:
        return [money(Decimal(amount) / sum(counts))] * len(items)
    return [money(Decimal(amount) * price / goods) for price in prices]


def _shipping(body: Section, order: Section) -> dict[str, str | None]:
    customer = body.get("customer") or {}
    address = order.get("shipping_address") or customer.get("address") or {}
    known = {**{key: customer[key] for key in _FROM_CUSTOMER if customer.get(key)}, **_filled(address)}
    found = {to: known.get(key) for to, key in _ADDRESS.items()}
    found["shipping_state"] = _state(known.get("region_code", ""))
    return found


def _filled(address: Section) -> dict[str, str]:
    return {key: value for key, value in address.items() if value}


def _state(code: str) -> str | None:
    # "US-WI" is the code of ISO 3166-2, of which Okanjo has the second half.
    state = code.rpartition("-")[2].upper()
    return state if len(state) == _STATE_LENGTH else None
