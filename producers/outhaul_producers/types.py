"""The vocabulary of event types: what each one needs, and the Segment name it may be given by."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

CUSTOM_PREFIX = "custom."


@dataclass(frozen=True, slots=True)
class EventType:
    """One entry of the vocabulary.

    `requires` are paths the event must have (`order`, `page.category`); any other section may come along.
    `alias` is the name of the Segment e-commerce specification v2 (or its `identify` and `page` calls) that means
    the same and is accepted in its place; empty where there is none.
    """

    name: str
    requires: tuple[str, ...]
    alias: str = ""


_VOCABULARY = (
    EventType("customer.created", ("customer",), "Signed Up"),
    EventType("customer.updated", ("customer",), "identify"),
    EventType("customer.logged_in", ("customer",)),
    EventType("customer.logged_out", ("customer",)),
    EventType("password.reset_requested", ("customer",)),
    EventType("newsletter.subscribed", ("customer",)),
    EventType("newsletter.unsubscribed", ("customer",)),
    EventType("order.created", ("order",), "Order Completed"),
    EventType("order.updated", ("order",), "Order Updated"),
    EventType("order.item_updated", ("item",)),
    EventType("order.cancelled", ("order",), "Order Cancelled"),
    EventType("order.refunded", ("order",), "Order Refunded"),
    EventType("order.shipped", ("order",)),
    EventType("cart.created", ("cart",)),
    EventType("cart.updated", ("cart",)),
    EventType("cart.item_added", ("cart", "product"), "Product Added"),
    EventType("cart.item_removed", ("cart", "product"), "Product Removed"),
    EventType("cart.viewed", ("cart",), "Cart Viewed"),
    EventType("cart.abandoned", ("cart",)),
    EventType("checkout.started", ("cart",), "Checkout Started"),
    EventType("checkout.billing_added", ("cart",)),
    EventType("checkout.shipping_added", ("cart",)),
    EventType("checkout.payment_selected", ("cart",)),
    EventType("product.viewed", ("product",), "Product Viewed"),
    EventType("product.category_viewed", ("page.category",), "Product List Viewed"),
    EventType("product.searched", ("search",), "Products Searched"),
    EventType("product.wishlisted", ("product",), "Product Added to Wishlist"),
    EventType("product.waitlisted", ("product",)),
    EventType("product.created", ("product",)),
    EventType("product.updated", ("product",)),
    EventType("product.deleted", ("product",)),
    EventType("page.viewed", ("page",), "page"),
    EventType("lead.created", ("customer",)),
    EventType("payout.created", ("payout",)),
)

TYPES: Mapping[str, EventType] = MappingProxyType({entry.name: entry for entry in _VOCABULARY})
ALIASES: Mapping[str, str] = MappingProxyType({entry.alias: entry.name for entry in _VOCABULARY if entry.alias})


def requirements(name: str) -> tuple[str, ...]:
    """Name the paths an event of this type must have; none for `custom.<name>`."""
    entry = TYPES.get(name)
    return entry.requires if entry else ()
