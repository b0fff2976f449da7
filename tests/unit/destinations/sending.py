"""What a destination of any kind makes of an event, for the tests of kinds."""

from typing import Any

import orjson
import pytest

from outhaul_producers.event import Event
from outhaul_worker.destinations.contract import NotApplicable, Payload, Unserialisable
from unit.destinations.configured import built


def sent_payload(kind: str, sample: Event, **options: Any) -> Payload:
    """The payload of an event that is sent."""
    payload = built(kind, **options).serialise(sample)
    assert isinstance(payload, Payload)
    return payload


def sent_body(kind: str, sample: Event, **options: Any) -> dict[str, Any]:
    """The body of an event that is sent."""
    body: dict[str, Any] = orjson.loads(sent_payload(kind, sample, **options).body)
    return body


def why_refused(kind: str, sample: Event, **options: Any) -> Unserialisable:
    """The refusal of an event that lacks something."""
    with pytest.raises(Unserialisable) as refused:
        built(kind, **options).serialise(sample)
    return refused.value


def why_skipped(kind: str, sample: Event, **options: Any) -> str:
    """Why an event is not sent that the vendor has no use for."""
    result = built(kind, **options).serialise(sample)
    assert isinstance(result, NotApplicable)
    return result.reason
