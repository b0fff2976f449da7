"""What holds for any valid event, not just for the samples."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import Schema

from outhaul_producers.event import Event, canonical
from outhaul_worker.destinations.cloudevents import CloudEventBody
from outhaul_worker.destinations.contract import DestinationKind, Moment, NotApplicable, Payload
from outhaul_worker.destinations.datareshape.schema import EventCreate
from outhaul_worker.destinations.esputnik.limits import LARGEST_PAYLOAD
from outhaul_worker.destinations.esputnik.schema import EventV1, EventV2, Orders
from outhaul_worker.destinations.okanjo.names import DEFAULT_NAMES as OKANJO_NAMES
from outhaul_worker.destinations.okanjo.schema import OkanjoEvent
from outhaul_worker.destinations.registry import kinds
from outhaul_worker.destinations.remarkety.schema import schema_of
from outhaul_worker.destinations.webhook import WebhookBody
from strategies.events import events, sections
from unit.destinations.configured import NAME, built, carries, refusal

KINDS: dict[str, DestinationKind] = {name: built(name) for name in sorted(kinds())}
ESPUTNIK = [
    (built("esputnik", time_zone="America/New_York"), EventV1()),
    (built("esputnik", api_version="v2", key_value="event_id", orders_api=True), EventV2()),
]
MOMENT = Moment(sent_at=1_763_600_000.0, attempt=1)


def _path_exists(body: object, path: str) -> bool:
    """Whether everything of a canonical path but its last step is in the event."""
    for step in path.replace("]", "").replace("[", ".").split(".")[:-1]:
        if isinstance(body, list):
            body = body[int(step)]
        elif isinstance(body, dict):
            body = body.get(step, {})
    return isinstance(body, dict)


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=100, deadline=None)
@given(event=events())
def test_any_valid_event_becomes_a_payload_or_says_why_not(name: str, event: Event) -> None:
    """Serialising ends in a payload, in not applicable, or names the field that is missing; nothing else."""
    kind, before = KINDS[name], orjson.dumps(event.body)
    refused = refusal(kind, event)
    assert orjson.dumps(event.body) == before
    if refused:
        assert _path_exists(event.body, refused.field)
        return
    result = kind.serialise(event)
    if isinstance(result, NotApplicable):
        assert result.reason
        return
    assert result == kind.serialise(event)
    assert carries(kind.request(event, result, MOMENT).body, result.body)


@settings(max_examples=100, deadline=None)
@given(event=events())
def test_every_remarkety_payload_passes_the_vendors_schema(event: Event) -> None:
    """Whatever the event holds, what is sent has all that is mandatory and each value of its type."""
    result = None if refusal(KINDS["remarkety"], event) else KINDS["remarkety"].serialise(event)
    if isinstance(result, Payload):
        assert schema_of(result.headers["x-event-type"]).validate(orjson.loads(result.body)) == {}


@settings(max_examples=100, deadline=None)
@given(event=events())
def test_every_datareshape_payload_passes_the_vendors_schema(event: Event) -> None:
    """No event makes a body that DATA Reshape would refuse, or read as consent that nobody gave."""
    result = None if refusal(KINDS["datareshape"], event) else KINDS["datareshape"].serialise(event)
    if isinstance(result, Payload):
        assert EventCreate().validate(orjson.loads(result.body)) == {}


@pytest.mark.parametrize(("kind", "schema"), ESPUTNIK, ids=["v1", "v2-and-orders"])
@settings(max_examples=50, deadline=None)
@given(event=events())
def test_every_esputnik_payload_passes_the_vendors_schema(kind: DestinationKind, schema: Schema, event: Event) -> None:
    """Whatever the event holds, it goes out as texts, nested data in strings, and within 20 KB."""
    result = None if refusal(kind, event) else kind.serialise(event)
    if isinstance(result, Payload):
        body = orjson.loads(result.body)
        assert (Orders() if "orders" in body else schema).validate(body) == {}
        assert "orders" in body or len(result.body) <= LARGEST_PAYLOAD


@settings(max_examples=100, deadline=None)
@given(event=events(st.sampled_from(sorted(OKANJO_NAMES))))
def test_every_okanjo_event_has_the_shape_of_its_type(event: Event) -> None:
    """Whatever the event holds, listeners find what they read, and every scalar is a text or null."""
    result = None if refusal(KINDS["okanjo"], event) else KINDS["okanjo"].serialise(event)
    if isinstance(result, Payload):
        assert OkanjoEvent().validate(orjson.loads(result.body)) == {}


@settings(max_examples=100, deadline=None)
@given(event=events())
def test_every_webhook_body_has_the_advised_shape(event: Event) -> None:
    """Receivers can rely on type, timestamp and data."""
    result = KINDS["webhook"].serialise(event)
    assert isinstance(result, Payload)
    assert WebhookBody().validate(orjson.loads(result.body)) == {}


@settings(max_examples=100, deadline=None)
@given(event=events())
def test_every_cloudevent_has_the_shape_of_the_json_format(event: Event) -> None:
    """Receivers can rely on the required attributes, and on data being an object."""
    result = KINDS["cloudevents"].serialise(event)
    assert isinstance(result, Payload)
    assert CloudEventBody().validate(orjson.loads(result.body)) == {}


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=50, deadline=None)
@given(
    event=events(),
    overrides=st.dictionaries(
        st.sampled_from(["data", "customer", "type", "line_items", "x"]), sections["customer"] | st.none()
    ),
)
def test_any_overrides_end_in_a_payload_that_holds_them(name: str, event: Event, overrides: dict[str, object]) -> None:
    """Overrides of any shape are laid on top of any payload and never crash a worker."""
    bent = Event(canonical({**event.body, "overrides": {NAME: overrides}}))
    result = None if refusal(KINDS[name], bent) else KINDS[name].serialise(bent)
    if isinstance(result, Payload):
        body = orjson.loads(result.body)
        assert all(key in body for key in overrides)
        assert all(body[key] is None for key, value in overrides.items() if value is None)
