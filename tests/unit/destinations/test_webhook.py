"""The kind `webhook`: what is posted, how it is signed, how it is configured."""

import time

import orjson
import pytest
from marshmallow import ValidationError
from standardwebhooks import Webhook as Receiver

from outhaul_worker.destinations.contract import Moment, Payload
from outhaul_worker.destinations.webhook import WebhookBody, WebhookOptions
from unit.destinations.canonical import SAMPLES, event
from unit.destinations.configured import NAME, OPTIONS, OTHER_SECRET, SHARED_SECRET, built

ENVELOPE_ONLY = {"type", "occurred_at", "destinations", "overrides"}


def _posted(**sections: object) -> dict[str, object]:
    payload = built("webhook").serialise(event("custom.ping", **sections))
    assert isinstance(payload, Payload)
    body: dict[str, object] = orjson.loads(payload.body)
    return body


@pytest.mark.parametrize("event_type", SAMPLES)
def test_the_body_is_type_time_and_everything_else_of_the_event(event_type: str) -> None:
    """Receivers get the whole canonical event, exactly as it was accepted, in the shape the specification advises."""
    sample = SAMPLES[event_type]
    payload = built("webhook").serialise(sample)
    assert isinstance(payload, Payload)
    body = orjson.loads(payload.body)
    assert body == {
        "type": sample.type,
        "timestamp": sample.body["occurred_at"],
        "data": {key: value for key, value in sample.body.items() if key not in ENVELOPE_ONLY},
    }
    assert not WebhookBody().validate(body)


def test_what_only_outhaul_needs_is_not_sent() -> None:
    """Where else an event goes, and how it is changed for others, is no receiver's business."""
    body = _posted(destinations=[NAME, "elsewhere"], overrides={"elsewhere": {"data": {"a": 1}}}, properties={"b": 2})
    data = body["data"]
    assert isinstance(data, dict)
    assert not ENVELOPE_ONLY & set(data)
    assert data["properties"] == {"b": 2}


def test_overrides_change_the_body_and_nothing_that_authenticates() -> None:
    """A producer can bend the payload for one destination, but neither its address nor its id nor its signature."""
    hostile = {"data": {"id": "ev_other", "added": True}, "webhook-id": "msg_evil", "url": "https://evil.example/"}
    kind = built("webhook")
    sample = event("custom.ping", overrides={NAME: hostile})
    payload = kind.serialise(sample)
    assert isinstance(payload, Payload)
    request = kind.request(sample, payload, Moment(sent_at=time.time(), attempt=1))
    assert orjson.loads(payload.body)["data"]["added"] is True
    assert request.url == OPTIONS["webhook"]["url"]
    assert request.headers["webhook-id"] == sample.id
    Receiver(SHARED_SECRET).verify(request.body, dict(request.headers))


def test_a_request_carries_the_signature_and_the_configured_headers() -> None:
    """The receiver finds the three headers of the specification and whatever else it asked for."""
    kind = built("webhook", secret=[OTHER_SECRET, SHARED_SECRET], headers={"Authorization": "Bearer t", "X-Shop": "ro"})
    sample = SAMPLES["order.created"]
    payload = kind.serialise(sample)
    assert isinstance(payload, Payload)
    request = kind.request(sample, payload, Moment(sent_at=time.time(), attempt=3))
    assert set(request.headers) == {
        "authorization",
        "content-type",
        "webhook-id",
        "webhook-signature",
        "webhook-timestamp",
        "x-shop",
    }
    assert request.headers["x-shop"] == "ro"
    assert request.headers["content-type"] == "application/json"
    for secret in (OTHER_SECRET, SHARED_SECRET):
        Receiver(secret).verify(request.body, dict(request.headers))


def test_hostile_text_arrives_as_it_was_sent() -> None:
    """Line breaks, directional marks and emoji in an event do no harm to the body or to its signature."""
    text = "a\r\nwebhook-id: x\u202e\u2028\U0001f469\u200d\U0001f680\x7f"
    assert _posted(properties={text: [text]})["data"]["properties"] == {text: [text]}  # type: ignore[index]


@pytest.mark.parametrize(
    "headers",
    [
        {"Webhook-Signature": "v1,forged"},
        {"content-type": "text/plain"},
        {"Host": "elsewhere"},
        {"a b": "c"},
        {"": "c"},
        {"x-a": "b\r\nx-evil: 1"},
        {"x-a": ""},
        {"x-a": " b"},
    ],
)
def test_headers_that_would_break_or_forge_a_request_are_refused(headers: dict[str, str]) -> None:
    """A configured header can neither replace the signature nor smuggle in another header."""
    with pytest.raises(ValidationError):
        WebhookOptions().load({**OPTIONS["webhook"], "headers": headers})


@pytest.mark.parametrize("secret", [[], None, 5, ["whsec_short"], [SHARED_SECRET, "nonsense"], {"a": SHARED_SECRET}])
def test_a_secret_that_cannot_sign_is_refused_when_the_configuration_is_read(secret: object) -> None:
    """A wrong secret shows at start-up, not with the first event."""
    with pytest.raises(ValidationError) as refused:
        WebhookOptions().load({**OPTIONS["webhook"], "secret": secret})
    assert "whsec_" in str(refused.value)
    assert SHARED_SECRET not in str(refused.value)
