"""The bodies eSputnik accepts, as it documents them.

eSputnik takes nearly anything and shows what is wrong only in a message's template, so the tests hold every payload
against these schemas; deliveries do not run them, as payloads cannot but fit.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from outhaul_worker.destinations.esputnik.names import ILLEGAL, LONGEST_KEY
from outhaul_worker.destinations.esputnik.orders import STATUSES
from outhaul_worker.destinations.esputnik.texts import LONGEST_NAME
from outhaul_worker.destinations.payload_fields import JsonNumber, email_field, text_field, web_field

_LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\Z")
_PHONE = re.compile(r"\+[1-9]\d{6,14}\Z")


def _legal_key(key: str) -> None:
    if ILLEGAL.search(key):
        raise ValidationError("expected a key without forbidden characters")


def _flat_list(value: str) -> None:
    document = orjson.loads(value)
    plain = isinstance(document, dict) and list(document) == ["array"] and isinstance(document["array"], list)
    if not plain or not all(isinstance(text, str) for each in document["array"] for text in each.values()):
        raise ValidationError('expected {"array": [...]} of objects of texts')


_FORMS: Mapping[str, Callable[[str], Any]] = {
    "phone": validate.Regexp(_PHONE),
    "firstName": validate.Length(max=LONGEST_NAME),
    "lastName": validate.Length(max=LONGEST_NAME),
    "occurredAt": validate.Regexp(_LOCAL_TIME),
    **dict.fromkeys(("items", "coupons", "product", "item"), _flat_list),
}


class Param(Schema):
    """A parameter: a name and a text."""

    name = text_field()
    value = fields.String(required=True)

    @validates_schema
    def check_value(self, data: dict[str, Any], **_: Any) -> None:
        """Hold the values that have a form to it."""
        if data["name"] in _FORMS:
            _FORMS[data["name"]](data["value"])


class EventV2(Schema):
    """The body of `/api/v2/event`."""

    eventTypeKey = fields.String(  # noqa: N815 - the vendor's spelling
        required=True, validate=[validate.Length(min=1, max=LONGEST_KEY), _legal_key]
    )
    keyValue = text_field(255, required=False)  # noqa: N815 - the vendor's spelling
    params = fields.List(fields.Nested(Param), required=True)

    @validates_schema
    def check_names(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a name that is there twice."""
        names = [param["name"] for param in data["params"]]
        if len(set(names)) < len(names):
            raise ValidationError("expected each parameter once")


class EventV1(EventV2):
    """The body of `/api/v1/event`."""

    keyValue = text_field(255)  # noqa: N815 - the vendor's spelling


class OrderItem(Schema):
    """An item of an order."""

    externalItemId = text_field()  # noqa: N815 - the vendor's spelling
    name = text_field()
    quantity = JsonNumber(required=True)
    cost = JsonNumber(required=True)
    category = fields.String()
    url = web_field(required=False)
    imageUrl = web_field(required=False)  # noqa: N815 - the vendor's spelling
    description = fields.String()


class Order(Schema):
    """An order."""

    externalOrderId = text_field()  # noqa: N815 - the vendor's spelling
    externalCustomerId = text_field()  # noqa: N815 - the vendor's spelling
    totalCost = JsonNumber(required=True)  # noqa: N815 - the vendor's spelling
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    date = fields.String(required=True, validate=validate.Regexp(_LOCAL_TIME))
    currency = fields.String(required=True, validate=validate.Regexp(r"[A-Z]{3}\Z"))
    email = email_field(required=False)
    phone = fields.String(validate=validate.Regexp(_PHONE))
    firstName = text_field(LONGEST_NAME, required=False)  # noqa: N815 - the vendor's spelling
    lastName = text_field(LONGEST_NAME, required=False)  # noqa: N815 - the vendor's spelling
    shipping = JsonNumber()
    discount = JsonNumber()
    taxes = JsonNumber()
    restoreUrl = web_field(required=False)  # noqa: N815 - the vendor's spelling
    statusDescription = text_field(required=False)  # noqa: N815 - the vendor's spelling
    source = text_field(required=False)
    deliveryMethod = text_field(required=False)  # noqa: N815 - the vendor's spelling
    paymentMethod = text_field(required=False)  # noqa: N815 - the vendor's spelling
    deliveryAddress = text_field(required=False)  # noqa: N815 - the vendor's spelling
    additionalInfo = fields.Dict(keys=fields.String(), values=fields.String())  # noqa: N815 - the vendor's spelling
    items = fields.List(fields.Nested(OrderItem))


class Orders(Schema):
    """The body of `/api/v1/orders`."""

    orders = fields.List(fields.Nested(Order), required=True, validate=validate.Length(min=1, max=1000))
