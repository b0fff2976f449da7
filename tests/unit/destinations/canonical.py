"""Canonical events written by hand, at least one of every type: what destinations are tested with.

Each is exactly what the door would have stored, so that no test of a destination depends on how the door fills in.
"""

from collections.abc import Mapping
from typing import Any

from outhaul_producers.event import Event, canonical

Body = dict[str, Any]

ADDRESS: Body = {
    "first_name": "Mara",
    "last_name": "Iuga",
    "street": "12 Kiln Road",
    "street2": "Floor 2",
    "city": "Cluj-Napoca",
    "region": "Cluj",
    "region_code": "CJ",
    "postal_code": "400001",
    "country": "RO",
    "phone": "+40712000111",
}
CUSTOMER: Body = {
    "id": "C-71",
    "email": "mara@shop.example",
    "phone": "+40712000111",
    "first_name": "Mara",
    "last_name": "Iuga",
    "title": "Ms",
    "gender": "F",
    "birthdate": "1990-02-26",
    "accepts_marketing": None,
    "verified_email": True,
    "groups": [{"id": "7", "name": "Trade"}],
    "tags": ["b2c"],
    "append_tags": True,
    "reward_points": 120,
    "address": ADDRESS,
    "created_at": "2024-01-09T08:00:00.000Z",
    "updated_at": "2026-03-05T08:15:00.000Z",
    "stats": {"orders_total_number": 4, "orders_total_value": "212.40"},
    "properties": {"favourite_glaze": "celadon"},
}
MUG: Body = {
    "product_id": "P-9",
    "variant_id": "P-9-R",
    "sku": "MUG-R",
    "name": "Mug, red",
    "parent_name": "Mug",
    "variant_title": "red",
    "brand": "Kiln",
    "category": "Kitchen/Mugs",
    "quantity": 2,
    "price": "8.50",
    "price_base": "9.50",
    "tax_included": True,
    "tax_percent": 19,
    "url": "https://shop.example/mug",
    "image": "https://cdn.shop.example/mug.jpg",
}
# The least an item may have, with what Remarkety demands on top; its picture and page are the product's.
BOWL: Body = {
    "product_id": "P-12",
    "name": "Bowl",
    "price": "12.00",
    "parent_url": "https://shop.example/bowl",
    "images": ["https://cdn.shop.example/bowl-1.jpg", "https://cdn.shop.example/bowl-2.jpg"],
}
TOTALS: Body = {
    "subtotal": "17.00",
    "discount": "2.00",
    "shipping": "4.00",
    "tax": "3.03",
    "tax_included": True,
    "total": "19.00",
}
COUPON: Body = {"code": "SPRING", "type": "fixed_amount", "amount": "2.00"}
COURIER: Body = {"code": "courier", "name": "Courier", "amount": "4.00", "tax_percent": 19}
ORDER: Body = {
    "id": "O-5001",
    "number": "5001",
    "status": {"code": "P", "name": "Paid"},
    "financial_status": "paid",
    "fulfillment_status": "unfulfilled",
    "created_at": "2026-03-05T08:15:00.000Z",
    "updated_at": "2026-03-05T08:16:30.250Z",
    "confirmed": True,
    "currency": "EUR",
    "exchange_rate": 1,
    "totals": TOTALS,
    "items": [MUG],
    "shipping_lines": [COURIER],
    "payments": [{"name": "Card", "amount": "15.00"}, {"name": "Gift card", "amount": "4.00"}],
    "coupons": [COUPON],
    "tax_lines": [{"name": "VAT", "amount": "3.03", "tax_percent": 19}],
    "billing_address": ADDRESS,
    "shipping_address": ADDRESS,
    "note": "Leave it\nat the door",
}
CART: Body = {
    "id": "K-300",
    "token": "cart_abc",
    "url": "https://shop.example/cart/K-300",
    "created_at": "2026-03-05T08:00:00.000Z",
    "updated_at": "2026-03-05T08:14:00.000Z",
    "currency": "EUR",
    "totals": {"subtotal": "29.00", "discount": "2.00", "total": "27.00"},
    "items": [MUG, BOWL],
    "coupons": [COUPON],
}
PRODUCT: Body = {
    **MUG,
    "images": ["https://cdn.shop.example/mug.jpg", "https://cdn.shop.example/mug-side.jpg"],
    "categories": [{"id": "12", "name": "Mugs"}, {"name": "Gifts"}],
    "description_html": "<p>Fired twice.</p>\n",
    "gtin": "4006381333931",
    "stock_status": True,
    "inventory_quantity": 14,
    "published": True,
    "created_at": "2025-06-01T00:00:00.000Z",
    "updated_at": "2026-03-01T12:00:00.000Z",
    "variants": [
        {"variant_id": "P-9-R", "sku": "MUG-R", "variant_title": "red", "inventory_quantity": 9, "price": "8.50"},
        {
            "variant_id": "P-9-B",
            "name": "Mug, blue",
            "image": "https://cdn.shop.example/mug-blue.jpg",
            "inventory_quantity": 5,
        },
    ],
}
PLAIN_PRODUCT: Body = {
    "product_id": "P-12",
    "name": "Bowl",
    "brand": "Kiln",
    "price": "12.00",
    "category": "Kitchen/Bowls",
    "url": "https://shop.example/bowl",
    "image": "https://cdn.shop.example/bowl-1.jpg",
    "ean": "4006381333948",
    "stock_status": False,
    "created_at": "2025-06-01T00:00:00.000Z",
}
_SUBJECTS = (
    ("order", "id"),
    ("item", "order_id"),
    ("cart", "id"),
    ("product", "product_id"),
    ("payout", "id"),
    ("customer", "id"),
)


