"""What a Remarkety destination is configured with."""

from typing import Any

from marshmallow import Schema

from outhaul_config.fields import choice, text
from outhaul_worker.destinations.options import (
    HEADER_EXPECTED,
    base_address,
    event_names,
    fits_header,
    header_secret,
    header_text,
)
from outhaul_worker.destinations.remarkety.names import fits

_STORE_ID = r"[!-~]{1,64}"


def _misfit(event_type: str, name: Any) -> str:
    if not isinstance(name, str) or not fits_header(name):
        return HEADER_EXPECTED
    if not fits(event_type, name):
        return f"the name of a custom event, or a built-in name of what {event_type} is about"
    return ""


class RemarketyOptions(Schema):
    """Options of the kind `remarkety`."""

    store_id = text(
        _STORE_ID,
        "the store id from Remarkety's integrations page, without spaces",
        required=True,
        metadata={"description": "Store id, from Remarkety's integrations page."},
    )
    api_key = header_secret(
        required=True,
        metadata={
            "description": "API key, from the same page.",
            "credential": "the store's key, sent with every request in the header that auth_header names",
        },
    )
    auth_header = choice(
        "x-token",
        "x-api-key",
        load_default="x-token",
        metadata={
            "description": "Header that carries the key: `x-token` for a store key, `x-api-key` for a newer one."
        },
    )
    base_url = base_address(
        load_default="https://webhooks.remarkety.com",
        metadata={"description": "Where Remarkety listens."},
    )
    domain = header_text(
        load_default="",
        metadata={"description": "The shop's domain, sent as `x-domain`."},
    )
    platform = header_text(
        load_default="",
        metadata={"description": "The shop's platform, sent as `x-platform` with built-in event types."},
    )
    names = event_names(
        _misfit,
        metadata={"description": "Event names by canonical type, in place of the table's."},
    )
