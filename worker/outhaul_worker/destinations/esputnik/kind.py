"""The kind `esputnik`: events as a key, a unique value and a list of named texts; orders as orders, if wanted.

Source: eSputnik's article on the resource Generate event, and its API reference.
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import Schema

from outhaul_config.destinations import Destination
from outhaul_config.policy import Policy, Rate, Retry, Timeout
from outhaul_producers.event import Event
from outhaul_producers.types import CUSTOM_PREFIX
from outhaul_worker.destinations.contract import Moment, NotApplicable, Payload, Verdict
from outhaul_worker.destinations.encoding import encode, with_overrides
from outhaul_worker.destinations.esputnik.answers import verdict_on
from outhaul_worker.destinations.esputnik.limits import REQUESTS_PER_SECOND, fitted
from outhaul_worker.destinations.esputnik.names import DEFAULT_NAMES, custom_key
from outhaul_worker.destinations.esputnik.options import EsputnikOptions
from outhaul_worker.destinations.esputnik.orders import ORDER_TYPES, order_of
from outhaul_worker.destinations.esputnik.params import params_of
from outhaul_worker.exchange import Answer, Request

_MINUTE, _HOUR = 60.0, 3600.0
# The first wait is 80 s, as a repeat within a minute counts as a duplicate and the schedule is kept within 20 %.
_SCHEDULE = (80.0, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 3 * _HOUR, 8 * _HOUR)
_HEADERS: Mapping[str, str] = {"content-type": "application/json; charset=UTF-8", "accept": "application/json"}
_BASIC_USER = "user"


class Esputnik:
    """Posts single events to Generate event, or the orders they are about to the orders resource."""

    name: ClassVar[str] = "esputnik"
    options: ClassVar[type[Schema]] = EsputnikOptions
    policy: ClassVar[Policy] = Policy(
        timeout=Timeout(connect=5.0, total=35.0),
        retry=Retry(schedule=_SCHEDULE, max_attempts=len(_SCHEDULE) + 1, max_age=72 * _HOUR),
        rate=Rate(REQUESTS_PER_SECOND, 1.0),
    )

    def __init__(self, destination: Destination) -> None:
        options = destination.options
        self._destination = destination
        self._base: str = options["base_url"]
        self._version: str = options["api_version"]
        self._authorization = _authorization(options["auth"], options["api_key"].reveal())
        self._zone = options["time_zone"]
        self._unique: str = options["key_value"]
        self._names: dict[str, str] = {**DEFAULT_NAMES, **options["names"]}
        self._allowed = frozenset(options["allowed_keys"])
        self._inputs: Mapping[str, int] = options["profile_inputs"]
        self._order_types = ORDER_TYPES if options["orders_api"] else frozenset()
        self._statuses: Mapping[str, str] = options["order_statuses"]

    def serialise(self, event: Event) -> Payload | NotApplicable:
        """The event with its parameters, or its order.

        Raises:
            Unserialisable: an order lacks something mandatory, or the event is too large without its items, too.
        """
        if event.type in self._order_types:
            order = order_of(event, self._zone, self._statuses)
            return Payload(encode({"orders": [self._overridden(order, event)]}), _HEADERS)
        key = self._key_of(event.type)
        contact = _contact(event)
        if reason := self._unwanted(event.type, key, contact):
            return NotApplicable(reason)
        payload: dict[str, Any] = {"eventTypeKey": key, **self._key_value(event, contact)}
        payload["params"] = params_of(event, self._zone, self._inputs)
        return Payload(fitted(self._overridden(payload, event), event), _HEADERS)

    def request(self, event: Event, payload: Payload, moment: Moment) -> Request:  # noqa: ARG002 - nothing is signed
        """Address the resource and add the credential."""
        resource = "v1/orders" if event.type in self._order_types else f"{self._version}/event"
        return Request(
            url=f"{self._base}/api/{resource}",
            headers={**payload.headers, "authorization": self._authorization},
            body=payload.body,
            timeout=self._destination.policy.timeout,
            allow_private_addresses=self._destination.allow_private_addresses,
        )

    def classify(self, answer: Answer) -> Verdict:
        """2xx and duplicates are delivered; 401, 410, 3xx pause; 408, 425, 429, 5xx come again; the rest is final."""
        return verdict_on(answer)

    def trial(self, moment: Moment) -> NotApplicable:  # noqa: ARG002 - nothing is made
        """eSputnik has no request that it checks and does not keep."""
        return NotApplicable(
            "eSputnik publishes no request that it checks and forgets; an event makes a new event type of the account"
            " or starts what waits for its type"
        )

    def _overridden(self, payload: dict[str, Any], event: Event) -> dict[str, Any]:
        return with_overrides(payload, event, self._destination.name)

    def _key_of(self, event_type: str) -> str:
        key = self._names.get(event_type, "")
        return custom_key(event_type) if not key and event_type.startswith(CUSTOM_PREFIX) else key

    def _unwanted(self, event_type: str, key: str, contact: str) -> str:
        if not key:
            return f"eSputnik has no event for {event_type}; the option names can give it one"
        if self._allowed and key not in self._allowed:
            return f"the event type key {key} is not among allowed_keys, and eSputnik would make a new type of it"
        if not contact and self._unique == "contact":
            return "nobody is identified: eSputnik needs customer.email, customer.id or customer.phone"
        return ""

    def _key_value(self, event: Event, contact: str) -> dict[str, str]:
        if self._unique == "event_id":
            return {"keyValue": event.id}
        # v2 takes the contact from the parameters, where it prefers the id, which outlives a change of address.
        return {"keyValue": contact} if self._version == "v1" else {}


def _contact(event: Event) -> str:
    who = event.body.get("customer") or {}
    contact: str = who.get("email") or who.get("id") or who.get("phone") or ""
    return contact


def _authorization(scheme: str, key: str) -> str:
    if scheme == "bearer":
        return f"Bearer {key}"
    # Any user name will do; the key is the password.
    return f"Basic {b64encode(f'{_BASIC_USER}:{key}'.encode()).decode()}"
