"""The envelope: what every event has, and which sections its type asks for."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import ValidationError

from outhaul_producers.problems import refusal, unknown_name
from outhaul_producers.schema.compiled import Plain
from outhaul_producers.schema.free import Free
from outhaul_producers.schema.moments import Moment
from outhaul_producers.schema.numbers import Money, Number
from outhaul_producers.schema.section import ABSENT, Entries, Many, Part, Section
from outhaul_producers.schema.sections import (
    Cart,
    Consent,
    Context,
    Customer,
    Item,
    Order,
    Page,
    Payout,
    Search,
    Subscription,
    UpdatedItem,
)
from outhaul_producers.schema.text import Choice, Formed, Text, currency_code
from outhaul_producers.types import ALIASES, CUSTOM_PREFIX, TYPES, requirements

_ID = re.compile(r"[A-Za-z0-9_-]{3,64}").fullmatch
_TYPE = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+").fullmatch
_URI_REFERENCE = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+").fullmatch
_DESTINATION = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}").fullmatch  # a dot: subscriptions have one
_DESTINATION_NAME = "a destination name such as shop-hooks"
_OVERRIDE_DEPTH = 8


class TypeName(Text):
    """A type of the vocabulary, its Segment name, or `custom.<name>`."""

    expected = "an event type such as order.created"

    def __init__(self, **options: Any) -> None:
        super().__init__(64, least=1, **options)

    def plain(self) -> Plain:
        """Say what needs no reading: a name of the vocabulary."""
        return Plain("type(value) is str and value in {known}", {"known": frozenset(TYPES)})

    def read(self, value: Any) -> str:
        """Return the canonical name of the type."""
        name = super().read(value)
        if name in TYPES:
            return name
        if name in ALIASES:
            return ALIASES[name]
        if name.startswith(CUSTOM_PREFIX):
            if _TYPE(name):
                return name
            raise refusal("custom. and a name of a-z, 0-9, _ and dots, such as custom.quiz_finished", value)
        raise ValidationError(
            unknown_name(name, (*TYPES, *ALIASES), "a known event type", "name your own custom.<name>")
        )


class Envelope(Section):
    """A whole event as a caller gives it; `normalise` fills in what it leaves out."""

    advice: ClassVar[str] = "put data of your own under properties"

    id = Formed(_ID, "3 to 64 letters, digits, _ and -", most=64)
    source = Formed(_URI_REFERENCE, "a URI-reference such as /shops/ro", most=256)
    type = TypeName(required=True)
    specversion = Choice("1.0")
    schema_version = Number(least=1, most=1)
    occurred_at = Moment()
    deliver_after = Moment()
    expires_at = Moment()
    subject = Text(256, least=1)
    environment = Choice("prod", "test")
    channel = Text(64, least=1)
    session_id = Text(45, least=1)
    context = Part(Context)
    consent = Part(Consent)
    cookies = Entries(Text(256, least=1), Text(4096, personal=True), most=100)
    customer = Part(Customer)
    order = Part(Order)
    cart = Part(Cart)
    product = Part(Item)
    item = Part(UpdatedItem)
    search = Part(Search)
    page = Part(Page)
    subscription = Part(Subscription)
    payout = Part(Payout)
    value = Money()
    currency = currency_code()
    properties = Free()
    destinations = Many(Formed(_DESTINATION, _DESTINATION_NAME, most=64), least=1, most=64)
    overrides = Entries(Formed(_DESTINATION, _DESTINATION_NAME, most=64), Free(depth=_OVERRIDE_DEPTH), most=64)

    def lacks(self, given: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
        """Add what the type asks for to what every event must have."""
        missing = super().lacks(given, found)
        for path in requirements(found.get("type", "")):
            section, _, key = path.partition(".")
            if section not in given:
                missing[section] = f"expected this section, as {found['type']} is about it, got nothing"
            elif key and section in found and key not in found[section]:
                missing[section] = {key: ABSENT}
        return missing

    def contradictions(self, found: dict[str, Any]) -> dict[str, Any]:
        """Refuse a value of unknown currency, a destination named twice, and an expiry before the event may be sent."""
        problems: dict[str, Any] = {}
        if "value" in found and "currency" not in found:
            problems["currency"] = "expected an ISO 4217 currency code, as there is a value, got nothing"
        names = found.get("destinations", ())
        if len(set(names)) < len(names):
            problems["destinations"] = "expected each destination once, got one twice"
        # times of the canonical form sort as the text they are
        if "expires_at" in found and found["expires_at"] <= found.get("deliver_after", ""):
            after = found["deliver_after"]
            problems["expires_at"] = f"expected a time later than deliver_after ({after}), got {found['expires_at']}"
        return problems


ENVELOPE = Envelope()
"""The one instance: building it takes milliseconds, reading through it microseconds."""
