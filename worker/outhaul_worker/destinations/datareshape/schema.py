"""The body DATA Reshape accepts, as it documents it: what must be there, of which type, within which bounds.

The vendor says what it does not accept, so this schema does not run with every delivery; the tests hold every payload
against it.
"""

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from outhaul_worker.destinations.datareshape.names import PURCHASE, REVERSAL
from outhaul_worker.destinations.payload_fields import JsonNumber, flag_field, free_field, text_field, whole_field

_CURRENCY = re.compile(r"[A-Z]{3}")
_EMAIL_OR_HASH = re.compile(r"[^@\s]+@[^@\s]+$|[0-9a-f]{64}$")
_PHONE_OR_HASH = re.compile(r"\+[1-9]\d{6,14}$|[0-9a-f]{64}$")
_NEED_IDS = frozenset({PURCHASE, REVERSAL, "lead_created"})
# Times of before 1973 in milliseconds look like times of today in seconds; only the latter happens by mistake.
_LEAST_MILLISECONDS = 10**11


def _currency(*, required: bool = False) -> fields.String:
    return fields.String(required=required, validate=validate.Regexp(_CURRENCY))


def _percent() -> JsonNumber:
    return JsonNumber(validate=validate.Range(min=0, max=50))


def _milliseconds() -> fields.Integer:
    return whole_field(validate=validate.Range(min=_LEAST_MILLISECONDS))


class Described(Schema):
    """The event: its name, what it is worth, in which currency, and the id that tells repeats."""

    name = text_field()
    value = JsonNumber(required=True)
    currency = _currency(required=True)
    exchange_rate = JsonNumber()
    id = text_field(required=False)
    properties = free_field()


class Context(Schema):
    """Where the event comes from."""

    environment = fields.String(required=True, validate=validate.OneOf(["prod", "dev"]))
    data_source = text_field()
    user_agent = fields.String()
    override_ip = fields.IP()
    url = text_field(required=False)
    landing_url = fields.String()
    referrer_url = fields.String()


class Category(Schema):
    """A category of a product."""

    name = text_field()
    id = fields.String()


class Charge(Schema):
    """A way of shipping or a coupon."""

    name = text_field()
    value = JsonNumber(required=True)
    tax_included = flag_field()
    tax_percent = _percent()
    id = fields.String()
    type = fields.String()
    currency = _currency()
    exchange_rate = JsonNumber()


class Payment(Schema):
    """A way of payment."""

    name = text_field()
    value = JsonNumber(required=True)
    id = fields.String()
    type = fields.String()


class Product(Schema):
    """A product as it was seen, bought or taken back."""

    id = text_field()
    name = text_field()
    price_base = JsonNumber(required=True)
    price = JsonNumber(required=True)
    tax_included = flag_field(required=True)
    tax_percent = _percent()
    quantity = JsonNumber(required=True)
    category = fields.String()
    parent_id = fields.String()
    stock_status = flag_field()
    parent_name = fields.String()
    sku = fields.String()
    parent_sku = fields.String()
    gtin = fields.String()
    mpn = fields.String()
    ean = fields.String()
    brand = fields.String()
    type = fields.String()
    stock_location = fields.String()
    created_at = _milliseconds()
    url = fields.String()
    parent_url = fields.String()
    image = fields.String()
    images = fields.List(fields.String())
    categories = fields.List(fields.Nested(Category))
    coupons = fields.List(fields.Nested(Charge))
    properties = free_field()
    currency = _currency()
    exchange_rate = JsonNumber()

    @validates_schema
    def _prices(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("price_base", 0) < data.get("price", 0):
            raise ValidationError({"price_base": ["Less than price."]})


class User(Schema):
    """The customer; nothing of it is mandatory."""

    id = fields.String()
    email = fields.String(validate=validate.Regexp(_EMAIL_OR_HASH))
    phone = fields.String(validate=validate.Regexp(_PHONE_OR_HASH))
    first_name = fields.String()
    last_name = fields.String()
    country = fields.String()
    region = fields.String()
    city = fields.String()
    street = fields.String()
    postal_code = fields.String()
    orders_total_number = JsonNumber()
    orders_canceled_number = JsonNumber()
    orders_total_value = JsonNumber()
    orders_refunded_value = JsonNumber()
    predicted_value = JsonNumber()
    created_at = _milliseconds()
    properties = free_field()


class Consent(Schema):
    """What the visitor allowed, each of the three said."""

    analytics = flag_field(required=True)
    personalization = flag_field(required=True)
    marketing = flag_field(required=True)


class EventCreate(Schema):
    """The whole body."""

    event = fields.Nested(Described, required=True)
    context = fields.Nested(Context, required=True)
    products = fields.List(fields.Nested(Product))
    shipping = fields.List(fields.Nested(Charge))
    payments = fields.List(fields.Nested(Payment))
    coupons = fields.List(fields.Nested(Charge))
    user = fields.Nested(User)
    consent = fields.Nested(Consent, required=True)
    cookies = fields.Dict(keys=fields.String(), values=fields.String())

    @validates_schema
    def _id(self, data: dict[str, Any], **_: Any) -> None:
        event = data.get("event", {})
        if event.get("name") in _NEED_IDS and not event.get("id"):
            raise ValidationError({"event": {"id": ["Missing data for required field."]}})
