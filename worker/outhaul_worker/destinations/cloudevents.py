"""Plain CloudEvents 1.0 over HTTP, for any receiver that speaks the format (cloudevents.io).

Source: the CloudEvents specification 1.0 with its JSON format, HTTP binding and rules for webhooks.
"""

import re
from collections.abc import Hashable, Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from marshmallow import Schema, fields, validate

from outhaul_config.destinations import Destination
from outhaul_config.fields import choice, text
from outhaul_config.policy import Policy, Retry, Timeout
from outhaul_producers.event import HANDLING, Event
from outhaul_worker.destinations.contract import Moment, Payload, Trial, Verdict
from outhaul_worker.destinations.encoding import encode, with_overrides
from outhaul_worker.destinations.options import SigningSecrets, endpoint_address, event_names, further_headers
from outhaul_worker.destinations.standard_webhooks import signature_headers, signing_key
from outhaul_worker.destinations.trial_events import PING, trial_event
from outhaul_worker.destinations.verdicts import SUBSCRIBER
from outhaul_worker.exchange import Answer, Request

_STRUCTURED, _BATCHED, _BINARY = "structured", "batched", "binary"
_JSON = "application/json"
_CONTENT_TYPES: Mapping[str, str] = {
    _STRUCTURED: "application/cloudevents+json; charset=UTF-8",
    _BATCHED: "application/cloudevents-batch+json; charset=UTF-8",
    _BINARY: _JSON,
}
# What is an attribute of the envelope, or Outhaul's own business.
_NOT_DATA = HANDLING | {"id", "source", "type", "specversion", "subject", "occurred_at"}
_URI_CHARACTERS = r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})"
_SOURCE = rf"{_URI_CHARACTERS}{{1,256}}"
_ABSOLUTE_URI = rf"[A-Za-z][A-Za-z0-9+.-]*:{_URI_CHARACTERS}{{1,256}}"
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_PREFIX = r"[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*\.?"
_ATTRIBUTE = re.compile(r"[a-z0-9]{1,20}")
# Visible ASCII goes into a header as it is, but for the two characters that escapes are made with.
_SAFE_IN_HEADER = "!#$&'()*+,/:;<=>?@[\\]^`{|}~"


def _misfit(_: str, name: Any) -> str:
    fitting = isinstance(name, str) and _TYPE.fullmatch(name)
    return "" if fitting else "a type of up to 200 letters, digits, dots, dashes and underscores"


class CloudEventsOptions(Schema):
    """What a CloudEvents destination is configured with."""

    url = endpoint_address(
        required=True,
        metadata={"description": "Address the events are posted to; https, except on your own machine."},
    )
    mode = choice(
        _STRUCTURED,
        _BINARY,
        _BATCHED,
        load_default=_STRUCTURED,
        metadata={
            "description": "How an event is put into a request: `structured` (all in the body), `binary` (attributes in"
            " `ce-` headers) or `batched` (a list of one event)."
        },
    )
    source = text(
        _SOURCE,
        'a URI or a path, such as "https://shop.example/"',
        load_default="",
        metadata={"description": "The source events are sent with, in place of their own."},
    )
    type_prefix = text(
        _PREFIX,
        'a prefix such as "com.example.shop"',
        load_default="",
        metadata={
            "description": "What stands before every type: `com.example.shop` makes `com.example.shop.order.created`."
        },
    )
    dataschema = text(
        _ABSOLUTE_URI,
        "an absolute URI",
        load_default="",
        metadata={"description": "Address of a schema of the data, sent as `dataschema`."},
    )
    secret = SigningSecrets(
        load_default=tuple,
        metadata={
            "description": "Signing secret `whsec_...` or `whsk_...`, or a list of them; adds the signature headers of"
            " Standard Webhooks.",
            "credential": "signs every request, so that the receiver knows it is yours",
        },
    )
    headers = further_headers(
        "ce-",
        metadata={
            "description": "Further headers, such as `authorization`; their values count as secrets.",
            "credential": "sent with every request, for the receiver or what stands in front of it",
        },
    )
    names = event_names(
        _misfit,
        metadata={"description": "Types by canonical type, in full: the prefix is not put before them."},
    )


