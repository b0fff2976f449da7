"""The Event object an Okanjo webhook carries, from the published event, order and constants references.

Inside `data` every scalar is a string or null, at any depth; an empty `meta` is an empty list. Of what the references
name, the members that published listeners read are mandatory.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from outhaul_ops.simulators.shapes import (
    Check,
    all_of,
    filled,
    list_of,
    matching,
    noted,
    nullable,
    obj,
    one_of,
    shaped,
    string,
)

PROBE = "subscription.test"
STATUSES = tuple(str(status) for status in range(12))

_DEEPEST = 32
_CENTRAL = ZoneInfo("America/Chicago")
_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)

_identifier = matching(r"EV[1-9A-HJ-NP-Za-km-z]{17,18}", "EV and 17 or 18 base58 characters")
_digits = matching(r"\d+", "a string of digits")
_money = matching(r"-?\d+\.\d\d", "an amount as a string with two decimals such as 8.50")
_status = one_of(*STATUSES)


def central(text: object) -> datetime | None:
    """The moment that `2026-03-05 02:15:00` is in US Central time; of an hour that comes twice a year, the first.

    None for anything else, times that the change to daylight saving leaves out included.
    """
    if not isinstance(text, str) or not _WRITTEN.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=_CENTRAL)
        exists = moment.astimezone(UTC).astimezone(_CENTRAL).replace(fold=moment.fold) == moment
    except (ValueError, OverflowError):
        return None
    return moment if exists else None


def local_time(value: object, path: str) -> Iterator[str]:
    """A moment in US Central time."""
    if central(value) is None:
        yield f"{path}: expected a US Central time such as 2026-03-05 02:15:00, without a zone, got {value!r}"


def _meta(value: object, path: str) -> Iterator[str]:
    empty = isinstance(value, list) and not value
    yield from iter(()) if empty else obj(value, path)


_ITEM: dict[str, Check] = {"id": filled, "order_id": filled, "status": _status}
_ITEM_EXTRAS: dict[str, Check] = {
    "product_id": nullable(string),
    "quantity": nullable(_digits),
    "variant": nullable(string),
    "product_price": nullable(_money),
    "product_title": nullable(string),
    "shipping_price": nullable(_money),
    "tax_price": nullable(_money),
    "tracking_carrier": nullable(string),
    "tracking_number": nullable(string),
    "created": nullable(local_time),
    "updated": nullable(local_time),
    "meta": _meta,
}
_order_item = shaped(_ITEM, _ITEM_EXTRAS)

_SHIPPING_TEXTS = (
    "first_name",
    "last_name",
    "address_1",
    "address_2",
    "city",
    "zip",
    "phone",
    "email",
)

_order = shaped(
    {"id": filled, "status": _status, "items": list_of(_order_item)},
    {
        "buyer_id": nullable(string),
        "created": nullable(local_time),
        "type": nullable(one_of("1", "2")),
        "is_tax_exempt": nullable(one_of("0", "1")),
        **{f"shipping_{name}": nullable(string) for name in _SHIPPING_TEXTS},
        "shipping_state": nullable(all_of(string, noted(matching(r"[A-Z0-9]{2}", "two characters")))),
        "shipping_country": nullable(matching(r"[A-Z]{2}", "a country code of two letters")),
        "meta": _meta,
    },
)

_product = shaped(
    {"id": filled, "title": filled, "slug": filled},
    {"price": nullable(_money), "created": nullable(local_time), "updated": nullable(local_time), "meta": _meta},
)

_disbursement = shaped(
    {
        "disbursement": shaped({"type": filled, "total": _money, "fee": _money}),
        "transactions": list_of(obj),
    }
)

DATA: dict[str, Check] = {
    "product.created": _product,
    "order.confirmed": _order,
    "order.updated": _order,
    "order_item.updated": _order_item,
    "disbursement.created": _disbursement,
    PROBE: obj,
}

EVENT = shaped({"id": _identifier, "occurred": local_time, "type": one_of(*DATA), "data": obj}, closed=True)


def wrong_scalars(data: object) -> Iterator[str]:
    """Every number and boolean within `data`, which should have been a string, and nesting beyond all reason."""
    waiting = [("data", data, 0)]
    while waiting:
        path, value, depth = waiting.pop()
        if isinstance(value, bool | int | float):
            yield f"{path}: expected a string or null, got {str(value).lower()}"
        elif isinstance(value, dict | list) and depth == _DEEPEST:
            yield f"{path}: expected at most {_DEEPEST} levels"
        elif isinstance(value, dict):
            waiting += [(f"{path}.{name}", member, depth + 1) for name, member in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{path}[{position}]", member, depth + 1) for position, member in enumerate(value)]
