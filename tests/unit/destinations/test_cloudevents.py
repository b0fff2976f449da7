"""The kind `cloudevents`: its three modes, its attributes, its signature, how it is configured."""

import time
from typing import Any
from urllib.parse import unquote

import orjson
import pytest
from marshmallow import ValidationError
from standardwebhooks import Webhook as Receiver

from outhaul_config.destinations import Destination
from outhaul_producers.event import Event
from outhaul_worker.destinations.cloudevents import (
    CloudEventBody,
    CloudEvents,
    CloudEventsOptions,
    percent_encoded,
)
from outhaul_worker.destinations.contract import Moment, Payload
from outhaul_worker.exchange import Request
from unit.destinations.canonical import SAMPLES, event
from unit.destinations.configured import NAME, OPTIONS, OTHER_SECRET, SHARED_SECRET, built

ORDER = SAMPLES["order.created"]


def now() -> Moment:
    """An attempt made at this moment, since receivers refuse old signatures."""
    return Moment(sent_at=time.time(), attempt=1)


ENVELOPE = {"id", "source", "type", "specversion", "subject", "occurred_at", "destinations", "overrides"}


def _payload(sample: Event, **options: Any) -> Payload:
    payload = built("cloudevents", **options).serialise(sample)
    assert isinstance(payload, Payload)
    return payload


def _structured(sample: Event, **options: Any) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(_payload(sample, **options).body)
    return body


def _request(sample: Event, **options: Any) -> Request:
    return built("cloudevents", **options).request(sample, _payload(sample, **options), now())


@pytest.mark.parametrize("event_type", SAMPLES)
def test_a_structured_event_holds_the_envelope_as_attributes_and_the_rest_as_data(event_type: str) -> None:
    """Receivers get the whole canonical event, exactly as it was accepted, in the JSON format of CloudEvents."""
    sample = SAMPLES[event_type]
    body = _structured(sample)
    assert CloudEventBody().validate(body) == {}
    assert (body["id"], body["source"], body["time"]) == (sample.id, sample.source, sample.body["occurred_at"])
    assert body["type"] == f"com.example.shop.{sample.type}"
    assert body.get("subject") == sample.body.get("subject")
    assert body["data"] == {key: value for key, value in sample.body.items() if key not in ENVELOPE}


@pytest.mark.parametrize("event_type", SAMPLES)
def test_all_modes_say_the_same(event_type: str) -> None:
    """A receiver may choose its mode without losing anything."""
    structured = _structured(SAMPLES[event_type])
    batch = _payload(SAMPLES[event_type], mode="batched")
    assert orjson.loads(batch.body) == [structured]
    binary = _payload(SAMPLES[event_type], mode="binary")
    attributes = {name.removeprefix("ce-"): unquote(value) for name, value in binary.headers.items()}
    attributes["datacontenttype"] = attributes.pop("content-type")
    assert {**attributes, "data": orjson.loads(binary.body)} == structured


@pytest.mark.parametrize(
    ("mode", "content_type"),
    [
        ("structured", "application/cloudevents+json; charset=UTF-8"),
        ("batched", "application/cloudevents-batch+json; charset=UTF-8"),
        ("binary", "application/json"),
    ],
)
def test_the_content_type_says_the_mode(mode: str, content_type: str) -> None:
    """It is the only thing by which a receiver tells the modes apart."""
    assert _payload(ORDER, mode=mode).headers["content-type"] == content_type


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("order/O-5001", "order/O-5001"),
        ("a b", "a%20b"),
        ('say "hi"', "say%20%22hi%22"),
        ("100%", "100%25"),
        ("%41", "%2541"),
        ("caf\u00e9", "caf%C3%A9"),
        ("\U0001f680", "%F0%9F%9A%80"),
        ("a\r\nx: y", "a%0D%0Ax:%20y"),
        ("\x7f", "%7F"),
        ("!#$&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~", "!#$&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~"),
    ],
)
def test_attributes_in_headers_are_percent_encoded(given: str, sent: str) -> None:
    """Space, double quote, percent and all but visible ASCII are escaped, nothing else is, and it can be undone."""
    assert percent_encoded(given) == sent
    assert unquote(sent) == given


