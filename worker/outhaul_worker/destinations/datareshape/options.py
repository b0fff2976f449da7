"""What a DATA Reshape destination is configured with."""

from typing import Any

from marshmallow import Schema, fields, validate

from outhaul_config.fields import Expected, choice, flag, number, text
from outhaul_producers.schema.codes import CURRENCIES
from outhaul_worker.destinations.datareshape.names import NAME_EXPECTED, PUBLISHED, is_name, misfit
from outhaul_worker.destinations.options import base_address, event_names, header_secret

_EVENTS_EXPECTED = 'a list of event names, such as ["checkout_completed", "product_viewed"]'


def _currency(value: Any) -> str:
    if value not in CURRENCIES:
        raise ValueError
    return str(value)


def _event_name(value: Any) -> str:
    if not is_name(value):
        raise ValueError
    return str(value)


def _path(value: Any) -> str:
    # The script's id follows as the query, and the test address is made by appending to the path.
    if not isinstance(value, str) or not value.startswith("/") or not value.isascii() or not value.isprintable():
        raise ValueError
    if any(character in value for character in " ?#"):
        raise ValueError
    return value.rstrip("/")


class DataReshapeOptions(Schema):
    """Options of the kind `datareshape`."""

    base_url = base_address(
        required=True,
        metadata={"description": "Your address at DATA Reshape, such as `https://shop.datareshape.net`."},
    )
    script_id = text(
        r"[A-Z0-9]{8}",
        "the script id from DATA Reshape, 8 capital letters and digits",
        required=True,
        metadata={
            "description": "Script id, from DATA Reshape's team.",
            "credential": "names the account's script; part of the address of every request",
        },
    )
    access_token = header_secret(
        required=True,
        metadata={
            "description": "Access token, sent as `x-dre-access-token`.",
            "credential": "the account's token, sent with every request in the header x-dre-access-token",
        },
    )
    currency = Expected(
        _currency,
        'an ISO 4217 currency code such as "RON"',
        required=True,
        metadata={"description": "The shop's currency, for events that name none; DATA Reshape wants one with each."},
    )
    events = fields.List(
        Expected(_event_name, NAME_EXPECTED),
        load_default=lambda: list(PUBLISHED),
        validate=validate.Length(min=1, error=_EVENTS_EXPECTED),
        error_messages=dict.fromkeys(("null", "invalid"), _EVENTS_EXPECTED),
        metadata={"description": "The event names set up in your account; everything else is skipped."},
    )
    names = event_names(
        misfit,
        metadata={"description": "Event names by canonical type, in place of the table's; they count as set up."},
    )
    data_source = text(
        r"[ -~]{1,64}",
        "1 to 64 visible ASCII characters",
        load_default="",
        metadata={"description": "What is sent as `context.data_source`; without it the event's `channel`."},
    )
    tax_percent = number(
        0,
        50,
        load_default=None,
        metadata={
            "description": "Tax on products that name none, in percent; without it your account's standard rate."
        },
    )
    newsletter_leads = flag(
        load_default=False,
        metadata={"description": "Whether `newsletter.subscribed` is sent as `lead_created`."},
    )
    confirm_by_update = flag(
        load_default=True,
        metadata={"description": "Whether `order.updated` with `confirmed` true is sent as `checkout_completed`."},
    )
    hash_pii = flag(
        load_default=False,
        metadata={"description": "Whether e-mail address and phone number are sent as SHA-256."},
    )
    test = choice(
        "off",
        "path",
        "environment",
        load_default="off",
        metadata={
            "description": "Have events checked and not processed: by the `/test` address, or by the environment `dev`."
        },
    )
    path = Expected(
        _path,
        "a path that starts with / and has no '?', '#' or spaces",
        load_default="/webhooks/reshape/event",
        metadata={"description": "Where below `base_url` events are posted to."},
    )
