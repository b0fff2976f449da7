"""Documents with every member the vendors' contracts name; where each is sent, and which parts of it are free."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

JsonObject = dict[str, Any]

NOW_MS = 1_763_600_000_000


@dataclass(frozen=True)
class Complete:
    """A complete document. Below `free` paths anything goes; `unread` ones are read before, or not as a matter of type.

    Where it is `exact`, a number may not come as a string. Where it is `closed`, unknown members are remarked.
    """

    kind: str
    target: str
    document: JsonObject
    free: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    exact: bool = True
    closed: bool = True

    def __str__(self) -> str:
        return f"{self.kind} {self.document.get('event') or self.document.get('type') or self.target}"[:50]


HEADERS = {
    "content-type": "application/json",
    "x-dre-access-token": "simulated-access-token",
    "authorization": "Basic " + b64encode(b"user:simulated-api-key").decode(),
}

MONEY = {"currency": "USD", "exchange_rate": 1.1}
TAX = {"tax_included": True, "tax_percent": 19}
COUPON = {"id": "1", "name": "SPRING", "value": 2.0, "type": "SEASONAL", **TAX, **MONEY}

DATARESHAPE: JsonObject = {
    "event": {
        "name": "checkout_completed",
        "value": 19.0,
        "currency": "EUR",
        "exchange_rate": 1,
        "id": "O-5001",
        "properties": {"gift": False},
    },
    "context": {
        "environment": "prod",
        "data_source": "website",
        "user_agent": "UA/1",
        "override_ip": "2001:db8::7",
        "url": "https://shop.example/done",
        "landing_url": "https://shop.example/?c=1",
        "referrer_url": "https://search.example",
    },
    "products": [
        {
            "id": "P-9-R",
            "name": "Mug, red",
            "price_base": 9.5,
            "price": 8.5,
            "quantity": 2,
            **TAX,
            **MONEY,
            "category": "Kitchen",
            "parent_id": "P-9",
            "parent_name": "Mug",
            "sku": "MUG-R",
            "parent_sku": "MUG",
            "gtin": "1",
            "mpn": "2",
            "ean": "3",
            "brand": "Kiln",
            "type": "simple",
            "stock_status": True,
            "stock_location": "Cluj",
            "created_at": 1748505040077,
            "url": "https://shop.example/mug-red",
            "parent_url": "https://shop.example/mug",
            "image": "https://cdn.shop.example/mug.jpg",
            "images": ["https://cdn.shop.example/mug-2.jpg"],
            "categories": [{"name": "Kitchen", "id": "7"}],
            "coupons": [COUPON],
            "properties": {"colour": ["red"]},
        }
    ],
    "shipping": [{"id": "1", "name": "Courier", "value": 4.0, "type": "standard", **TAX, **MONEY}],
    "payments": [{"id": "1", "name": "Card", "value": 19.0, "type": "card"}],
    "coupons": [COUPON],
    "user": {
        "id": "C-71",
        "email": "mara@shop.example",
        "phone": "+40712000111",
        "first_name": "Mara",
        "last_name": "Iuga",
        "country": "RO",
        "region": "Cluj",
        "city": "Cluj",
        "street": "12 Kiln Rd",
        "postal_code": "400001",
        "orders_total_number": 4,
        "orders_canceled_number": 0,
        "orders_total_value": 120.5,
        "orders_refunded_value": 0,
        "predicted_value": 200.5,
        "created_at": 1704787200000,
        "properties": {"tier": "gold"},
    },
    "cookies": {"_ga": "GA1.2.3"},
    "consent": {"analytics": True, "personalization": False, "marketing": False},
}

CART_ITEM = {
    "productId": "P-9",
    "variant": "P-9-R",
    "quantity": 2,
    "productImageUrl": "https://cdn.shop.example/mug.jpg",
    "productUrl": "https://shop.example/mug",
    "brand": "Kiln",
    "category": "Home/Kitchen",
    "color": "red",
    "productName": "Mug, red",
    "size": "M",
    "style": "plain",
    "price": 8.5,
    "properties": {"glaze": "matt"},
}
PERSON = {"firstName": "Mara", "lastName": "Iuga", "name": "Mara Iuga", "username": "mara", "userId": "C-71"}
ARN = "arn:aws:sns:eu-west-1:1:endpoint/GCM/x/y"
SIMON_COMMON: JsonObject = {
    "partnerId": "simulated-partner",
    "partnerSecret": "simulated-partner-secret",
    "clientId": "sess-8842",
    "sentAt": NOW_MS,
    "ipAddress": "203.0.113.9",
    "timezone": -120,
    "userId": "C-71",
    "context": {
        "debug": True,
        "name": "delivery-worker",
        "version": "1.0",
        "userAgent": "UA/1",
        "page": {"url": "https://shop.example/done"},
        "device": {"type": "web"},
    },
    "traits": {"email": "mara@shop.example", **PERSON, "ARN": ARN, "properties": {"vip": True}},
}
SIMON_EVENTS: dict[str, JsonObject] = {
    "page_view": {"title": "Mugs", "language": "ro", "referrer": "https://search.example"},
    "product_view": CART_ITEM,
    "add_to_cart": {**CART_ITEM, "cartItems": [CART_ITEM]},
    "update_cart": {"quantity": 2, "previousQuantity": 1, "cartItems": [CART_ITEM]},
    "complete_transaction": {
        "transactionId": "O-5001",
        "revenue": 11.97,
        "shipping": 4.0,
        "tax": 3.03,
        "promotion": "SPRING",
        "cartItems": [CART_ITEM],
        "properties": {"eventId": "ev_01HX"},
    },
    "registration": {"email": "mara@shop.example", **PERSON, "optIn": True},
    "authentication": {"userId": "C-71", "isLoggedIn": True, "ARN": ARN, "email": "mara@shop.example"},
    "custom": {"eventName": "order_shipped", "requiresIdentity": True, "properties": {"free": [1]}},
}
SIMON_FREE = (
    "properties.properties",
    "properties.cartItems[0].properties",
    "traits.properties",
)
# Whether the sender asks for debug mode, and who it says it is, is read before the schema is.
SIMON_UNREAD = ("context.debug", "partnerId", "partnerSecret")

ESPUTNIK_ORDER: JsonObject = {
    "externalOrderId": "O-5001",
    "externalCustomerId": "C-71",
    "totalCost": 19.0,
    "status": "INITIALIZED",
    "date": "2025-11-19T10:15:00",
    "currency": "EUR",
    "email": "mara@shop.example",
    "phone": "+40712000111",
    "firstName": "Mara",
    "lastName": "Iuga",
    "shipping": 4.0,
    "discount": 2.0,
    "taxes": 3.03,
    "restoreUrl": "https://shop.example/cart/K-1",
    "statusDescription": "new",
    "storeId": "ro",
    "source": "website",
    "deliveryMethod": "courier",
    "paymentMethod": "card",
    "deliveryAddress": "12 Kiln Rd, Cluj",
    "additionalInfo": {"gift": "no"},
    "items": [
        {
            "externalItemId": "P-9",
            "name": "Mug, red",
            "quantity": 2,
            "cost": 8.5,
            "category": "Kitchen",
            "url": "https://shop.example/mug",
            "imageUrl": "https://cdn.shop.example/mug.jpg",
            "description": "A mug.",
        }
    ],
}

OKANJO_ITEM: JsonObject = {
    "id": "9001",
    "created": "2026-03-05 02:14:10",
    "updated": "2026-03-05 02:14:10",
    "order_id": "5001",
    "product_id": "9",
    "quantity": "2",
    "status": "1",
    "variant": "Color=Red",
    "product_price": "8.50",
    "product_title": "Mug",
    "shipping_price": "2.00",
    "tax_price": "1.52",
    "tracking_carrier": "UPS",
    "tracking_number": "TN-1",
    "meta": {"gift": "no"},
}
OKANJO_DATA: dict[str, JsonObject] = {
    "product.created": {
        "id": "141751",
        "title": "Mug",
        "slug": "141751-mug",
        "price": "5.00",
        "created": "2026-03-05 02:14:10",
        "updated": "2026-03-05 02:14:10",
        "meta": [],
    },
    "order.confirmed": {
        "id": "5001",
        "buyer_id": "71",
        "created": "2026-03-05 02:14:10",
        "status": "1",
        "type": "1",
        "is_tax_exempt": "0",
        **{f"shipping_{name}": "x" for name in ("first_name", "last_name", "address_1", "address_2", "city", "zip")},
        "shipping_state": "CJ",
        "shipping_country": "RO",
        "shipping_phone": "+40712000111",
        "shipping_email": "mara@shop.example",
        "items": [OKANJO_ITEM],
        "meta": [],
    },
    "order_item.updated": OKANJO_ITEM,
    "disbursement.created": {
        "disbursement": {"type": "1", "total": "19.00", "fee": "0.50"},
        "transactions": [{"id": "1"}],
    },
}


def _simon(event: str) -> Complete:
    document = {**SIMON_COMMON, "type": "track", "event": event, "properties": SIMON_EVENTS[event]}
    return Complete("simon", "/http/v1/collect", document, SIMON_FREE, SIMON_UNREAD)


def _okanjo(event: str) -> Complete:
    document = {"id": "EV4tQm8sKzB2nWc7RfXa", "occurred": "2026-03-05 02:15:00", "type": event}
    free = ("data.meta", "data.items[0].meta", "data.transactions[0]")
    return Complete("okanjo", "/in", {**document, "data": OKANJO_DATA[event]}, free, closed=False)


COMPLETE = (
    Complete(
        "datareshape",
        "/webhooks/reshape/event?id=AAABBB01",
        DATARESHAPE,
        ("event.properties", "products[0].properties", "user.properties", "cookies"),
        ("consent",),
    ),
    *map(_simon, SIMON_EVENTS),
    Complete("simon", "/http/v1/collect", {**SIMON_COMMON, "type": "identify"}, SIMON_FREE, SIMON_UNREAD),
    Complete("esputnik", "/api/v1/orders", {"orders": [ESPUTNIK_ORDER]}, ("orders[0].additionalInfo",), exact=False),
    *map(_okanjo, OKANJO_DATA),
)
