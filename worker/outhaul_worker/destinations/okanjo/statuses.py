"""The status of orders and items, which is one of twelve numbers at Okanjo.

Source: Okanjo's constants.
"""

from collections.abc import Mapping

from outhaul_worker.destinations.contract import Unserialisable
from outhaul_worker.destinations.rows import Section

_PENDING_PAYMENT, _PENDING_FULFILMENT, _SHIPPED, _REFUNDED, _VOIDED, _PENDING_REFUND = 1, 2, 3, 5, 6, 10
LAST_STATUS = 11
_WORDS: Mapping[str, int] = {
    "not submitted": 0,
    "pending": _PENDING_PAYMENT,
    "pending payment": _PENDING_PAYMENT,
    "paid": _PENDING_FULFILMENT,
    "processing": _PENDING_FULFILMENT,
    "pending fulfillment": _PENDING_FULFILMENT,
    "pending fulfilment": _PENDING_FULFILMENT,
    "shipped": _SHIPPED,
    "fulfilled": _SHIPPED,
    "awaiting pickup": _SHIPPED,
    "complete": 4,
    "completed": 4,
    "delivered": 4,
    "refunded": _REFUNDED,
    "voided": _VOIDED,
    "cancelled": _VOIDED,
    "canceled": _VOIDED,
    "expired": 7,
    "pending redemption": 8,
    "completed by seller": 9,
    "pending refund": _PENDING_REFUND,
    "dispute": LAST_STATUS,
    "disputed": LAST_STATUS,
}
_BY_TYPE: Mapping[str, int] = {
    "order.cancelled": _VOIDED,
    "order.refunded": _REFUNDED,
    "order.shipped": _SHIPPED,
}


class Statuses:
    """Reads a shop's statuses: by the site's own table first, then by common words."""

    def __init__(self, configured: Mapping[str, int]) -> None:
        self._known = {**_WORDS, **{label.lower(): number for label, number in configured.items()}}

    def of_order(self, event_type: str, order: Section) -> str:
        """The number of an order's status, as a text.

        Raises:
            Unserialisable: neither type, status, fulfilment nor payment tells.
        """
        told = self._told(order.get("status"))
        by_type = _BY_TYPE.get(event_type)
        if by_type is not None:
            pending = by_type == _REFUNDED and told == _PENDING_REFUND
            return str(_PENDING_REFUND if pending else by_type)
        if told is None:
            told = self._deduced(event_type, order)
        if told is None:
            raise _unknown("order.status")
        return str(told)

    def of_item(self, item: Section) -> str:
        """The number of an item's status, as a text.

        Raises:
            Unserialisable: the item's status does not tell.
        """
        told = self._told(item.get("status"))
        if told is None:
            raise _unknown("item.status")
        return str(told)

    def _told(self, status: Section | None) -> int | None:
        labels = [status[key] for key in ("code", "name") if status.get(key)] if status else []
        return next((number for label in labels if (number := self._number(label)) is not None), None)

    def _deduced(self, event_type: str, order: Section) -> int | None:
        for key in ("fulfillment_status", "financial_status"):
            number = self._number(order.get(key, ""))
            if number is not None:
                return number
        if order.get("confirmed"):
            return _PENDING_FULFILMENT
        return _PENDING_PAYMENT if event_type == "order.created" else None

    def _number(self, label: str) -> int | None:
        if label.isascii() and label.isdecimal() and int(label) <= LAST_STATUS:
            return self._known.get(label, int(label))
        return self._known.get(label.lower().replace("_", " "), self._known.get(label.lower()))


def _unknown(path: str) -> Unserialisable:
    return Unserialisable(path, f"Okanjo knows statuses from 0 to {LAST_STATUS}; the option statuses says which it is")
