"""The bodies Simon Data's collect endpoint must get, from its published event ingestion guide and OpenAPI files.

Members the reference does not name are remarks, except inside `properties.properties` and its kin, which are free.
"""

from outhaul_ops.simulators.shapes import (
    Check,
    all_of,
    at_most,
    boolean,
    email,
    filled,
    internet_address,
    list_of,
    matching,
    milliseconds,
    noted,
    number,
    obj,
    shaped,
    string,
    web_address,
    whole,
)

CLIENT_ID_LENGTH = 45
EVENT_NAME_LENGTH = 38
CATEGORY_LEVELS = 5

# `Date.getTimezoneOffset` of the zones there are: UTC+14 gives -840, UTC-12 gives 720.
_offset_minutes = number("minutes from -840 to 720, negative east of Greenwich", -840, 720)
_quantity = number("a number of zero or more", least=0)
_amount = number()
_category = matching(
    rf"[^/]+(/[^/]+){{0,{CATEGORY_LEVELS - 1}}}", f"a string of up to {CATEGORY_LEVELS} levels divided by /"
)

_ITEM_EXTRAS: dict[str, Check] = {
    "productImageUrl": web_address,
    "productUrl": web_address,
    "brand": string,
    "category": _category,
    "color": string,
    "productName": string,
    "size": string,
    "style": string,
    "price": _amount,
    "properties": obj,
}
_ITEM: dict[str, Check] = {"productId": filled, "variant": filled, "quantity": _quantity}
_CART = list_of(shaped(_ITEM, _ITEM_EXTRAS, closed=True))


def _with(*required: str, **others: Check) -> Check:
    """An item with these members mandatory, the item's others optional, and more besides."""
    return shaped(
        {name: _ITEM[name] for name in required},
        {**{name: check for name, check in _ITEM.items() if name not in required}, **_ITEM_EXTRAS, **others},
        closed=True,
    )


def _closed(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    return shaped(required, {"properties": obj, **(optional or {})}, closed=True)


_NAMES: dict[str, Check] = dict.fromkeys(("firstName", "lastName", "name", "username"), string)

EVENTS: dict[str, Check] = {
    "page_view": _closed({}, dict.fromkeys(("title", "language", "referrer"), string)),
    "product_view": _with("productId"),
    "favorite": _with("productId"),
    "waitlist": _with("productId", "variant"),
    "add_to_cart": _with("productId", "variant", "quantity", cartItems=_CART),
    "remove_from_cart": _with("productId", "variant", "quantity"),
    "update_cart": _with(previousQuantity=_quantity, cartItems=_CART),
    "cart": _closed({"cartItems": _CART}),
    "complete_transaction": _closed(
        {"transactionId": filled, "revenue": _amount, "cartItems": _CART},
        {"shipping": _amount, "tax": _amount, "promotion": string},
    ),
    "registration": _closed({"email": email}, {**_NAMES, "userId": string, "optIn": boolean}),
    "authentication": _closed(
        {
            "userId": filled,
            "isLoggedIn": boolean,
            "ARN": matching(r"arn:aws[\w-]*:sns:\S+", "the ARN of an SNS endpoint"),
        },
        {"email": email},
    ),
    "custom": _closed({"eventName": at_most(EVENT_NAME_LENGTH)}, {"requiresIdentity": boolean}),
}

_CONTEXT = shaped(
    {},
    {
        "debug": boolean,
        "name": string,
        "version": string,
        "userAgent": string,
        "page": shaped({"url": all_of(string, noted(web_address))}, closed=True),
        "device": shaped({"type": string}, closed=True),
    },
    closed=True,
)

_TRAITS = shaped({"email": email}, {**_NAMES, "userId": string, "ARN": string, "properties": obj}, closed=True)

_COMMON: dict[str, Check] = {
    "partnerId": filled,
    "partnerSecret": filled,
    "clientId": at_most(CLIENT_ID_LENGTH),
    "sentAt": all_of(whole, milliseconds),
    "type": string,
    "context": _CONTEXT,
}
_OPTIONAL: dict[str, Check] = {
    "ipAddress": internet_address,
    "timezone": all_of(whole, _offset_minutes),
    "traits": _TRAITS,
    "userId": filled,
}


def _track(event: Check) -> Check:
    return shaped({**_COMMON, "event": string, "properties": event}, _OPTIONAL, closed=True)


TRACK: dict[str, Check] = {name: _track(properties) for name, properties in EVENTS.items()}
IDENTIFY = shaped(
    {**_COMMON, "userId": filled, "traits": _TRAITS},
    {name: check for name, check in _OPTIONAL.items() if name not in ("userId", "traits")},
    closed=True,
)
