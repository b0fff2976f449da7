"""The body DATA Reshape's event endpoint must get, from its published Event Create reference.

Everything is of the documented JSON type: a number is never a string of digits. Members whose absence the reference
provides for (a product's quantity and tax) may be left out with a remark; members it does not name are remarks.
"""

from collections.abc import Iterator

from outhaul_ops.simulators.shapes import (
    Check,
    Remark,
    any_of,
    boolean,
    currency,
    email,
    filled,
    internet_address,
    list_of,
    mapping_of,
    matching,
    milliseconds,
    number,
    obj,
    one_of,
    phone,
    positive,
    shaped,
    string,
)

PROPERTIES_ADVISED = 5

_amount = number()
_percent = number("a percentage from 0 to 50", 0, 50)
_digest = matching(r"[0-9a-f]{64}", "a SHA-256 in lower-case hex")

_DEFAULTED: dict[str, Check] = {"tax_included": boolean, "tax_percent": _percent, "quantity": positive}
_OTHER_MONEY: dict[str, Check] = {"currency": currency, "exchange_rate": positive}
_LABELS: dict[str, Check] = {"id": string, "type": string}
_TAX: dict[str, Check] = {"tax_included": boolean, "tax_percent": _percent}


def _few_properties(value: object, path: str) -> Iterator[str]:
    yield from obj(value, path)
    if isinstance(value, dict) and len(value) > PROPERTIES_ADVISED:
        yield Remark(f"{path}: {len(value)} properties; up to {PROPERTIES_ADVISED} are advised")


_EVENT = shaped(
    {"name": filled, "value": _amount, "currency": currency},
    {"exchange_rate": positive, "id": filled, "properties": _few_properties},
    closed=True,
)

_CONTEXT = shaped(
    {"environment": one_of("prod", "dev"), "data_source": filled},
    {
        "user_agent": string,
        "override_ip": internet_address,
        "url": string,
        "landing_url": string,
        "referrer_url": string,
    },
    closed=True,
)

_COUPON = shaped({"name": filled}, {"value": _amount, **_TAX, **_LABELS, **_OTHER_MONEY}, closed=True)
_SHIPPING = shaped({"name": filled, "value": _amount}, {**_TAX, **_LABELS, **_OTHER_MONEY}, closed=True)
_PAYMENT = shaped({"name": filled, "value": _amount}, _LABELS, closed=True)

_PRODUCT_TEXTS = (
    "category",
    "parent_id",
    "parent_name",
    "sku",
    "parent_sku",
    "gtin",
    "mpn",
    "ean",
    "brand",
    "type",
    "stock_location",
    "url",
    "parent_url",
    "image",
)

_PRODUCT = shaped(
    {"id": filled, "name": filled, "price_base": _amount, "price": _amount},
    {
        **_DEFAULTED,
        **dict.fromkeys(_PRODUCT_TEXTS, string),
        "stock_status": boolean,
        "created_at": milliseconds,
        "images": list_of(string),
        "categories": list_of(shaped({"name": filled}, {"id": string}, closed=True)),
        "coupons": list_of(_COUPON),
        "properties": obj,
        **_OTHER_MONEY,
    },
    closed=True,
)


def _priced_product(value: object, path: str) -> Iterator[str]:
    yield from _PRODUCT(value, path)
    if not isinstance(value, dict):
        return
    price, base = value.get("price"), value.get("price_base")
    if isinstance(price, int | float) and isinstance(base, int | float) and price > base:
        yield f"{path}.price: expected at most price_base {base}, got {price}"
    yield from (Remark(f"{path}.{name}: not given, the default counts") for name in _DEFAULTED if name not in value)


_USER_TEXTS = ("id", "first_name", "last_name", "country", "region", "city", "street", "postal_code")
_USER_NUMBERS = (
    "orders_total_number",
    "orders_canceled_number",
    "orders_total_value",
    "orders_refunded_value",
    "predicted_value",
)

_USER = shaped(
    {},
    {
        **dict.fromkeys(_USER_TEXTS, string),
        **dict.fromkeys(_USER_NUMBERS, _amount),
        "email": any_of("an e-mail address or its SHA-256 in lower-case hex", email, _digest),
        "phone": any_of("an E.164 phone number or its SHA-256 in lower-case hex", phone, _digest),
        "created_at": milliseconds,
        "properties": obj,
    },
    closed=True,
)


def _anything(_value: object, _path: str) -> Iterator[str]:
    return iter(())


PAYLOAD = shaped(
    {"event": _EVENT, "context": _CONTEXT},
    {
        "products": list_of(_priced_product),
        "shipping": list_of(_SHIPPING),
        "payments": list_of(_PAYMENT),
        "coupons": list_of(_COUPON),
        "user": _USER,
        "cookies": mapping_of(string),
        # A wrong consent is no error to the vendor: it warns, and takes everything as agreed to.
        "consent": _anything,
    },
    closed=True,
)

CONSENT = shaped({"analytics": boolean, "personalization": boolean, "marketing": boolean})
