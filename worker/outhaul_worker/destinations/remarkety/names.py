"""What each canonical type is called at Remarkety, in the `x-event-type` header.

Source: the built-in event types of Remarkety's event reference. The names of custom events are Outhaul's choice; the
vendor takes any text.
"""

import re
from collections.abc import Mapping

from outhaul_producers.types import CUSTOM_PREFIX

DEFAULT_NAMES: Mapping[str, str] = {
    "customer.created": "customers/create",
    "customer.updated": "customers/update",
    "customer.logged_in": "customer-login",
    "customer.logged_out": "customer-logout",
    "password.reset_requested": "password-reset",
    "newsletter.subscribed": "newsletter/subscribe",
    "newsletter.unsubscribed": "newsletter/unsubscribe",
    "order.created": "orders/create",
    "order.updated": "orders/update",
    "order.item_updated": "orders/update",
    "order.cancelled": "orders/update",
    "order.refunded": "orders/update",
    "order.shipped": "orders/update",
    "cart.created": "carts/create",
    "cart.updated": "carts/update",
    "cart.item_added": "carts/update",
    "cart.item_removed": "carts/update",
    "cart.abandoned": "carts/update",
    "checkout.started": "carts/update",
    "product.viewed": "product-viewed",
    "product.category_viewed": "category-viewed",
    "product.searched": "site-search",
    "product.wishlisted": "wishlist-added",
    "product.waitlisted": "waitlist-joined",
    "product.created": "products/create",
    "product.updated": "products/update",
    "product.deleted": "products/update",
    "lead.created": "lead-created",
}
NOT_APPLICABLE: frozenset[str] = frozenset(
    {
        "cart.viewed",
        "checkout.billing_added",
        "checkout.shipping_added",
        "checkout.payment_selected",
        "page.viewed",
        "payout.created",
    }
)
_FAMILIES = frozenset({"customers", "orders", "carts", "products", "newsletter"})
_SEPARATORS = re.compile(r"[._]+")


def family(name: str) -> str:
    """The built-in family of an event name (`orders` of `orders/create`), or an empty text for a custom event."""
    head, slash, _ = name.lower().partition("/")
    return head if slash and head in _FAMILIES else ""


def kebab_name(event_type: str) -> str:
    """The name of a `custom.<name>` type in kebab-case: `custom.loyalty.tier_up` is `loyalty-tier-up`. May be empty."""
    return _SEPARATORS.sub("-", event_type.removeprefix(CUSTOM_PREFIX)).strip("-")


def fits(event_type: str, name: str) -> bool:
    """Whether events of the canonical type can be sent under the name: any custom one, or a built-in of its own family.

    A subscription never goes out as an unsubscription or the other way round.
    """
    wanted, own = family(name), DEFAULT_NAMES.get(event_type, "")
    if not wanted:
        return True
    return wanted == family(own) and ("unsub" in name.lower()) == ("unsub" in own)