def event(event_type: str, **sections: Any) -> Event:
    """The event of that type with these sections; whatever the envelope needs is filled in, and may be given."""
    body: Body = {
        "id": "ev_01HX5W2K7T",
        "source": "/shops/ro",
        "type": event_type,
        "specversion": "1.0",
        "schema_version": 1,
        "occurred_at": "2026-03-05T08:15:00.000Z",
        "environment": "prod",
        "channel": "website",
        **_subject(sections),
        **sections,
    }
    return Event(canonical(body))


def without(section: Mapping[str, Any], *keys: str) -> Body:
    """The section without some of its keys."""
    return {key: value for key, value in section.items() if key not in keys}


def _subject(sections: Mapping[str, Any]) -> Body:
    for name, key in _SUBJECTS:
        if sections.get(name, {}).get(key):
            return {"subject": f"{'order' if name == 'item' else name}/{sections[name][key]}"}
    return {}


_WHO = {"customer": CUSTOMER}
_SEEN_BY = {"customer": {"id": "C-71", "email": "mara@shop.example"}}
_GUEST = {"customer": {"email": "mara@shop.example", "accepts_marketing": True}}

_EVENTS = (
    event("customer.created", **_WHO, consent={"analytics": True, "personalization": False, "marketing": False}),
    event("customer.updated", customer={"id": "C-71", "email": "mara@shop.example", "gender": "X"}),
    event("customer.logged_in", **_SEEN_BY, context={"ip": "203.0.113.9", "user_agent": "UA/1"}),
    event("customer.logged_out", **_SEEN_BY),
    event("password.reset_requested", **_SEEN_BY, properties={"reset_url": "https://shop.example/reset/1"}),
    event(
        "newsletter.subscribed",
        customer=without(CUSTOMER, "address", "stats", "properties"),
        subscription={"channel": "email", "double_optin": False},
    ),
    event("newsletter.unsubscribed", **_SEEN_BY, subscription={"channel": "email"}),
    event("order.created", order=ORDER, **_WHO),
    event("order.updated", order={**ORDER, "status": {"code": "S"}}, **_WHO),
    event("order.item_updated", item={**MUG, "order_id": "O-5001", "status": {"name": "Picked"}}, **_SEEN_BY),
    event(
        "order.cancelled",
        order={**without(ORDER, "status"), "cancel_reason": "out of glaze"},
        environment="test",
        **_GUEST,
    ),
    event(
        "order.refunded",
        order={
            "id": "O-5001",
            "created_at": "2026-03-05T08:15:00.000Z",
            "currency": "EUR",
            "totals": {"total": "16.00", "discount": "2.00", "tax": "1.00", "tax_included": False},
            "items": [MUG],
        },
        **_SEEN_BY,
    ),
    event("order.shipped", order=without(ORDER, "status"), **_WHO),
    event("cart.created", cart=without(CART, "created_at", "updated_at"), **_WHO),
    event("cart.updated", cart=CART, **_GUEST),
    event("cart.item_added", cart=without(CART, "totals"), product=MUG, **_SEEN_BY),
    event(
        "cart.item_removed",
        cart={**without(CART, "totals", "currency", "coupons"), "items": []},
        product=MUG,
        currency="EUR",
        **_SEEN_BY,
    ),
    event("cart.viewed", cart=CART, **_SEEN_BY),
    event("cart.abandoned", cart=CART, **_SEEN_BY),
    event("checkout.started", cart=CART, **_SEEN_BY),
    event("checkout.billing_added", cart=CART, **_SEEN_BY),
    event("checkout.shipping_added", cart=CART, **_SEEN_BY),
    event("checkout.payment_selected", cart=CART, **_SEEN_BY),
    event("product.viewed", product=MUG, currency="EUR", **_SEEN_BY),
    event(
        "product.category_viewed",
        page={"category": "Mugs", "url": "https://shop.example/mugs", "products": [without(MUG, "quantity")]},
        **_SEEN_BY,
    ),
    event("product.searched", search={"term": "red mug", "results": [{"product_id": "P-9"}]}, **_SEEN_BY),
    event("product.wishlisted", product=without(MUG, "quantity"), **_SEEN_BY),
    event("product.waitlisted", product=BOWL, **_SEEN_BY),
    event("product.created", product=without(PRODUCT, "created_at", "updated_at"), currency="EUR"),
    event("product.updated", product=PLAIN_PRODUCT),
    event("product.deleted", product=without(PRODUCT, "variants", "inventory_quantity")),
    event("page.viewed", page={"url": "https://shop.example/", "title": "Kiln"}, **_SEEN_BY),
    event("lead.created", value="50.00", currency="EUR", properties={"form": "trade enquiry"}, **_SEEN_BY),
    event("payout.created", payout={"id": "PO-1", "total": "120.00", "fee": "2.40"}),
    event(
        "custom.loyalty.tier_up",
        properties={"tier": "gold", "points": 1200, "perks": ["free shipping"], "event_id": "not ours"},
        **_SEEN_BY,
    ),
)

SAMPLES: Mapping[str, Event] = {sample.type: sample for sample in _EVENTS}
"""One event of every type, by type."""
