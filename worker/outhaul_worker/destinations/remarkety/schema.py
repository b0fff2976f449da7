"""The bodies Remarkety accepts, as it documents them: what must be there and of which type.

The vendor answers 400 to what it does not accept, so these schemas do not run with every delivery; the tests hold
every payload against them.
"""

import re

from marshmallow import INCLUDE, Schema, fields, validate

from outhaul_worker.destinations.remarkety.names import family

_OFFSET_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")


def _text(*, required: bool = True) -> fields.String:
    return fields.String(required=required, validate=validate.Length(min=1))


def _time(*, required: bool = True) -> fields.String:
    return fields.String(required=required, validate=validate.Regexp(_OFFSET_TIME))


def _email(*, required: bool = True, allow_none: bool = False) -> fields.String:
    return fields.String(required=required, allow_none=allow_none, validate=validate.Regexp(r"[^@\s]+@[^@\s]+$"))


def _web() -> fields.String:
    return fields.String(required=True, validate=validate.Regexp(r"(?i)https?://"))


def _flag(*, required: bool = False, allow_none: bool = False) -> fields.Boolean:
    return fields.Boolean(required=required, allow_none=allow_none, truthy={True}, falsy={False})


class JsonNumber(fields.Float):
    """A number that is written as one: no text, no true or false."""

    def _validated(self, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class Named(Schema):
    """A status: what the shop calls it, and its code."""

    code = fields.String()
    name = _text()


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

    email = _email()
    accepts_marketing = _flag(allow_none=True)
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
    append_tags = _flag()
    rewards = fields.Nested(Rewards)
    verified_email = _flag()
    info = fields.Dict(keys=fields.String())


class OrderCustomer(Customer):
    """The customer in an order."""

    accepts_marketing = _flag(required=True, allow_none=True)
    created_at = _time()
    updated_at = _time()


class CartCustomer(Customer):
    """The customer in a cart."""

    id = _text()
    accepts_marketing = _flag(required=True, allow_none=True)


class DiscountCode(Schema):
    """A coupon."""

    code = _text()
    amount = JsonNumber(required=True)
    type = fields.String()


class ShippingLine(Schema):
    """A way of shipping."""

    title = _text()
    price = JsonNumber(required=True)
    code = fields.String()


class TaxLine(Schema):
    """A tax; its rate is a share from 0 to 1."""

    title = _text()
    price = JsonNumber(required=True)
    rate = JsonNumber(validate=validate.Range(min=0, max=1))


class LineItem(Schema):
    """A product in a cart or order."""

    product_id = _text()
    sku = _text()
    name = _text()
    url = _web()
    image = _web()
    quantity = JsonNumber(required=True)
    price = JsonNumber(required=True)
    title = fields.String()
    variant_title = fields.String()
    vendor = fields.String()


class Purchase(Schema):
    """What carts and orders have in common."""

    id = _text()
    created_at = _time()
    updated_at = _time()
    line_items = fields.List(fields.Nested(LineItem), required=True)
    total_price = JsonNumber(required=True)
    total_discounts = JsonNumber(required=True, validate=validate.Range(min=0))
    subtotal_price = JsonNumber()
    total_shipping = JsonNumber()
    total_tax = JsonNumber()
    taxes_included = _flag()
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
    email = _email(required=False)
    name = fields.String()
    note = fields.String()
    channel = fields.String()
    test = _flag()
    fulfillment_status = fields.String()
    financial_status = fields.Nested(Named)
    billing_address = fields.Nested(Address)
    shipping_address = fields.Nested(Address)
    payment_method = fields.String()


class Cart(Purchase):
    """The body of `carts/create` and `carts/update`."""

    abandoned_checkout_url = _web()
    accepts_marketing = _flag(required=True, allow_none=True)
    currency = fields.String(required=True, validate=validate.Regexp(r"[A-Z]{3}"))
    customer = fields.Nested(CartCustomer, required=True, allow_none=True)
    email = _email(allow_none=True)
    cart_token = fields.String()


class Image(Schema):
    """A picture of a product."""

    src = _web()


class Category(Schema):
    """A category of the shop."""

    code = fields.String()
    name = fields.String()


class Variant(Schema):
    """One variant of a product; a product without variants is its own."""

    id = _text()
    product_id = _text()
    sku = _text()
    title = _text()
    image = _web()
    inventory_quantity = JsonNumber(required=True)
    price = JsonNumber()
    currency = fields.String(validate=validate.Regexp(r"[A-Z]{3}"))
    barcode = fields.String()
    created_at = _time(required=False)
    updated_at = _time(required=False)


class Product(Schema):
    """The body of `products/create` and `products/update`."""

    id = _text()
    sku = _text()
    title = _text()
    url = _web()
    vendor = _text()
    product_exists = _flag(required=True)
    created_at = _time()
    updated_at = _time(required=False)
    image = fields.Nested(Image, required=True)
    images = fields.List(fields.Nested(Image))
    variants = fields.List(fields.Nested(Variant), required=True, validate=validate.Length(min=1))
    categories = fields.List(fields.Nested(Category))
    body_html = fields.String()


class Subscribe(Schema):
    """The body of `newsletter/subscribe`."""

    email = _email()
    first_name = fields.String()
    last_name = fields.String()
    sms_phone_number_e164 = fields.String(validate=validate.Regexp(r"\+[1-9]\d{6,14}"))
    customerId = fields.String()  # noqa: N815 - the vendor's spelling
    tags = fields.List(fields.String())
    double_optin_required = _flag()


class Unsubscribe(Schema):
    """The body of `newsletter/unsubscribe`."""

    email = _email()


class Custom(Schema):
    """The body of a custom event: free, but for what Outhaul puts into each."""

    class Meta:
        unknown = INCLUDE

    event_id = _text()
    occurred_at = _time()
    email = _email(required=False)
    customer_id = fields.String()
    customer = fields.Dict(keys=fields.String(), required=True)


def schema_of(name: str) -> Schema:
    """The schema of the body that goes out under a Remarkety event name."""
    if family(name) == "newsletter":
        return Unsubscribe() if "unsub" in name.lower() else Subscribe()
    families: dict[str, type[Schema]] = {"customers": Customer, "orders": Order, "carts": Cart, "products": Product}
    return families.get(family(name), Custom)()
