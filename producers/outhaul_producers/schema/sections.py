"""The sections an event is made of: who, what was bought, where it was seen."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

from outhaul_producers.schema.free import Free
from outhaul_producers.schema.moments import Day, Moment
from outhaul_producers.schema.numbers import Flag, Money, Number
from outhaul_producers.schema.section import Many, Part, Section
from outhaul_producers.schema.text import (
    Choice,
    Email,
    Identifier,
    Ip,
    Phone,
    Text,
    country_code,
    currency_code,
    language_tag,
    location,
    web_address,
)

TOTALS_TOLERANCE = Decimal("0.02")
_SUMMANDS = ("subtotal", "discount", "shipping", "tax")

_OWN_DATA = "put data of your own under properties"


class Address(Section):
    """A postal address with the name and the telephone number on the parcel."""

    first_name = Text(personal=True)
    last_name = Text(personal=True)
    company = Text()
    street = Text(personal=True)
    street2 = Text(personal=True)
    city = Text(personal=True)
    region = Text()
    region_code = Text(16)
    postal_code = Text(32, personal=True)
    country = country_code()
    phone = Phone()
    email = Email()


class Reference(Section):
    """Something with an id, a name or both: a customer's group, a product's category."""

    any_of: ClassVar[tuple[str, ...]] = ("id", "name")

    id = Identifier()
    name = Text(least=1)


class CustomerStats(Section):
    """What a customer has been worth so far; values are amounts in the shop's main currency."""

    orders_total_number = Number(least=0, whole=True)
    orders_canceled_number = Number(least=0, whole=True)
    orders_total_value = Money()
    orders_refunded_value = Money()
    predicted_value = Money()


class Customer(Section):
    """Who it is about. `accepts_marketing` null means unknown, which is not false."""

    any_of: ClassVar[tuple[str, ...]] = ("id", "email", "phone", "username")
    advice: ClassVar[str] = _OWN_DATA

    id = Identifier()
    email = Email()
    phone = Phone()
    username = Text(personal=True)
    first_name = Text(personal=True)
    last_name = Text(personal=True)
    title = Text(64)
    gender = Choice("M", "F", "X")
    birthdate = Day()
    accepts_marketing = Flag(allow_none=True)
    verified_email = Flag()
    groups = Many(Part(Reference), most=100)
    tags = Many(Text(least=1), most=250)
    append_tags = Flag()
    reward_points = Number()
    address = Part(Address)
    created_at = Moment()
    updated_at = Moment()
    push_arn = Text(2048, least=1)
    stats = Part(CustomerStats)
    properties = Free()


class Line(Section):
    """A shipping line, payment, coupon or tax: what it is called and what it amounts to."""

    any_of: ClassVar[tuple[str, ...]] = ("code", "name")

    id = Identifier()
    code = Text(128, least=1)
    name = Text(least=1)
    type = Text(64, least=1)
    amount = Money(required=True)
    tax_included = Flag()
    tax_percent = Number(least=0, most=50)
    currency = currency_code()
    tracking_carrier = Text(128, least=1)
    tracking_number = Text(128, least=1)


class Totals(Section):
    """The money of an order or cart; what is absent counts as 0."""

    subtotal = Money()
    discount = Money(negative=False)
    shipping = Money()
    tax = Money()
    tax_included = Flag()
    total = Money(required=True)

    def contradictions(self, found: dict[str, Any]) -> dict[str, Any]:
        """Refuse totals that do not add up; without a subtotal there is nothing to add up."""
        if "subtotal" not in found:
            return {}
        subtotal, discount, shipping, tax = (Decimal(found.get(name, 0)) for name in _SUMMANDS)
        untaxed = subtotal - discount + shipping
        total = Decimal(found["total"])
        included = found.get("tax_included")
        possible = ([] if included is False else [untaxed]) + ([] if included else [untaxed + tax])
        if any(abs(total - sum_) <= TOTALS_TOLERANCE for sum_ in possible):
            return {}
        wanted = " or ".join(str(sum_) for sum_ in dict.fromkeys(possible))
        rule = "subtotal - discount + shipping, and + tax unless tax_included"
        return {"total": f"expected {wanted} ({rule}; at most 0.02 off), got {found['total']}"}


class Goods(Section):
    """What items, products and variants have in common: everything about the thing itself."""

    advice: ClassVar[str] = _OWN_DATA

    product_id = Identifier()
    variant_id = Identifier()
    parent_id = Identifier()
    sku = Text(128, least=1)
    parent_sku = Text(128, least=1)
    name = Text(512, least=1)
    parent_name = Text(512)
    variant_title = Text()
    color = Text()
    size = Text()
    style = Text()
    brand = Text()
    category = Text(512)
    categories = Many(Part(Reference), most=50)
    quantity = Number(above_zero=True)
    previous_quantity = Number(least=0)
    price = Money()
    price_base = Money()
    tax_included = Flag()
    tax_percent = Number(least=0, most=50)
    url = web_address()
    parent_url = web_address()
    image = web_address()
    images = Many(web_address(), most=50)
    gtin = Text(64, least=1)
    mpn = Text(128, least=1)
    ean = Text(64, least=1)
    product_type = Text()
    stock_status = Flag()
    stock_location = Text()
    inventory_quantity = Number(whole=True)
    published = Flag()
    description_html = Text(49_152, lines=True)
    coupons = Many(Part(Line), most=50)
    created_at = Moment()
    updated_at = Moment()
    properties = Free()


