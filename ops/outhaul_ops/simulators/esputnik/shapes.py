"""The bodies eSputnik's event and orders resources must get, from its published references."""

from collections.abc import Iterator, Mapping

from outhaul_ops.simulators.shapes import (
    Check,
    Remark,
    all_of,
    any_of,
    at_most,
    currency,
    email,
    filled,
    list_of,
    matching,
    noted,
    number,
    obj,
    one_of,
    shaped,
    string,
    web_address,
)

KEY_LENGTH = 100
FORBIDDEN_IN_KEY = "<>;'\u2019\"`/\\|^?!,"
KEY_VALUE_ADVISED = 255
ORDERS_AT_MOST = 1_000
DOCUMENTED_CURRENCIES = ("USD", "EUR", "UAH")
KEY_PARAMS = ("contactId", "externalCustomerId", "email", "phone", "pushToken")
ORDER_STATUSES = ("INITIALIZED", "IN_PROGRESS", "DELIVERED", "CANCELLED", "ABANDONED_SHOPPING_CART")


def _type_key(value: object, path: str) -> Iterator[str]:
    yield from at_most(KEY_LENGTH)(value, path)
    illegal = [character for character in FORBIDDEN_IN_KEY if isinstance(value, str) and character in value]
    if illegal:
        yield f"{path}: expected none of {FORBIDDEN_IN_KEY}, got {' '.join(illegal)}"


def _anything(_value: object, _path: str) -> Iterator[str]:
    return iter(())


def _params(value: Check) -> Check:
    each = list_of(shaped({"name": filled, "value": value}, closed=True))

    def check(params: object, path: str) -> Iterator[str]:
        yield from each(params, path)
        names = [param.get("name") for param in params if isinstance(param, dict)] if isinstance(params, list) else []
        twice = sorted({str(name) for name in names if names.count(name) > 1})
        yield from (Remark(f"{path}: {name} comes more than once") for name in twice)

    return check


FIRST_VERSION = shaped(
    {
        "eventTypeKey": _type_key,
        "keyValue": all_of(filled, noted(at_most(KEY_VALUE_ADVISED))),
        "params": _params(string),
    },
    closed=True,
)
SECOND_VERSION = shaped(
    {"eventTypeKey": _type_key, "params": _params(_anything)},
    {"keyValue": all_of(string, noted(at_most(KEY_VALUE_ADVISED)))},
    closed=True,
)


def derived_key(params: Mapping[str, object]) -> str:
    """What the second version takes for the key where none is given: the first filled one of the key params."""
    found = (params.get(name) for name in KEY_PARAMS)
    return next((str(value) for value in found if value not in (None, "")), "")


_decimal = any_of("a number or a number as a string", number(), matching(r"-?\d+(\.\d+)?", ""))
_date = matching(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?)?", "an ISO 8601 date")
_short_name = at_most(60)


def _currency(value: object, path: str) -> Iterator[str]:
    yield from currency(value, path)
    if isinstance(value, str) and value not in DOCUMENTED_CURRENCIES:
        yield Remark(f"{path}: {value} is not one of the documented {', '.join(DOCUMENTED_CURRENCIES)}")


_ITEM = shaped(
    {"externalItemId": filled, "name": filled, "quantity": _decimal, "cost": _decimal},
    {"category": string, "url": web_address, "imageUrl": web_address, "description": string},
    closed=True,
)

_ORDER_TEXTS = (
    "phone",
    "restoreUrl",
    "statusDescription",
    "storeId",
    "source",
    "deliveryMethod",
    "paymentMethod",
    "deliveryAddress",
)

ORDER: Check = shaped(
    {
        "externalOrderId": filled,
        "externalCustomerId": filled,
        "totalCost": _decimal,
        "status": one_of(*ORDER_STATUSES),
        "date": _date,
        "currency": _currency,
    },
    {
        **dict.fromkeys(_ORDER_TEXTS, string),
        **dict.fromkeys(("shipping", "discount", "taxes"), _decimal),
        "email": email,
        "firstName": _short_name,
        "lastName": _short_name,
        "additionalInfo": obj,
        "items": list_of(_ITEM),
    },
    closed=True,
)
