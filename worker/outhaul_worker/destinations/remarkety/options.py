"""What a Remarkety destination is configured with."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError

from outhaul_config.fields import Expected, choice, text
from outhaul_config.problems import nearest
from outhaul_producers.types import CUSTOM_PREFIX, TYPES
from outhaul_worker.destinations.options import (
    HEADER_EXPECTED,
    base_address,
    fits_header,
    header_secret,
    header_text,
)
from outhaul_worker.destinations.remarkety.names import fits

_STORE_ID = r"[!-~]{1,64}"


def _parse_names(value: Any) -> dict[str, str]:
    """Take over the names; refuse unknown types, and names whose payload Remarkety would take for something else.

    Raises:
        ValidationError: by event type, what was expected of it.
    """
    if not isinstance(value, Mapping):
        raise TypeError
    problems = {event_type: problem for event_type, name in value.items() if (problem := _misfit(event_type, name))}
    if problems:
        raise ValidationError(problems)
    return dict(value)


def _misfit(event_type: str, name: Any) -> str:
    if event_type not in TYPES and not event_type.startswith(CUSTOM_PREFIX):
        meant = nearest(event_type, TYPES)
        return "an event type or custom.<name>" + (f" (did you mean {meant}?)" if meant else "")
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
        metadata={"description": "API key, from the same page."},
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
    names = Expected(
        _parse_names,
        "a table of event types and the names they are sent by",
        load_default=dict,
        metadata={"description": "Event names by canonical type, in place of the table's."},
    )
