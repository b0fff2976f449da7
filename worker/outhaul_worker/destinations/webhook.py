"""Signed webhooks for any receiver, by the Standard Webhooks specification 1.0 (standardwebhooks.com)."""

from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import ClassVar

import orjson
from marshmallow import Schema, fields, validate

from outhaul_config.destinations import Destination
from outhaul_config.policy import Policy, Retry, Timeout
from outhaul_producers.event import Event
from outhaul_worker.destinations.contract import Moment, Payload, Trial, Verdict
from outhaul_worker.destinations.encoding import encode, with_overrides
from outhaul_worker.destinations.options import SigningSecrets, endpoint_address, further_headers
from outhaul_worker.destinations.standard_webhooks import signature_headers, signing_key
from outhaul_worker.destinations.trial_events import PING, trial_event
from outhaul_worker.destinations.verdicts import SUBSCRIBER
from outhaul_worker.exchange import Answer, Request

_HEADERS: Mapping[str, str] = MappingProxyType({"content-type": "application/json"})


class WebhookOptions(Schema):
    """What a webhook destination is configured with."""

    url = endpoint_address(
        required=True,
        metadata={"description": "Address the events are posted to; https, except on your own machine."},
    )
    secret = SigningSecrets(
        required=True,
        metadata={
            "description": "Signing secret `whsec_...` or `whsk_...`, or a list of them while you rotate.",
            "credential": "signs every request, so that the receiver knows it is yours",
        },
    )
    headers = further_headers(
        metadata={
            "description": "Further headers, such as `authorization`; their values count as secrets.",
            "credential": "sent with every request, for what stands in front of the receiver",
        },
    )


class WebhookBody(Schema):
    """The body a receiver gets, in the shape the specification advises."""

    type = fields.String(required=True, validate=validate.Length(min=1))
    timestamp = fields.AwareDateTime(required=True, format="iso")
    data = fields.Dict(keys=fields.String(), required=True)


class Webhook:
    """Posts `{"type", "timestamp", "data"}` with `webhook-id`, `webhook-timestamp` and `webhook-signature`.

    Every answer but 2xx and 410 is tried again: a receiver in the middle of a deployment may answer 401, 404 or a
    redirect for a while, and the specification counts them all as failures. 410 says that the endpoint is gone for
    good, so the destination is paused.
    """

    name: ClassVar[str] = "webhook"
    options: ClassVar[type[Schema]] = WebhookOptions
    policy: ClassVar[Policy] = Policy(
        timeout=Timeout(connect=5.0, total=15.0),
        retry=Retry(base=5.0, factor=3.0, cap=6 * 3600.0, max_attempts=14, max_age=72 * 3600.0),
    )

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._url: str = destination.options["url"]
        self._keys = [signing_key(secret) for secret in destination.options["secret"]]
        self._headers = {name: value.reveal() for name, value in destination.options["headers"].items()}

    def serialise(self, event: Event) -> Payload:
        """The event as type, time of occurrence, and everything else of it as `data`."""
        if self._destination.name in event.overrides:
            payload = {"type": event.type, "timestamp": event.time, "data": orjson.loads(event.data)}
            return Payload(encode(with_overrides(payload, event, self._destination.name)), _HEADERS)
        before = b'{"type":%b,"timestamp":%b,"data":' % (encode(event.type), encode(event.time))
        return Payload(event.data_between(before, b"}"), _HEADERS)

    def form(self, event: Event) -> Hashable:
        """All webhooks get the same bytes, unless the event overrides something for this one."""
        return None if self._destination.name in event.overrides else self.name

    def request(self, event: Event, payload: Payload, moment: Moment) -> Request:
        """Sign for this attempt; the id is the event's, so a receiver can tell a repeat."""
        signature = signature_headers(self._keys, event.id, moment.sent_at, payload.body)
        return Request(
            url=self._url,
            headers={**self._headers, **payload.headers, **signature},
            body=payload.body,
            timeout=self._destination.policy.timeout,
            allow_private_addresses=self._destination.allow_private_addresses,
        )

    def classify(self, answer: Answer) -> Verdict:
        """2xx is delivered, 410 pauses the destination, everything else is tried again."""
        return SUBSCRIBER.verdict(answer)

    def trial(self, moment: Moment) -> Trial:
        """A signed event of a type that no receiver knows."""
        event = trial_event(moment)
        request = self.request(event, self.serialise(event), moment)
        return Trial(request, f"a signed event of the type {PING}, which receivers pass over", self.classify)
