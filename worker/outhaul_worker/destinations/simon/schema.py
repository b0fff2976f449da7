"""The bodies Simon accepts, as it documents them, without what is added on sending: partner, secret, time of sending.

Simon answers 200 to what it does not accept and drops it, so every payload is held against these schemas before it is
sent. They are strict: a key that Simon does not know is more likely a mistake than something it would use.
"""

# ruff: noqa: N815 - the names of the fields are the vendor's

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar, cast

from marshmallow import ValidationError

from outhaul_producers.problems import flattened
from outhaul_producers.schema.section import Many, Part, Section, Value
from outhaul_worker.destinations.simon import fields
from outhaul_worker.destinations.simon.names import IDENTIFY, LONGEST_NAME
from outhaul_worker.destinations.simon.parts import LONGEST_CLIENT_ID

Schema = TypeVar("Schema", bound=Section)


def _extended(base: type[Schema], name: str, own: Mapping[str, Value]) -> type[Schema]:
    """A schema with fields of its own beside its base's, whatever they are called."""
    return cast("type[Schema]", base.from_dict(dict(own), name=name))


class Known(Section):
    """An object of which all keys are known; what else there is to tell stands under its `properties`."""

    advice: ClassVar[str] = "put data of your own under properties.properties"


class Page(Known):
    """The page an event happened on."""

    url = fields.filled()


class Device(Known):
    """The device an event happened on."""

    type = fields.filled()


class Surroundings(Known):
    """What sends the event, and where it happened."""

    debug = fields.flag()
    name = fields.text()
    version = fields.text()
    userAgent = fields.text()
    page = Part(Page)
    device = Part(Device)


Context = _extended(Surroundings, "Context", {"page.url": fields.filled(), "device.type": fields.filled()})


class Traits(Known):
    """Who it is; without an e-mail address the whole event is invalid."""

    email = fields.email(required=True)
    userId = fields.text()
    username = fields.text()
    firstName = fields.text()
    lastName = fields.text()
    name = fields.text()
    ARN = fields.push_address()
    properties = fields.free()


class Goods(Known):
    """What is known of a product."""

    productId = fields.filled()
    variant = fields.filled()
    quantity = fields.count()
    productImageUrl = fields.web_address()
    productUrl = fields.web_address()
    brand = fields.text()
    category = fields.category()
    color = fields.text()
    productName = fields.text()
    size = fields.text()
    style = fields.text()
    price = fields.amount()
    properties = fields.free()


class CartItem(Goods):
    """A product in a cart or order, or taken out of one."""

    productId = fields.filled(required=True)
    variant = fields.filled(required=True)
    quantity = fields.count(required=True)


class PageView(Known):
    """Properties of `page_view`."""

    title = fields.text()
    language = fields.text()
    referrer = fields.text()
    properties = fields.free()


class Product(Goods):
    """Properties of `product_view` and `favorite`."""

    productId = fields.filled(required=True)


class Waitlist(Product):
    """Properties of `waitlist`."""

    variant = fields.filled(required=True)


class AddToCart(CartItem):
    """Properties of `add_to_cart`; the cart is whole, with what was added."""

    cartItems = Many(Part(CartItem))


class UpdateCart(Goods):
    """Properties of `update_cart`."""

    previousQuantity = fields.count()
    cartItems = Many(Part(CartItem))


class Cart(Known):
    """Properties of `cart`."""

    cartItems = Many(Part(CartItem), required=True)
    properties = fields.free()


class Transaction(Cart):
    """Properties of `complete_transaction`; the revenue is without shipping and tax."""

    transactionId = fields.filled(required=True)
    revenue = fields.amount(required=True)
    shipping = fields.amount()
    tax = fields.amount()
    promotion = fields.text()


class Registration(Known):
    """Properties of `registration`."""

    email = fields.email(required=True)
    username = fields.text()
    userId = fields.text()
    optIn = fields.flag()
    firstName = fields.text()
    lastName = fields.text()
    name = fields.text()
    properties = fields.free()


class Authentication(Known):
    """Properties of `authentication`; the ARN is that of an AWS SNS endpoint."""

    userId = fields.filled(required=True)
    isLoggedIn = fields.flag(required=True)
    ARN = fields.push_address(required=True)
    email = fields.email()
    properties = fields.free()


class Custom(Known):
    """Properties of `custom`."""

    eventName = fields.filled(LONGEST_NAME, required=True)
    requiresIdentity = fields.flag()
    properties = fields.free()


class Envelope(Known):
    """What every event has."""

    clientId = fields.filled(LONGEST_CLIENT_ID, required=True)
    ipAddress = fields.internet_address()
    timezone = fields.minutes(-840, 720)
    context = Part(Context, required=True)
    traits = Part(Traits)
    userId = fields.filled()


class Identify(Envelope):
    """The body of an identify call."""

    type = fields.exactly(IDENTIFY)
    userId = fields.filled(required=True)
    traits = Part(Traits, required=True)


_PROPERTIES: Mapping[str, type[Known]] = {
    "page_view": PageView,
    "product_view": Product,
    "favorite": Product,
    "waitlist": Waitlist,
    "add_to_cart": AddToCart,
    "remove_from_cart": CartItem,
    "update_cart": UpdateCart,
    "cart": Cart,
    "complete_transaction": Transaction,
    "registration": Registration,
    "authentication": Authentication,
    "custom": Custom,
}


def _track(event: str, properties: type[Known]) -> Known:
    own = {
        "type": fields.exactly("track"),
        "event": fields.exactly(event),
        "properties": Part(properties, required=True),
    }
    return _extended(Envelope, f"Track{properties.__name__}", own)()


# Building a schema takes milliseconds, reading through it microseconds, so there is one of each.
_TRACK: Mapping[str, Known] = MappingProxyType({event: _track(event, own) for event, own in _PROPERTIES.items()})
_IDENTIFY = Identify()


def breaches(payload: Mapping[str, Any]) -> dict[str, str]:
    """What Simon would not accept of a payload, by path such as `properties.cartItems[0].variant`; mostly nothing."""
    event = payload.get("event")
    schema = _IDENTIFY if payload.get("type") == IDENTIFY else _TRACK.get(event if isinstance(event, str) else "")
    if schema is None:
        return {"event": f"expected one of {', '.join(_TRACK)}"}
    try:
        schema.load(payload)
    except ValidationError as error:
        return flattened(error.messages)
    return {}
