"""Destinations of each kind, configured as a user would, for the tests of kinds."""

from typing import Any

import orjson

from outhaul_config.destinations import Destination
from outhaul_producers.event import Event
from outhaul_worker.destinations.contract import DestinationKind, Unserialisable
from outhaul_worker.destinations.registry import kinds
from outhaul_worker.exchange import Answer

SHARED_SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
OTHER_SECRET = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
PRIVATE_SECRET = "whsk_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
NAME = "under-test"

OPTIONS: dict[str, dict[str, Any]] = {
    "cloudevents": {
        "url": "https://hooks.example/in",
        "type_prefix": "com.example.shop",
        "secret": [SHARED_SECRET],
        "headers": {"Authorization": "Bearer event-secret-token"},
    },
    "datareshape": {
        "base_url": "https://shop.datareshape.example",
        "script_id": "AB12CD34",
        "access_token": "dre-secret-token",
        "currency": "EUR",
        "tax_percent": 19,
        "newsletter_leads": True,
        "names": {"custom.loyalty.tier_up": "loyalty_tier_up"},
    },
    "esputnik": {
        "api_key": "es-secret-key",
        "time_zone": "Europe/Kyiv",
        "profile_inputs": {"favourite_glaze": 10001},
    },
    "okanjo": {
        "url": "https://hooks.example/in",
        "secret": [SHARED_SECRET],
        "statuses": {"S": 3, "Picked": 2},
    },
    "remarkety": {
        "store_id": "AAABBB",
        "api_key": "rm-secret-key",
        "domain": "shop.example",
        "platform": "OUTHAUL",
    },
    "simon": {
        "partner_id": "p-acme",
        "partner_secret": "simon-secret-word",
        "client_name": "delivery-worker",
        "client_version": "1.0",
    },
    "webhook": {
        "url": "https://hooks.example/in",
        "secret": [SHARED_SECRET, PRIVATE_SECRET],
        "headers": {"Authorization": "Bearer hook-secret-token"},
    },
}
"""What a destination of each kind may be configured with, every credential included."""


_ACCEPTING = {"datareshape": b'{"emitter": "DATA Reshape", "detail": "Received. This has been processed.", "level": 2}'}


def accepting_answer(kind: str) -> Answer:
    """What an endpoint of the kind answers to an event it took; an empty 200 where the body says nothing."""
    return Answer(status=200, body=_ACCEPTING.get(kind, b""))


def carries(sent: bytes, payload: bytes) -> bool:
    """Whether a request's body is the payload, or an object that has all of it and credentials beside it."""
    return sent == payload or orjson.loads(payload).items() <= orjson.loads(sent).items()


def destination(kind: str, **options: Any) -> Destination:
    """A destination of the kind with its usual options, some of them changed."""
    spec = kinds()[kind]
    loaded = spec.options().load({**OPTIONS[kind], **options})
    return Destination(NAME, kind, ("*",), spec.policy, options=loaded)


def built(kind: str, **options: Any) -> DestinationKind:
    """The kind built for such a destination, as a worker builds it."""
    return kinds()[kind](destination(kind, **options))


def refusal(kind: DestinationKind, event: Event) -> Unserialisable | None:
    """Why the kind cannot serialise the event, or None where it can or has no use for it."""
    try:
        kind.serialise(event)
    except Unserialisable as refused:
        return refused
    return None
