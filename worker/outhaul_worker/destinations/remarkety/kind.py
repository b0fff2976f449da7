"""The kind `remarkety`: one event a request, its type in a header, the object it is about as the body.

Source: Remarkety's event reference, its list of built-in and custom events and its table of error codes.
"""

from typing import Any, ClassVar
from urllib.parse import quote

from marshmallow import Schema

from outhaul_config.destinations import Destination
from outhaul_config.policy import Policy, Retry, Timeout
from outhaul_producers.event import Event
from outhaul_producers.types import CUSTOM_PREFIX
from outhaul_worker.destinations.contract import (
    Meaning,
    Moment,
    NotApplicable,
    Payload,
    Unserialisable,
    Verdict,
)
from outhaul_worker.destinations.encoding import encode, with_overrides
from outhaul_worker.destinations.remarkety.names import DEFAULT_NAMES, family, kebab_name
from outhaul_worker.destinations.remarkety.options import RemarketyOptions
from outhaul_worker.destinations.remarkety.payloads import payload_for
from outhaul_worker.destinations.verdicts import GONE, PASSING, StatusReading
from outhaul_worker.exchange import Answer, Request

_MINUTE, _HOUR = 60.0, 3600.0
_SCHEDULE = (_MINUTE, 3 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 6 * _HOUR, 12 * _HOUR)
# The vendor drops custom events without a word unless this tag is in lower case.
_CUSTOM_PLATFORM = "custom"
_READING = StatusReading(
    redirect=Meaning.DEAD,
    client_error=Meaning.DEAD,
    exact={401: Meaning.DESTINATION_FAULT, **GONE, **PASSING},
)


class Remarkety:
    """Posts events to a store's webhook address. Repeats are safe, but a custom event may trigger twice."""

    name: ClassVar[str] = "remarkety"
    options: ClassVar[type[Schema]] = RemarketyOptions
    policy: ClassVar[Policy] = Policy(
        timeout=Timeout(connect=5.0, total=15.0),
        retry=Retry(schedule=_SCHEDULE, max_attempts=len(_SCHEDULE) + 1, max_age=72 * _HOUR),
    )

    def __init__(self, destination: Destination) -> None:
        options = destination.options
        self._destination = destination
        self._url = f"{options['base_url']}/webhooks/?storeId={quote(options['store_id'], safe='')}"
        self._credential = {options["auth_header"]: options["api_key"].reveal()}
        self._names: dict[str, str] = {**DEFAULT_NAMES, **options["names"]}
        self._platform: str = options["platform"]
        self._fixed = {"content-type": "application/json; charset=UTF-8"}
        if options["domain"]:
            self._fixed["x-domain"] = options["domain"]

    def serialise(self, event: Event) -> Payload | NotApplicable:
        """The customer, order, cart, product or subscription the event is about, or a custom event's flat object.

        Raises:
            Unserialisable: a field that Remarkety requires is missing and nothing stands in for it.
        """
        name = self._name_of(event.type)
        if not name:
            return NotApplicable(f"Remarkety has no event for {event.type}; the option names can give it one")
        payload = payload_for(event, name)
        if isinstance(payload, NotApplicable):
            return payload
        return Payload(encode(self._overridden(payload, event)), self._headers(event, name))

    def request(self, event: Event, payload: Payload, moment: Moment) -> Request:  # noqa: ARG002 - nothing is signed
        """Address the store and add its key."""
        return Request(
            url=self._url,
            headers={**payload.headers, **self._credential},
            body=payload.body,
            timeout=self._destination.policy.timeout,
            allow_private_addresses=self._destination.allow_private_addresses,
        )

    def classify(self, answer: Answer) -> Verdict:
        """2xx is delivered; 401 and 410 pause; 408, 425, 429 and 5xx are tried again; the rest is final."""
        return _READING.verdict(answer)

    def trial(self, moment: Moment) -> NotApplicable:  # noqa: ARG002 - nothing is made
        """Remarkety has no request that it checks and does not keep."""
        return NotApplicable("Remarkety publishes no request that it checks and forgets; what it accepts, it keeps")

    def _overridden(self, payload: dict[str, Any], event: Event) -> dict[str, Any]:
        return with_overrides(payload, event, self._destination.name)

    def _name_of(self, event_type: str) -> str:
        name = self._names.get(event_type, "")
        if name or not event_type.startswith(CUSTOM_PREFIX):
            return name
        name = kebab_name(event_type)
        if not name:
            raise Unserialisable("type", f"Remarkety needs a name with a letter or digit, {event_type} has none")
        return name

    def _headers(self, event: Event, name: str) -> dict[str, str]:
        headers = {
            **self._fixed,
            "x-event-type": name,
            "x-event-time": str(int(event.occurred_at.timestamp())),
        }
        platform = self._platform if family(name) else _CUSTOM_PLATFORM
        if platform:
            headers["x-platform"] = platform
        return headers