class Variant(Goods):
    """One variant of a product; what it does not say is the product's."""

    variant_id = Identifier(required=True)


class Item(Goods):
    """A product as it was sold, put in a cart or looked at. No `quantity` means 1."""

    product_id = Identifier(required=True)
    name = Text(512, least=1, required=True)
    price = Money(required=True)
    variants = Many(Part(Variant), most=250)


class Status(Section):
    """How far an order or item is: the shop's code, its name for people, or both."""

    any_of: ClassVar[tuple[str, ...]] = ("code", "name")

    code = Text(64, least=1)
    name = Text(least=1)


class StatusPart(Part):
    """A status; a plain string is taken as its name."""

    def __init__(self) -> None:
        super().__init__(Status)

    def read(self, value: Any) -> dict[str, Any]:
        """Return the status object."""
        return super().read({"name": value} if isinstance(value, str) else value)

    def reader(self) -> Callable[[Any], Any]:
        """Read status objects the fast way, others fully."""
        read_object = super().reader()
        return lambda value: read_object(value) if type(value) is dict else self.read(value)


class UpdatedItem(Item):
    """The one item of an order that changed."""

    order_id = Identifier(required=True)
    status = StatusPart()
    previous_status = StatusPart()


class Order(Section):
    """An order. For a cancellation or refund, `items` are those taken back."""

    advice: ClassVar[str] = _OWN_DATA

    id = Identifier(required=True)
    number = Text(128, least=1)
    status = StatusPart()
    previous_status = StatusPart()
    financial_status = Text(64, least=1)
    fulfillment_status = Text(64, least=1)
    created_at = Moment()
    updated_at = Moment()
    confirmed = Flag()
    currency = currency_code(required=True)
    exchange_rate = Number(above_zero=True)
    totals = Part(Totals)
    items = Many(Part(Item), least=1, required=True)
    shipping_lines = Many(Part(Line), most=50)
    payments = Many(Part(Line), most=50)
    coupons = Many(Part(Line), most=50)
    tax_lines = Many(Part(Line), most=50)
    billing_address = Part(Address)
    shipping_address = Part(Address)
    note = Text(8192, lines=True, personal=True)
    test = Flag()
    cancel_reason = Text(1024, lines=True)


class Cart(Section):
    """A cart; keep its id over its life. `url` brings the customer back to it."""

    advice: ClassVar[str] = _OWN_DATA

    id = Identifier(required=True)
    token = Text(least=1)
    url = web_address()
    created_at = Moment()
    updated_at = Moment()
    currency = currency_code()
    totals = Part(Totals)
    items = Many(Part(Item))
    coupons = Many(Part(Line), most=50)
    shipping_lines = Many(Part(Line), most=50)
    payments = Many(Part(Line), most=50)

    def contradictions(self, found: dict[str, Any]) -> dict[str, Any]:
        """Refuse amounts without a currency; an empty cart needs none."""
        if "currency" in found or not (found.get("items") or "totals" in found):
            return {}
        return {"currency": "expected an ISO 4217 currency code, as the cart holds amounts, got nothing"}


class Context(Section):
    """Where and with what it happened. `utc_offset_minutes` has ISO's sign: +120 is east of Greenwich."""

    user_agent = Text(1024)
    ip = Ip()
    url = location()
    landing_url = location()
    referrer_url = location()
    page_title = Text(512)
    language = language_tag()
    utc_offset_minutes = Number(least=-840, most=840, whole=True)
    device_type = Text(64)


class Consent(Section):
    """What the visitor allowed; all three or no consent section at all."""

    analytics = Flag(required=True)
    personalization = Flag(required=True)
    marketing = Flag(required=True)


class Search(Section):
    """What was looked for, and what was found."""

    term = Text(512, required=True)
    results = Many(Part(Goods), most=250)


class Page(Section):
    """The page that was looked at. `category` is what its list of products is called."""

    any_of: ClassVar[tuple[str, ...]] = ("url", "path", "name", "title", "category")
    advice: ClassVar[str] = _OWN_DATA

    url = location()
    path = Text(2048)
    name = Text()
    title = Text(512)
    category = Text(512, least=1)
    referrer_url = location()
    language = language_tag()
    products = Many(Part(Goods), most=250)


class Subscription(Section):
    """How a newsletter was subscribed to."""

    channel = Choice("email", "sms")
    double_optin = Flag()


class Transaction(Section):
    """One booking that a payout consists of."""

    id = Identifier()
    order_id = Identifier()
    type = Text(64, least=1)
    amount = Money(required=True)
    fee = Money()
    currency = currency_code()
    created_at = Moment()


class Payout(Section):
    """Money that a marketplace paid to a seller."""

    id = Identifier()
    type = Text(64, least=1)
    total = Money(required=True)
    fee = Money()
    currency = currency_code()
    transactions = Many(Part(Transaction), most=500)
