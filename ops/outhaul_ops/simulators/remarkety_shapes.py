"""The bodies Remarkety's built-in event types must have, from its published event reference.

Mandatory members are those its field tables mark so. A mandatory text may be empty (a product without a SKU), an id may
not. Members the reference does not know are let through.
"""

from outhaul_ops.simulators.shapes import (
    Check,
    any_of,
    boolean,
    currency,
    day,
    email,
    filled,
    identifier,
    list_of,
    moment,
    nullable,
    number,
    obj,
    one_of,
    phone,
    shaped,
    string,
)

_consent = nullable(boolean)
_amount = number()

_ADDRESS = shaped(
    {},
    dict.fromkeys(("country", "country_code", "province_code", "region", "zip", "city", "street", "phone"), string),
)

_PERSON: dict[str, Check] = {
    "id": identifier,
    "email": email,
    "accepts_marketing": _consent,
    "first_name": string,
    "last_name": string,
    "title": string,
    "created_at": moment,
    "updated_at": moment,
    "birthdate": day,
    "gender": one_of("M", "F"),
    "default_address": _ADDRESS,
    "groups": list_of(shaped({}, {"id": identifier, "name": string})),
    "tags": list_of(string),
    "append_tags": boolean,
    "rewards": shaped({}, {"points": number()}),
    "verified_email": boolean,
    "info": obj,
}


def _person(*mandatory: str) -> Check:
    return shaped(
        {name: _PERSON[name] for name in mandatory},
        {name: check for name, check in _PERSON.items() if name not in mandatory},
    )


_LINE_ITEM = shaped(
    {
        "product_id": filled,
        "sku": string,
        "name": string,
        "url": string,
        "image": string,
        "quantity": _amount,
        "price": _amount,
    },
    {
        "title": string,
        "variant_title": string,
        "vendor": string,
        "taxable": boolean,
        "tax_lines": list_of(obj),
        "added_at": moment,
    },
)

_MONEY: dict[str, Check] = {
    "subtotal_price": _amount,
    "total_discounts": number("a number of zero or more", least=0),
    "total_shipping": _amount,
    "total_tax": _amount,
    "total_price": _amount,
    "total_line_items_price": _amount,
    "total_weight": _amount,
}

_BASKET_EXTRAS: dict[str, Check] = {
    "taxes_included": boolean,
    "discount_codes": list_of(shaped({}, {"code": string, "amount": _amount, "type": string})),
    "shipping_lines": list_of(shaped({}, {"title": string, "price": _amount, "code": string})),
    "tax_lines": list_of(shaped({}, {"title": string, "price": _amount, "rate": number("a number from 0 to 1", 0, 1)})),
    "shipping_address": obj,
    "billing_address": obj,
}

_ORDER_TOTALS = ("subtotal_price", "total_discounts", "total_shipping", "total_tax", "total_price")
_CART_TOTALS = ("total_discounts", "total_price")

ORDER = shaped(
    {
        "id": filled,
        "created_at": moment,
        "customer": _person("email", "accepts_marketing", "created_at", "updated_at"),
        "line_items": list_of(_LINE_ITEM),
        "status": shaped({"name": filled}, {"code": string}),
        **{name: _MONEY[name] for name in _ORDER_TOTALS},
    },
    {
        "updated_at": moment,
        "currency": currency,
        "email": email,
        "name": string,
        "note": string,
        "channel": string,
        "test": boolean,
        "fulfillment_status": string,
        "financial_status": shaped({}, {"code": string, "name": string}),
        **{name: check for name, check in _MONEY.items() if name not in _ORDER_TOTALS},
        **_BASKET_EXTRAS,
    },
)

CART = shaped(
    {
        "id": identifier,
        "abandoned_checkout_url": string,
        "accepts_marketing": _consent,
        "created_at": moment,
        "updated_at": moment,
        "currency": currency,
        "customer": nullable(_person("email", "id", "accepts_marketing")),
        "email": nullable(email),
        "line_items": list_of(_LINE_ITEM),
        **{name: _MONEY[name] for name in _CART_TOTALS},
    },
    {
        "cart_token": string,
        **{name: check for name, check in _MONEY.items() if name not in _CART_TOTALS},
        **_BASKET_EXTRAS,
    },
)

_PICTURE = shaped({"src": string})

_VARIANT = shaped(
    {
        "id": identifier,
        "image": any_of("a string or an object with src", string, _PICTURE),
        "inventory_quantity": number(),
        "product_id": identifier,
        "sku": string,
        "title": string,
    },
    {
        "price": _amount,
        "currency": currency,
        "barcode": string,
        "weight": number(),
        "weight_unit": string,
        "taxable": boolean,
        "requires_shipping": boolean,
    },
)

PRODUCT = shaped(
    {
        "id": identifier,
        "sku": string,
        "created_at": moment,
        "image": _PICTURE,
        "product_exists": boolean,
        "title": string,
        "url": string,
        "vendor": string,
        "variants": list_of(_VARIANT, least=1),
    },
    {
        "body_html": string,
        "categories": list_of(shaped({}, {"code": identifier, "name": string})),
        "images": list_of(any_of("a string or an object with src", string, _PICTURE)),
        "options": list_of(any_of("an object or a string", obj, string)),
        "tags": any_of("a string or a list of strings", string, list_of(string)),
        "updated_at": moment,
        "published_at": moment,
    },
)

CUSTOMER = _person("email")

SUBSCRIPTION = shaped(
    {"email": email},
    {
        "first_name": string,
        "last_name": string,
        "sms_phone_number_e164": phone,
        "customerId": identifier,
        "tags": list_of(string),
        "double_optin_required": boolean,
    },
)

BUILT_IN: dict[str, Check] = {
    "customers/create": CUSTOMER,
    "customers/update": CUSTOMER,
    "orders/create": ORDER,
    "orders/update": ORDER,
    "products/create": PRODUCT,
    "products/update": PRODUCT,
    "carts/create": CART,
    "carts/update": CART,
    "newsletter/subscribe": SUBSCRIPTION,
    "newsletter/unsubscribe": shaped({"email": email}),
}
