"""The kind `okanjo`: webhooks as the Okanjo marketplace sent them.

Source: Okanjo's documentation of events and webhooks, its objects and constants, and its published listeners.
"""

from typing import Any, ClassVar

from marshmallow import Schema

from outhaul_config.destinations import Destination
from outhaul_config.policy import Policy, Retry, Timeout
from outhaul_producers.event import Event
from outhaul_worker.destinations.contract import Meaning, Moment, NotApplicable, Payload, Trial, Verdict
from outhaul_worker.destinations.encoding import encode, with_overrides
from outhaul_worker.destinations.okanjo.identity import okanjo_id
from outhaul_worker.destinations.okanjo.names import DEFAULT_NAMES
from outhaul_worker.destinations.okanjo.options import OkanjoOptions
from outhaul_worker.destinations.okanjo.payloads import typed_data
from outhaul_worker.destinations.okanjo.statuses import Statuses
from outhaul_worker.destinations.okanjo.texts import central
from outhaul_worker.destinations.standard_webhooks import signature_headers, signing_key
from outhaul_worker.destinations.trial_events import trial_event
from outhaul_worker.destinations.verdicts import SUBSCRIBER
from outhaul_worker.exchange import Answer, Request

_MINUTE, _HOUR = 60.0, 3600.0
_RETRIES = 30
_LONGEST_WAIT = 64
_REDIRECTS = 3
_REDIRECTED = f"not followed, or no end after {_REDIRECTS} redirects"
_SCHEDULE = tuple(min(2**retry, _LONGEST_WAIT) * _MINUTE for retry in range(_RETRIES))
# The published listeners refuse any other spelling, a charset included.
_HEADERS = {"content-type": "application/json"}
# Listeners fail at a known type that comes with little data, and pass over one they do not know.
_TRIED_NAME = "subscription.test"
_TRIED_CAVEAT = (
    "A listener that looks up each event at its marketplace does not find this one there, and may answer 403"
)


class Okanjo:
    """Posts Event objects to one subscriber; the id in them stays the same over retries."""

    name: ClassVar[str] = "okanjo"
    options: ClassVar[type[Schema]] = OkanjoOptions
    policy: ClassVar[Policy] = Policy(
        timeout=Timeout(connect=5.0, total=20.0),
        retry=Retry(schedule=_SCHEDULE, max_attempts=_RETRIES + 1, max_age=72 * _HOUR),
    )

    def __init__(self, destination: Destination) -> None:
        options = destination.options
        self._destination = destination
        self._url: str = options["url"]
        self._keys = [signing_key(secret) for secret in options["secret"]]
        self._statuses = Statuses(options["statuses"])
        self._sends: list[str] = options["sends"]
        self._names: dict[str, str] = {**DEFAULT_NAMES, **options["names"]}

    def serialise(self, event: Event) -> Payload | NotApplicable:
        """The event as an Okanjo Event object.

        Raises:
            Unserialisable: the event lacks what its Okanjo type is about, or a status or quantity Okanjo can take.
        """
        name = self._names.get(event.type, "")
        if not name:
            return NotApplicable(f"Okanjo has no event for {event.type}; the option names can give it one")
        name, data = typed_data(event, name, self._statuses)
        if self._sends and name not in self._sends:
            return NotApplicable(f"it goes out as {name}, and the subscriber wants {', '.join(self._sends)}")
        document = with_overrides(_written(event, name, data), event, self._destination.name)
        return Payload(encode(document), _HEADERS, vendor_id=okanjo_id(event.id))

    def request(self, event: Event, payload: Payload, moment: Moment) -> Request:
        """Address the subscriber, and sign this attempt where there is a secret."""
        signed = self._keys and signature_headers(self._keys, okanjo_id(event.id), moment.sent_at, payload.body)
        return Request(
            url=self._url,
            headers={**payload.headers, **(signed or {})},
            body=payload.body,
            timeout=self._destination.policy.timeout,
            allow_private_addresses=self._destination.allow_private_addresses,
            redirects=_REDIRECTS,
        )

    def classify(self, answer: Answer) -> Verdict:
        """2xx is delivered, 410 pauses the destination, everything else is tried again."""
        if 300 <= answer.status < 400:
            return Verdict(Meaning.RETRY, f"HTTP {answer.status}: {_REDIRECTED}")
        return SUBSCRIBER.verdict(answer)

    def trial(self, moment: Moment) -> Trial:
        """An Event without data, of a type that listeners do not know."""
        event = trial_event(moment)
        payload = Payload(encode(_written(event, _TRIED_NAME, {})), _HEADERS)
        sends = f"an Event of the type {_TRIED_NAME}, which listeners pass over"
        return Trial(self.request(event, payload, moment), sends, self.classify, _TRIED_CAVEAT)


def _written(event: Event, name: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": okanjo_id(event.id),
        "occurred": central(event.body["occurred_at"]),
        "type": name,
        "data": data,
    }