class CloudEventBody(Schema):
    """An event in the JSON format, as the structured mode sends it."""

    specversion = fields.String(required=True, validate=validate.Equal("1.0"))
    id = fields.String(required=True, validate=validate.Length(min=1))
    source = fields.String(required=True, validate=validate.Regexp(rf"{_SOURCE}\Z"))
    type = fields.String(required=True, validate=validate.Length(min=1))
    time = fields.AwareDateTime(required=True, format="iso")
    subject = fields.String(validate=validate.Length(min=1))
    datacontenttype = fields.String(required=True, validate=validate.Equal(_JSON))
    dataschema = fields.String(validate=validate.Regexp(rf"{_ABSOLUTE_URI}\Z"))
    data = fields.Dict(keys=fields.String(), required=True)


class CloudEvents:
    """Posts single events in the structured, binary or batched mode, signed where a secret is configured.

    Answers are read as those of any application; the specification's rules for webhooks forbid to follow redirects.
    """

    name: ClassVar[str] = "cloudevents"
    options: ClassVar[type[Schema]] = CloudEventsOptions
    policy: ClassVar[Policy] = Policy(
        timeout=Timeout(connect=5.0, total=15.0),
        retry=Retry(base=5.0, factor=3.0, cap=6 * 3600.0, max_attempts=14, max_age=72 * 3600.0),
    )

    def __init__(self, destination: Destination) -> None:
        options = destination.options
        self._destination = destination
        self._url: str = options["url"]
        self._mode: str = options["mode"]
        self._source: str = options["source"]
        self._prefix = f"{options['type_prefix'].removesuffix('.')}." if options["type_prefix"] else ""
        self._schema = {"dataschema": options["dataschema"]} if options["dataschema"] else {}
        self._names: Mapping[str, str] = options["names"]
        self._form = (self.name, self._mode, self._source, self._prefix, *self._schema.values(), *self._names.items())
        self._keys = [signing_key(secret) for secret in options["secret"]]
        self._headers = {name: value.reveal() for name, value in options["headers"].items()}

    def serialise(self, event: Event) -> Payload:
        """The event's envelope as attributes, everything else of it as their `data`."""
        written = with_overrides(self._event(event), event, self._destination.name)
        headers = {"content-type": _CONTENT_TYPES[self._mode]}
        if self._mode == _BINARY:
            return Payload(encode(written["data"]), {**headers, **_attribute_headers(written)})
        return Payload(encode([written] if self._mode == _BATCHED else written), headers)

    def form(self, event: Event) -> Hashable:
        """What the bytes depend on beside the event, unless it overrides something for this destination."""
        return None if self._destination.name in event.overrides else self._form

    def request(self, event: Event, payload: Payload, moment: Moment) -> Request:
        """Add the configured headers, and the signature of this attempt where there is a secret."""
        signature = signature_headers(self._keys, event.id, moment.sent_at, payload.body) if self._keys else {}
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
        """An event of a type that no receiver knows, in the configured mode."""
        event = trial_event(moment)
        sends = f"a {self._mode} event of the type {self._prefix}{PING}, which receivers pass over"
        return Trial(self.request(event, self.serialise(event), moment), sends, self.classify)

    def _event(self, event: Event) -> dict[str, Any]:
        body = event.body
        subject = {"subject": body["subject"]} if body.get("subject") else {}
        return {
            "specversion": "1.0",
            "id": event.id,
            "source": self._source or event.source,
            "type": self._names.get(event.type) or self._prefix + event.type,
            "time": body["occurred_at"],
            **subject,
            "datacontenttype": _JSON,
            **self._schema,
            "data": {key: value for key, value in body.items() if key not in _NOT_DATA},
        }


def percent_encoded(value: str) -> str:
    """An attribute as the HTTP binding wants it in a header: only visible ASCII, the rest as escaped UTF-8."""
    return quote(value, safe=_SAFE_IN_HEADER)


def _attribute_headers(written: Mapping[str, Any]) -> dict[str, str]:
    # Overrides may hold what is no attribute: a list, or a name of capitals. A header cannot carry it.
    texts = {name: _attribute(value) for name, value in written.items() if name not in ("data", "datacontenttype")}
    return {
        f"ce-{name}": percent_encoded(value) for name, value in texts.items() if value and _ATTRIBUTE.fullmatch(name)
    }


def _attribute(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int) else ""
