"""What each canonical type is called at DATA Reshape, and which names an account takes.

Source: the events of DATA Reshape's knowledge base. The vendor publishes no closed list, and refuses every name that is
not set up in the account.
"""

import re
from collections.abc import Mapping
from typing import Any

PURCHASE = "checkout_completed"
REVERSAL = "order_canceled"

DEFAULT_NAMES: Mapping[str, str] = {
    "customer.created": "sign_up",
    "customer.updated": "user_updated",
    "customer.logged_in": "login",
    "newsletter.subscribed": "lead_created",
    "order.created": PURCHASE,
    "order.updated": PURCHASE,
    "order.cancelled": REVERSAL,
    "order.refunded": REVERSAL,
    "cart.item_added": "product_added_to_cart",
    "cart.item_removed": "product_removed_from_cart",
    "cart.viewed": "cart_viewed",
    "checkout.started": "checkout_started",
    "checkout.billing_added": "billing_address_added",
    "checkout.shipping_added": "shipping_detail_added",
    "checkout.payment_selected": "payment_method_selected",
    "product.viewed": "product_viewed",
    "product.wishlisted": "product_added_to_wishlist",
    "lead.created": "lead_created",
}
NOT_APPLICABLE: frozenset[str] = frozenset(
    {
        "customer.logged_out",
        "password.reset_requested",
        "newsletter.unsubscribed",
        "order.item_updated",
        "order.shipped",
        "cart.created",
        "cart.updated",
        "cart.abandoned",
        "product.category_viewed",
        "product.searched",
        "product.waitlisted",
        "product.created",
        "product.updated",
        "product.deleted",
        "page.viewed",
        "payout.created",
    }
)
PUBLISHED: tuple[str, ...] = (*dict.fromkeys(DEFAULT_NAMES.values()), "user_data_updated")
"""The names that the knowledge base describes."""

# What counts as money earned or given back must be about an order that was bought or taken back.
_RESERVED: Mapping[str, frozenset[str]] = {
    PURCHASE: frozenset({"order.created", "order.updated"}),
    REVERSAL: frozenset({"order.cancelled", "order.refunded"}),
}
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
NAME_EXPECTED = "an event name of 1 to 64 letters, digits, _, - and dots"


def is_name(given: Any) -> bool:
    """Whether something given can be the name of an event."""
    return isinstance(given, str) and _NAME.fullmatch(given) is not None


def misfit(event_type: str, name: Any) -> str:
    """What was expected in place of a name for events of this type; empty where the name will do."""
    if not is_name(name):
        return NAME_EXPECTED
    owners = _RESERVED.get(name)
    if owners and event_type not in owners:
        return f"another name: {name} is kept for {' and '.join(sorted(owners))}"
    return ""
