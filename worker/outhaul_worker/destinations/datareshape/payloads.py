"""From a canonical event to the body DATA Reshape gets: one shape for all events, filled with what the event is about.

Source: the request structure of the Event Create page, and the knowledge base for what an event's value is.
"""

from dataclasses import dataclass
from typing import Any

from outhaul_producers.event import Event
from outhaul_producers.types import requirements
from outhaul_worker.destinations.contract import Unserialisable
from outhaul_worker.destinations.datareshape.names import PURCHASE, REVERSAL
from outhaul_worker.destinations.datareshape.parts import (
    Pricing,
    coupons,
    payments,
    product,
    shipping,
    user,
    worth,
)
from outhaul_worker.destinations.encoding import number
from outhaul_worker.destinations.rows import Row, Section, copied, same, section

_CONTEXT: tuple[Row, ...] = (
    ("user_agent", "user_agent", same),
    ("ip", "override_ip", same),
    ("url", "url", same),
    ("landing_url", "landing_url", same),
    ("referrer_url", "referrer_url", same),
)
_PAGE: tuple[Row, ...] = (("url", "url", same), ("referrer_url", "referrer_url", same))
_GOODS = ("order", "cart", "product", "item")
_BASKETS = frozenset({"order", "cart"})
_ONCE = frozenset({"order.created", "order.cancelled"})
_UNKNOWN_CONSENT = {"analytics": False, "personalization": False, "marketing": False}


@dataclass(frozen=True, slots=True)
class Account:
    """What the configuration adds to every event of a destination. `data_source` empty means the event's channel."""

    currency: str
    tax_percent: float | None = None
    data_source: str = ""
    hash_pii: bool = False
    dev: bool = False


@dataclass(frozen=True, slots=True)
class _Subject:
    """The goods an event has to do with: their section's name and content, and the currency of all amounts.

    `own` is true where the type of the event is about them, and they were not just sent along.
    """

    name: str
    given: Section
    currency: str
    own: bool


def payload_for(event: Event, name: str, account: Account) -> dict[str, Any]:
    """The body of the event under the name it goes by.

    Raises:
        Unserialisable: the section the event is about is missing, or an order has no grand total.
    """
    body = event.body
    subject = _subject(event, account)
    return {
        "event": _event(event, name, subject),
        "context": _context(event, account),
        **_goods(subject, account),
        **({"user": user(body["customer"], hash_pii=account.hash_pii)} if "customer" in body else {}),
        # The vendor takes an absent consent for a full one, so an unknown one is spelled out as none.
        "consent": body.get("consent") or _UNKNOWN_CONSENT,
        **({"cookies": body["cookies"]} if body.get("cookies") else {}),
    }


def _subject(event: Event, account: Account) -> _Subject:
    needed = requirements(event.type)
    own = bool(needed) and needed[-1] in _GOODS
    name = needed[-1] if own else _sent_along(event)
    given = section(event, name) if name else {}
    cart = event.body.get("cart", {}) if name else {}
    currency = given.get("currency") or event.body.get("currency") or cart.get("currency") or account.currency
    return _Subject(name, given, currency, own)


def _sent_along(event: Event) -> str:
    if requirements(event.type) and event.type != "lead.created":
        return ""
    return next((name for name in _GOODS if name in event.body), "")


def _event(event: Event, name: str, subject: _Subject) -> dict[str, Any]:
    order = subject.given if subject.name == "order" else {}
    by_order = event.type in _ONCE or name in (PURCHASE, REVERSAL)
    result: dict[str, Any] = {"name": name, "value": _value(event, subject), "currency": subject.currency}
    if "exchange_rate" in order:
        result["exchange_rate"] = order["exchange_rate"]
    result["id"] = order["id"] if order and by_order else event.id
    reason = {"cancel_reason": order["cancel_reason"]} if order.get("cancel_reason") else {}
    properties = event.body.get("properties", {})
    result["properties"] = {**properties, **reason, "occurred_at": event.body["occurred_at"]}
    return result


def _value(event: Event, subject: _Subject) -> int | float:
    """The grand total of an order or a cart, the price of a product, the worth of a lead; else 0."""
    given = subject.given
    if "value" in event.body and not subject.own and event.body.get("currency") == subject.currency:
        return number(event.body["value"])
    if subject.name == "order":
        return _grand_total(given)
    if subject.name == "cart":
        total = (given.get("totals") or {}).get("total")
        return number(total) if total is not None else worth(given.get("items") or ())
    return worth([given]) if given else 0


def _grand_total(order: Section) -> int | float:
    total = (order.get("totals") or {}).get("total")
    if total is None:
        raise Unserialisable(
            "order.totals.total", "missing, and DATA Reshape requires the grand total (as event.value)"
        )
    return number(total)


def _context(event: Event, account: Account) -> dict[str, Any]:
    dev = account.dev or event.environment == "test"
    result = {
        "environment": "dev" if dev else "prod",
        "data_source": account.data_source or event.body.get("channel") or "website",
        **copied(event.body.get("page") or {}, _PAGE),
    }
    result.update(copied(event.body.get("context") or {}, _CONTEXT))
    return result


def _goods(subject: _Subject, account: Account) -> dict[str, Any]:
    """The products, and for orders and carts what is paid beside them and how."""
    given = subject.given
    totals = given.get("totals") or {}
    pricing = Pricing(subject.currency, account.tax_percent, totals.get("tax_included", True))
    if subject.name not in _BASKETS:
        return {"products": [product(given, pricing)]} if subject.name else {}
    lists = {
        "products": [product(item, pricing) for item in given.get("items") or ()],
        "shipping": shipping(given.get("shipping_lines") or _flat_shipping(totals), subject.currency),
        "payments": payments(given.get("payments") or ()),
        "coupons": coupons(given.get("coupons") or (), subject.currency),
    }
    return {name: found for name, found in lists.items() if found or name == "products"}


def _flat_shipping(totals: Section) -> list[Section]:
    """One line for shipping that was paid for without saying what it is called."""
    amount = totals.get("shipping", "0")
    return [{"name": "Shipping", "amount": amount}] if float(amount) else []
