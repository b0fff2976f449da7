"""The bodies Remarkety accepts, as it documents them: what must be there and of which type.

The vendor answers 400 to what it does not accept, so these schemas do not run with every delivery; the tests hold
every payload against them.
"""

import re

from marshmallow import INCLUDE, Schema, fields, validate

from outhaul_worker.destinations.payload_fields import JsonNumber, email_field, flag_field, text_field, web_field
from outhaul_worker.destinations.remarkety.names import family

_OFFSET_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")


def _time(*, required: bool = True) -> fields.String:
    return fields.String(required=required, validate=validate.Regexp(_OFFSET_TIME))


class Named(Schema):
    """A status: what the shop calls it, and its code."""

    code = fields.String()
    name = text_field()


class Reference(Schema):
    """A group of customers."""

    id = fields.String()
    name = fields.String()


class Address(Schema):
    """A postal address."""

    country = fields.String()
    country_code = fields.String()
    province_code = fields.String()
    region = fields.String()
    zip = fields.String()
    city = fields.String()
    street = fields.String()
    phone = fields.String()


class Rewards(Schema):
    """A customer's standing in a reward programme."""

    points = JsonNumber(required=True)


class Customer(Schema):
    """The body of `customers/create` and `customers/update`."""

    email = email_field()
    accepts_marketing = flag_field(allow_none=True)
    id = fields.String()
    first_name = fields.String()
    last_name = fields.String()
    title = fields.String()
    created_at = _time(required=False)
    updated_at = _time(required=False)
    birthdate = fields.Date(format="iso")
    gender = fields.String(validate=validate.OneOf(["M", "F"]))
    default_address = fields.Nested(Address)
    groups = fields.List(fields.Nested(Reference))
    tags = fields.List(fields.String())
    append_tags = flag_field()
    rewards = fields.Nested(Rewards)
    verified_email = flag_field()
    info = fields.Dict(keys=fields.String())


class OrderCustomer(Customer):
    """The customer in an order."""

    accepts_marketing = flag_field(required=True, allow_none=True)
    created_at = _time()
    updated_at = _time()


class CartCustomer(Customer):
    """The customer in a cart."""

    id = text_field()
    accepts_marketing = flag_field(required=True, allow_none=True)


class DiscountCode(Schema):
    """A coupon."""

    code = text_field()
    amount = JsonNumber(required=True)
    type = fields.String()


class ShippingLine(Schema):
    """A way of shipping."""

    title = text_field()
    price = JsonNumber(required=True)
    code = fields.String()


class TaxLine(Schema):
    """A tax; its rate is a share from 0 to 1."""

    title = text_field()
    price = JsonNumber(required=True)
    rate = JsonNumber(validate=validate.Range(min=0, max=1))


class LineItem(Schema):
    """A product in a cart or order."""

    product_id = text_field()
    sku = text_field()
    name = text_field()
    url = web_field()
    image = web_field()
    quantity = JsonNumber(required=True)
    price = JsonNumber(required=True)
    title = fields.String()
    variant_title = fields.String()
    vendor = fields.String()


class Purchase(Schema):
    """What carts and orders have in common."""

    id = text_field()
    created_at = _time()
    updated_at = _time()
    line_items = fields.List(fields.Nested(LineItem), required=True)
    total_price = JsonNumber(required=True)
    total_discounts = JsonNumber(required=True, validate=validate.Range(min=0))
    subtotal_price = JsonNumber()
    total_shipping = JsonNumber()
    total_tax = JsonNumber()
    taxes_included = flag_field()
    discount_codes = fields.List(fields.Nested(DiscountCode))
    shipping_lines = fields.List(fields.Nested(ShippingLine))
    tax_lines = fields.List(fields.Nested(TaxLine))


class Order(Purchase):
    """The body of `orders/create` and `orders/update`."""

    customer = fields.Nested(OrderCustomer, required=True)
    status = fields.Nested(Named, required=True)
    subtotal_price = JsonNumber(required=True)
    total_shipping = JsonNumber(required=True)
    total_tax = JsonNumber(required=True)
    currency = fields.String(validate=validate.Regexp(r"[A-Z]{3}"))
    email = email_field(required=False)
    name = fields.String()
    note = fields.String()
    channel = fields.String()
    test = flag_field()
    fulfillment_status = fields.String()
    financial_status = fields.Nested(Named)
    billing_address = fields.Nested(Address)
    shipping_address = fields.Nested(Address)
    payment_method = fields.String()


class Cart(Purchase):
    """The body of `carts/create` and `carts/update`."""

    abandoned_checkout_url = web_field()
    accepts_marketing = flag_field(required=True, allow_none=True)
    currency = fields.String(required=True, validate=validate.Regexp(r"[A-Z]{3}"))
    customer = fields.Nested(CartCustomer, required=True, allow_none=True)
    email = email_field(allow_none=True)
    cart_token = fields.String()


class Image(Schema):
    """A picture of a product."""

    src = web_field()


class Category(Schema):
    """A category of the shop."""

    code = fields.String()
    name = fields.String()


class Variant(Schema):
    """One variant of a product; a product without variants is its own."""

    id = text_field()
    product_id = text_field()
    sku = text_field()
    title = text_field()
    image = web_field()
    inventory_quantity = JsonNumber(required=True)
    price = JsonNumber()
    currency = fields.String(validate=validate.Regexp(r"[A-Z]{3}"))
    barcode = fields.String()
    created_at = _time(required=False)
    updated_at = _time(required=False)


class Product(Schema):
    """The body of `products/create` and `products/update`."""

    id = text_field()
    sku = text_field()
    title = text_field()
    url = web_field()
    vendor = text_field()
    product_exists = flag_field(required=True)
    created_at = _time()
    updated_at = _time(required=False)
    image = fields.Nested(Image, required=True)
    images = fields.List(fields.Nested(Image))
    variants = fields.List(fields.Nested(Variant), required=True, validate=validate.Length(min=1))
    categories = fields.List(fields.Nested(Category))
    body_html = fields.String()


class Subscribe(Schema):
    """The body of `newsletter/subscribe`."""

    email = email_field()
    first_name = fields.String()
    last_name = fields.String()
    sms_phone_number_e164 = fields.String(validate=validate.Regexp(r"\+[1-9]\d{6,14}"))
    customerId = fields.String()  # noqa: N815 - the vendor's spelling
    tags = fields.List(fields.String())
    double_optin_required = flag_field()


class Unsubscribe(Schema):
    """The body of `newsletter/unsubscribe`."""

    email = email_field()


class Custom(Schema):
    """The body of a custom event: free, but for what Outhaul puts into each."""

    class Meta:
        unknown = INCLUDE

    event_id = text_field()
    occurred_at = _time()
    email = email_field(required=False)
    customer_id = fields.String()
    customer = fields.Dict(keys=fields.String(), required=True)


def schema_of(name: str) -> Schema:
    """The schema of the body that goes out under a Remarkety event name."""
    if family(name) == "newsletter":
        return Unsubscribe() if "unsub" in name.lower() else Subscribe()
    families: dict[str, type[Schema]] = {"customers": Customer, "orders": Order, "carts": Cart, "products": Product}
    return families.get(family(name), Custom)()
