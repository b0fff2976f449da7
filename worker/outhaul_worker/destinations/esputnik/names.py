"""What each canonical type is called at eSputnik: the `eventTypeKey`.

Source: eSputnik's article on the resource Generate event, its API reference and its list of tracking events. The keys
the platform itself knows are spelled as it does; the others are Outhaul's choice, the vendor takes any.
"""

import re
from collections.abc import Mapping

from outhaul_producers.types import CUSTOM_PREFIX

LONGEST_KEY = 100
ILLEGAL = re.compile(r"""[<>;'\u2019"`/\\|^?!,]""")
"""Characters that eSputnik refuses in a key."""

DEFAULT_NAMES: Mapping[str, str] = {
    "customer.created": "customer_created",
    "customer.updated": "update_contact",
    "customer.logged_in": "customer_login",
    "customer.logged_out": "customer_logout",
    "password.reset_requested": "password_reset",
    "newsletter.subscribed": "newsletter_subscribed",
    "newsletter.unsubscribed": "newsletter_unsubscribed",
    "order.created": "orderCreated",
    "order.updated": "orderUpdated",
    "order.item_updated": "orderItemUpdated",
    "order.cancelled": "orderCancelled",
    "order.refunded": "orderRefunded",
    "order.shipped": "orderShipped",
    "cart.created": "cartUpdated",
    "cart.updated": "cartUpdated",
    "cart.item_added": "cartUpdated",
    "cart.item_removed": "cartUpdated",
    "cart.abandoned": "abandoned_cart",
    "checkout.started": "checkout_started",
    "product.viewed": "productViewed",
    "product.category_viewed": "productCategoryViewed",
    "product.searched": "searchRequest",
    "product.wishlisted": "productAddedToWishlist",
    "product.waitlisted": "product_waitlisted",
    "page.viewed": "pageViewed",
    "lead.created": "lead_created",
}


def custom_key(event_type: str) -> str:
    """The key of a `custom.<name>` type: the name, with what eSputnik refuses replaced and cut to 100 characters."""
    return ILLEGAL.sub("_", event_type.removeprefix(CUSTOM_PREFIX))[:LONGEST_KEY]
