"""What each canonical type is called at Okanjo, and which section of the event a name's data is made of.

Source: Okanjo's list of event types.
"""

from collections.abc import Mapping

from outhaul_producers.types import requirements

PRODUCT, ORDER_CONFIRMED, ORDER_UPDATED = "product.created", "order.confirmed", "order.updated"
ITEM_UPDATED, DISBURSEMENT = "order_item.updated", "disbursement.created"

SECTIONS: Mapping[str, tuple[str, ...]] = {
    PRODUCT: ("product",),
    ORDER_CONFIRMED: ("order",),
    ORDER_UPDATED: ("order",),
    ITEM_UPDATED: ("item", "order"),
    DISBURSEMENT: ("payout",),
}
"""The names there are, each with the sections that its data can be made of."""

DEFAULT_NAMES: Mapping[str, str] = {
    "order.created": ORDER_CONFIRMED,
    "order.updated": ORDER_UPDATED,
    "order.item_updated": ITEM_UPDATED,
    "order.cancelled": ORDER_UPDATED,
    "order.refunded": ORDER_UPDATED,
    "order.shipped": ITEM_UPDATED,
    "product.created": PRODUCT,
    "payout.created": DISBURSEMENT,
}


def fits(event_type: str, name: str) -> bool:
    """Whether events of the canonical type can hold what the data of the name is made of."""
    needed = requirements(event_type)
    return name in SECTIONS and (not needed or bool({*needed} & {*SECTIONS[name]}))
