"""The Event objects that Okanjo's subscribers take, as it documents them and its published listeners read them.

Listeners answer 400 to what they do not take, so deliveries do not run these schemas; the tests hold every payload
against them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from outhaul_worker.destinations.okanjo.names import (
    DISBURSEMENT,
    ITEM_UPDATED,
    ORDER_CONFIRMED,
    ORDER_UPDATED,
    PRODUCT,
)
from outhaul_worker.destinations.okanjo.statuses import LAST_STATUS
from outhaul_worker.destinations.payload_fields import text_field

_STATUSES = tuple(str(number) for number in range(LAST_STATUS + 1))


def _formed(pattern: str, *, required: bool = False) -> fields.String:
    return fields.String(required=required, allow_none=not required, validate=validate.Regexp(rf"{pattern}\Z"))


def _text() -> fields.String:
    return fields.String(allow_none=True)


def _time() -> fields.String:
    return _formed(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def _money(*, required: bool = False) -> fields.String:
    return _formed(r"-?\d+\.\d\d", required=required)


def _status() -> fields.String:
    return fields.String(required=True, validate=validate.OneOf(_STATUSES))


class Meta(fields.Field[Any]):
    """Free data: an object, or an empty list."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if value == [] or (isinstance(value, dict) and value):
            return value
        raise ValidationError("expected an object, or an empty list")


class OrderItem(Schema):
    """The data of `order_item.updated`, and the items of an order."""

    id = text_field()
    order_id = text_field()
    status = _status()
    created = _time()
    updated = _time()
    product_id = _text()
    quantity = _formed(r"\d+")
    variant = _text()
    product_price = _money()
    product_title = _text()
    shipping_price = _money()
    tax_price = _money()
    tracking_carrier = _text()
    tracking_number = _text()
    meta = Meta(required=True)


class Order(Schema):
    """The data of `order.confirmed` and `order.updated`."""

    id = text_field()
    buyer_id = _text()
    created = _time()
    shipping_first_name = _text()
    shipping_last_name = _text()
    shipping_address_1 = _text()
    shipping_address_2 = _text()
    shipping_city = _text()
    shipping_state = _formed(r"[A-Z0-9]{2}")
    shipping_zip = _text()
    shipping_country = _formed(r"[A-Z]{2}")
    shipping_phone = _text()
    shipping_email = _text()
    is_tax_exempt = fields.String(validate=validate.OneOf(["0", "1"]))
    status = _status()
    type = fields.String(validate=validate.OneOf(["1", "2"]))
    items = fields.List(fields.Nested(OrderItem), required=True)
    meta = Meta(required=True)


class Product(Schema):
    """The data of `product.created`."""

    id = text_field()
    title = text_field()
    slug = text_field()
    description = _text()
    price = _money()
    stock = _formed(r"-?\d+")
    status = text_field()
    is_available = fields.String(validate=validate.OneOf(["0", "1"]))
    created = _time()
    published = _time()
    updated = _time()
    category = fields.Dict(keys=fields.String(), allow_none=True)
    variants = Meta(required=True)
    media = Meta(required=True)
    meta = Meta(required=True)


class Disbursed(Schema):
    """The sums of a disbursement."""

    id = _text()
    created = _time()
    type = text_field()
    total = _money(required=True)
    fee = _money(required=True)


class Transaction(Schema):
    """One booking of a disbursement."""

    id = _text()
    order_id = _text()
    type = _text()
    amount = _money(required=True)
    fee = _money(required=True)
    created = _time()


class Disbursement(Schema):
    """The data of `disbursement.created`."""

    disbursement = fields.Nested(Disbursed, required=True)
    transactions = fields.List(fields.Nested(Transaction), required=True)


_DATA: Mapping[str, Schema] = {
    PRODUCT: Product(),
    ORDER_CONFIRMED: Order(),
    ORDER_UPDATED: Order(),
    ITEM_UPDATED: OrderItem(),
    DISBURSEMENT: Disbursement(),
}


class OkanjoEvent(Schema):
    """The whole body: an Event object with the data of its type, every scalar a text or null."""

    id = _formed(r"EV[1-9A-HJ-NP-Za-km-z]{17,18}", required=True)
    occurred = _formed(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", required=True)
    type = fields.String(required=True, validate=validate.OneOf(list(_DATA)))
    data = fields.Dict(keys=fields.String(), required=True)

    @validates_schema
    def check_data(self, body: dict[str, Any], **_: Any) -> None:
        """Hold the data to its type, and all of its scalars to texts."""
        problems = _DATA[body["type"]].validate(body["data"])
        if problems:
            raise ValidationError({"data": problems})
        if not all(scalar is None or isinstance(scalar, str) for scalar in _scalars(body["data"])):
            raise ValidationError({"data": ["expected texts and nulls only"]})


def _scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _scalars(each)
    elif isinstance(value, list):
        for each in value:
            yield from _scalars(each)
    else:
        yield value
