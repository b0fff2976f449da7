"""The kind `datareshape`: one event a request, in the one shape that DATA Reshape takes for all events.

Source: DATA Reshape's Event Create page, and its knowledge base for events and objects.
"""

from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from marshmallow import Schema

from outhaul_config.destinations import Destination
from outhaul_config.policy import Policy, Retry, Timeout
from outhaul_producers.event import Event
from outhaul_producers.types import CUSTOM_PREFIX
from outhaul_worker.destinations.contract import (
    Moment,
    NotApplicable,
    Payload,
    Trial,
    Unserialisable,
    Verdict,
)
from outhaul_worker.destinations.custom_names import snake_name
from outhaul_worker.destinations.datareshape.answers import read
from outhaul_worker.destinations.datareshape.names import DEFAULT_NAMES, PURCHASE
from outhaul_worker.destinations.datareshape.options import DataReshapeOptions
from outhaul_worker.destinations.datareshape.payloads import Account, payload_for
from outhaul_worker.destinations.encoding import encode, number, with_overrides
from outhaul_worker.destinations.trial_events import trial_event
from outhaul_worker.exchange import Answer, Request

_MINUTE, _HOUR = 60.0, 3600.0
_SCHEDULE = (30.0, 2 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 6 * _HOUR, 12 * _HOUR)
_LEADS = "newsletter.subscribed"
_CONSENT_EXPECTED = "true or false for analytics, personalization and marketing, else DATA Reshape takes all as given"
_FLAGS = ("analytics", "personalization", "marketing")
_TRIED_TYPE = "product.viewed"
_TRIED_PRODUCT = {"product_id": "outhaul-test", "name": "Test of the connection", "price": "1.00"}
_TRIED_PAGE = {"url": "https://outhaul.invalid/test"}


class DataReshape:
    """Posts events to an account's script address. Repeats are safe: each carries the id of its order or event."""

    name: ClassVar[str] = "datareshape"
    options: ClassVar[type[Schema]] = DataReshapeOptions
    policy: ClassVar[Policy] = Policy(
        timeout=Timeout(connect=5.0, total=35.0),
        retry=Retry(schedule=_SCHEDULE, max_attempts=len(_SCHEDULE) + 1, max_age=72 * _HOUR),
    )

    def __init__(self, destination: Destination) -> None:
        options = destination.options
        self._destination = destination
        self._test: str = options["test"]
        self._url = _url(options, test=self._test == "path")
        self._trial_url = _url(options, test=True)
        self._credential = {"x-dre-access-token": options["access_token"].reveal()}
        self._names: dict[str, str] = {**DEFAULT_NAMES, **options["names"]}
        if not options["newsletter_leads"] and _LEADS not in options["names"]:
            self._names[_LEADS] = ""
        self._set_up = frozenset((*options["events"], *options["names"].values()))
        viewed = self._names[_TRIED_TYPE]
        self._tried_name: str = viewed if viewed in self._set_up else options["events"][0]
        self._confirm_by_update: bool = options["confirm_by_update"]
        self._account = Account(
            currency=options["currency"],
            tax_percent=None if options["tax_percent"] is None else number(str(options["tax_percent"])),
            data_source=options["data_source"],
            hash_pii=options["hash_pii"],
            dev=self._test == "environment",
        )

    def serialise(self, event: Event) -> Payload | NotApplicable:
        """The event in DATA Reshape's shape, if its name is set up in the account.

        Raises:
            Unserialisable: a field that DATA Reshape requires is missing, or consent was overridden to be none.
        """
        name = self._names.get(event.type, "")
        if event.type.startswith(CUSTOM_PREFIX):
            name = name or snake_name(event.type)
        reason = self._of_no_use(event, name)
        if reason:
            return NotApplicable(reason)
        payload = with_overrides(payload_for(event, name, self._account), event, self._destination.name)
        self._check_consent(payload.get("consent"))
        return Payload(encode(payload), {"content-type": "application/json"})

    def request(self, event: Event, payload: Payload, moment: Moment) -> Request:  # noqa: ARG002 - nothing is signed
        """Address the account's script and add the token."""
        return Request(
            url=self._url,
            headers={**payload.headers, **self._credential},
            body=payload.body,
            timeout=self._destination.policy.timeout,
            allow_private_addresses=self._destination.allow_private_addresses,
        )

    def classify(self, answer: Answer) -> Verdict:
        """200 that says "Received." is delivered, with the vendor's warnings; 200 that says else is final.

        401 and 403 pause the destination, and so does an event that was taken but not processed outside test mode.
        """
        return read(answer, testing=self._test != "off")

    def trial(self, moment: Moment) -> Trial:
        """An event that is set up in the account, about a made-up product, to the address of tests."""
        event = trial_event(moment, _TRIED_TYPE, product=_TRIED_PRODUCT, context=_TRIED_PAGE)
        body = encode(payload_for(event, self._tried_name, replace(self._account, dev=True)))
        request = self.request(event, Payload(body, {"content-type": "application/json"}), moment)
        return Trial(
            request._replace(url=self._trial_url),
            f"an event {self._tried_name} about no real product, to be checked and not processed",
            partial(read, testing=True),
        )

    def _of_no_use(self, event: Event, name: str) -> str:
        """Why the event is not sent, or an empty text."""
        if not name:
            hint = "the option newsletter_leads" if event.type == _LEADS else "the option names"
            return f"DATA Reshape has no event for {event.type}; {hint} can give it one"
        if name not in self._set_up:
            return f"{name} is not among the option events, so it is not set up in the account"
        if name != PURCHASE:
            return ""
        if event.body.get("order", {}).get("confirmed") is not True:
            return "the order is not confirmed (order.confirmed); DATA Reshape counts it as bought once it is"
        if event.type == "order.updated" and not self._confirm_by_update:
            return "orders are confirmed when they are created (option confirm_by_update)"
        return ""

    def _check_consent(self, consent: Any) -> None:
        if not isinstance(consent, dict) or not all(isinstance(consent.get(each), bool) for each in _FLAGS):
            raise Unserialisable(f"overrides.{self._destination.name}.consent", f"expected {_CONSENT_EXPECTED}")


def _url(options: Any, *, test: bool) -> str:
    return f"{options['base_url']}{options['path']}{'/test' if test else ''}?id={options['script_id']}"
