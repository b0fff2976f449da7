"""What each canonical type is called at Simon: one of its own events, or a custom event's name.

Source: the event types of Simon's Event Ingestion API. The names of custom events are Outhaul's choice; the vendor
takes any text of up to 38 characters.
"""

import re
from collections.abc import Mapping
from typing import Any

from outhaul_producers.types import requirements

IDENTIFY = "identify"
AUTHENTICATION = "authentication"
LONGEST_NAME = 38

DEFAULT_NAMES: Mapping[str, str] = {
    "customer.created": "registration",
    "customer.updated": IDENTIFY,
    "customer.logged_in": AUTHENTICATION,
    "customer.logged_out": AUTHENTICATION,
    "password.reset_requested": "password_reset",
    "newsletter.subscribed": "newsletter_subscribed",
    "newsletter.unsubscribed": "newsletter_unsubscribed",
    "order.created": "complete_transaction",
    "order.updated": "order_updated",
    "order.item_updated": "order_item_updated",
    "order.cancelled": "order_cancelled",
    "order.refunded": "order_refunded",
    "order.shipped": "order_shipped",
    "cart.created": "cart",
    "cart.updated": "update_cart",
    "cart.item_added": "add_to_cart",
    "cart.item_removed": "remove_from_cart",
    "cart.viewed": "cart",
    "cart.abandoned": "cart_abandoned",
    "checkout.started": "checkout_started",
    "checkout.billing_added": "checkout_billing_added",
    "checkout.shipping_added": "checkout_shipping_added",
    "checkout.payment_selected": "checkout_payment_selected",
    "product.viewed": "product_view",
    "product.category_viewed": "page_view",
    "product.searched": "search",
    "product.wishlisted": "favorite",
    "product.waitlisted": "waitlist",
    "page.viewed": "page_view",
    "lead.created": "lead_created",
}
NOT_APPLICABLE: frozenset[str] = frozenset({"product.created", "product.updated", "product.deleted", "payout.created"})

BUILT_IN: Mapping[str, str] = {
    "page_view": "page",
    "product_view": "product",
    "favorite": "product",
    "waitlist": "product",
    "add_to_cart": "product",
    "remove_from_cart": "product",
    "update_cart": "cart",
    "cart": "cart",
    "complete_transaction": "order",
    "registration": "customer",
    AUTHENTICATION: "customer",
    IDENTIFY: "customer",
}
"""Simon's own events, and the section of the canonical event that each is made of."""

_NAME = re.compile(rf"[!-~](?:[ -~]{{0,{LONGEST_NAME - 2}}}[!-~])?")


def misfit(event_type: str, name: Any) -> str:
    """What was expected in place of a name for events of this type; empty where the name will do."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return f"a name of 1 to {LONGEST_NAME} visible ASCII characters, not padded with spaces"
    if name in BUILT_IN and not _fits(event_type, name):
        return f"the name of a custom event, or one of Simon's own that is about what {event_type} is about"
    return ""


def _fits(event_type: str, name: str) -> bool:
    if name == AUTHENTICATION:
        return DEFAULT_NAMES.get(event_type) == AUTHENTICATION
    return BUILT_IN[name] in {path.partition(".")[0] for path in requirements(event_type)}
