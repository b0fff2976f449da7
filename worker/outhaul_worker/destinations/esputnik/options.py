"""What an eSputnik destination is configured with."""

from typing import Any

from marshmallow import Schema, fields

from outhaul_config.fields import choice, flag, text, whole
from outhaul_worker.destinations.esputnik.names import ILLEGAL, LONGEST_KEY
from outhaul_worker.destinations.esputnik.orders import STATUSES
from outhaul_worker.destinations.options import base_address, event_names, header_secret, time_zone

KEY_EXPECTED = f"1 to {LONGEST_KEY} characters without < > ; ' \" ` / \\ | ^ ? ! comma and typographic apostrophe"
_LARGEST_INPUT = 2**53


def _misfit(_: str, name: Any) -> str:
    fitting = isinstance(name, str) and 0 < len(name) <= LONGEST_KEY and name.isprintable() and not ILLEGAL.search(name)
    return "" if fitting else KEY_EXPECTED


class EsputnikOptions(Schema):
    """Options of the kind `esputnik`."""

    api_key = header_secret(
        required=True,
        metadata={
            "description": 'API key, from the account\'s settings; with `auth = "bearer"` an API token.',
            "credential": "the account's key or token, sent with every request in the header authorization",
        },
    )
    time_zone = time_zone(
        required=True,
        metadata={"description": "Time zone of the account's user, such as `Europe/Kyiv`: eSputnik reads times by it."},
    )
    auth = choice(
        "basic",
        "bearer",
        load_default="basic",
        metadata={"description": "How the key is sent: `basic` as a password, `bearer` as a token."},
    )
    api_version = choice(
        "v1",
        "v2",
        load_default="v1",
        metadata={"description": "Version of the resource Generate event: `v1`, or `v2` for web tracking."},
    )
    key_value = choice(
        "contact",
        "event_id",
        load_default="contact",
        metadata={"description": "What makes an event unique at eSputnik: whom it is about, or its own id."},
    )
    allowed_keys = fields.List(
        text(r"[^\x00-\x1f]{1,100}", "a key that the account has"),
        load_default=list,
        metadata={"description": "Keys of the account's event types; with it, events of any other key are skipped."},
    )
    profile_inputs = fields.Dict(
        keys=text(r".{1,255}", "the name of a property of customers"),
        values=whole(1, _LARGEST_INPUT),
        load_default=dict,
        metadata={
            "description": "Ids of additional contact fields, by the customer's property that fills them; sent in the"
            " parameter `json`."
        },
    )
    orders_api = flag(
        load_default=False,
        metadata={"description": "Whether orders go to the orders resource in place of events about them."},
    )
    order_statuses = fields.Dict(
        keys=text(r".{1,255}", "the code or name of an order's status in the shop"),
        values=choice(*STATUSES),
        load_default=dict,
        metadata={"description": "eSputnik's status by the shop's (code or name), for the orders resource."},
    )
    base_url = base_address(
        load_default="https://esputnik.com",
        metadata={"description": "Where eSputnik listens; `https://yespo.io` is the same service."},
    )
    names = event_names(
        _misfit,
        metadata={"description": "Keys by canonical type, in place of the table's."},
    )