def test_a_subject_of_any_text_travels_in_a_header() -> None:
    """An order id in any script, or one that tries to be a header, arrives as it is."""
    subject = "order/\u0437\u0430\u043c-1\r\nx-evil: 1"
    headers = _payload(event("custom.ping", subject=subject), mode="binary").headers
    assert unquote(headers["ce-subject"]) == subject
    assert headers["ce-subject"].isascii()


def test_source_types_and_schema_can_be_those_the_receiver_knows() -> None:
    """The configured source and schema stand in every event, and a name in full replaces prefix and type."""
    body = _structured(
        ORDER,
        source="https://shop.example/",
        type_prefix="com.example.",
        dataschema="https://shop.example/schemas/1",
        names={"order.updated": "shop.OrderChanged"},
    )
    assert (body["source"], body["type"]) == ("https://shop.example/", "com.example.order.created")
    assert body["dataschema"] == "https://shop.example/schemas/1"
    renamed = _structured(SAMPLES["order.updated"], names={"order.updated": "shop.OrderChanged"})
    assert renamed["type"] == "shop.OrderChanged"


def test_an_address_is_all_it_takes() -> None:
    """Without options events keep their own source and type, and nothing is signed."""
    loaded = CloudEventsOptions().load({"url": "https://hooks.example/in"})
    kind = CloudEvents(Destination(NAME, "cloudevents", ("*",), options=loaded))
    payload = kind.serialise(ORDER)
    body = orjson.loads(payload.body)
    assert (body["source"], body["type"]) == (ORDER.source, ORDER.type)
    assert set(kind.request(ORDER, payload, now()).headers) == {"content-type"}


@pytest.mark.parametrize("mode", ["structured", "batched", "binary"])
def test_a_request_is_signed_where_there_is_a_secret(mode: str) -> None:
    """Each of several secrets fits, whatever the mode, and the id is the event's."""
    request = _request(ORDER, mode=mode, secret=[OTHER_SECRET, SHARED_SECRET])
    assert request.headers["webhook-id"] == ORDER.id
    for secret in (OTHER_SECRET, SHARED_SECRET):
        Receiver(secret).verify(request.body, dict(request.headers))


def test_overrides_of_attributes_reach_the_headers_of_the_binary_mode() -> None:
    """An extension attribute arrives in every mode; what is no attribute, and what has no value, is left out there."""
    extra = {"partitionkey": "shop 1", "sequence": 7, "sampled": True, "Bad-Name": "x", "list": ["x"], "subject": None}
    sample = event("order.created", **{**ORDER.body, "overrides": {NAME: {**extra, "data": {"added": 1}}}})
    payload = _payload(sample, mode="binary")
    assert {name: value for name, value in payload.headers.items() if name.startswith("ce-")} == {
        "ce-specversion": "1.0",
        "ce-id": sample.id,
        "ce-source": "/shops/ro",
        "ce-type": "com.example.shop.order.created",
        "ce-time": "2026-03-05T08:15:00.000Z",
        "ce-partitionkey": "shop%201",
        "ce-sequence": "7",
        "ce-sampled": "true",
    }
    assert orjson.loads(payload.body)["added"] == 1
    assert _structured(sample)["list"] == ["x"]


@pytest.mark.parametrize(
    "mistake",
    [
        {"mode": "batch"},
        {"source": "a b"},
        {"source": "https://shop.example/%zz"},
        {"type_prefix": ".com"},
        {"type_prefix": "com..example"},
        {"dataschema": "/schemas/1"},
        {"headers": {"ce-id": "forged"}},
        {"headers": {"Webhook-Id": "forged"}},
        {"names": {"order.created": "a b"}},
        {"names": {"order.creatde": "x"}},
        {"secret": "whsec_short"},
    ],
)
def test_what_would_make_no_cloudevent_is_refused_when_the_configuration_is_read(mistake: dict[str, Any]) -> None:
    """A mistake shows at start-up, not with the first event."""
    with pytest.raises(ValidationError) as refused:
        CloudEventsOptions().load({**OPTIONS["cloudevents"], **mistake})
    assert list(refused.value.messages_dict) == list(mistake)
