"""What a Remarkety destination makes of an event, for its tests."""

from typing import Any

import orjson
import pytest

from outhaul_producers.event import Event
from outhaul_worker.destinations.contract import NotApplicable, Payload, Unserialisable
from unit.destinations.configured import built

GUEST = {"email": "mara@shop.example"}
"""The least a customer may be to be of use to Remarkety."""


def payload_of(sample: Event, **options: Any) -> Payload:
    """The payload of an event that is sent."""
    payload = built("remarkety", **options).serialise(sample)
    assert isinstance(payload, Payload)
    return payload


def body_of(sample: Event, **options: Any) -> dict[str, Any]:
    """The body of an event that is sent."""
    body: dict[str, Any] = orjson.loads(payload_of(sample, **options).body)
    return body


def refused_field(sample: Event) -> str:
    """The path that is named as missing, of an event that cannot be sent."""
    with pytest.raises(Unserialisable) as refused:
        built("remarkety").serialise(sample)
    return refused.value.field


def skip_reason(sample: Event) -> str:
    """Why an event is not sent that Remarkety has no use for."""
    result = built("remarkety").serialise(sample)
    assert isinstance(result, NotApplicable)
    return result.reason
