"""The kind `simon`: one event a request, with the account's secret in its body.

Source: Simon Data's guide to event ingestion, and the schemas and responses of its Event Ingestion API.
"""

from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import Any, ClassVar

import orjson
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
    Trial,
    Unserialisable,
    Verdict,
)
from outhaul_worker.destinations.custom_names import snake_name
from outhaul_worker.destinations.encoding import encode, with_overrides
from outhaul_worker.destinations.simon.names import DEFAULT_NAMES, LONGEST_NAME
from outhaul_worker.destinations.simon.options import SimonOptions
from outhaul_worker.destinations.simon.parts import client_id
from outhaul_worker.destinations.simon.payloads import Client, payload_for
from outhaul_worker.destinations.simon.schema import breaches
from outhaul_worker.destinations.trial_events import trial_event
from outhaul_worker.destinations.verdicts import GONE, PASSING, StatusReading
from outhaul_worker.exchange import Answer, Request

_MINUTE, _HOUR = 60.0, 3600.0
_SCHEDULE = (30.0, 2 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE, 2 * _HOUR)
_PATH = "/http/v1/collect"
_HOSTS: Mapping[str, str] = {
    "production": "https://simonsignal.com",
    "staging": "https://staging.simonsignal.com",
    "dev": "https://dev.simonsignal.com",
}
_LARGEST = 100_000
# `"sentAt":` with its 13 digits, and the comma.
_TIME_LENGTH = 23
_LONGEST_ERROR = 300
_TRIED_NAME = "outhaul_test"
_UNTRIED = (
    "Staging was tried, not production, where your events go: an account may be set up in one and not in the other"
)
_READING = StatusReading(
    redirect=Meaning.DEAD,
    client_error=Meaning.DEAD,
    exact={
        **dict.fromkeys((401, 403), Meaning.DESTINATION_FAULT),
        **GONE,
        **PASSING,
    },
)


class Simon:
    """Posts events to Simon Signal. Simon knows no repeats: one that is sent twice happened twice there.

    Payloads are checked here, as Simon answers 200 to invalid ones and drops them. Partner, secret and time of sending
    are no part of a payload; each request adds them.
    """

    name: ClassVar[str] = "simon"
    options: ClassVar[type[Schema]] = SimonOptions
    policy: ClassVar[Policy] = Policy(
        timeout=Timeout(connect=5.0, total=20.0),
        retry=Retry(schedule=_SCHEDULE, max_attempts=len(_SCHEDULE) + 1, max_age=72 * _HOUR),
    )

    def __init__(self, destination: Destination) -> None:
        options = destination.options
        self._destination = destination
        environment: str = options["environment"]
        self._url = (options["base_url"] or _HOSTS[environment]) + _PATH
        test_environment = "staging" if environment == "production" else environment
        self._test_url = (options["base_url"] or _HOSTS[test_environment]) + _PATH
        self._trial_caveat = "" if self._test_url == self._url else _UNTRIED
        self._opening = _opening(options["partner_id"], options["partner_secret"].reveal())
        self._names: dict[str, str] = {**DEFAULT_NAMES, **options["names"]}
        self._client = Client(
            name=options["client_name"],
            version=options["client_version"] or version("outhaul"),
            debug=options["debug"],
            requires_identity=options["requires_identity"],
            dotted=options["context_style"] == "dotted",
        )

    def serialise(self, event: Event) -> Payload | NotApplicable:
        """One of Simon's own events, or a custom one; checked, since nobody else will say what is wrong with it.

        Raises:
            Unserialisable: Simon would not accept the event; the first field that is wrong is named.
        """
        name = self._name_of(event.type)
        if not name:
            return NotApplicable(f"Simon has no event for {event.type}; the option names can give it one")
        if not client_id(event):
            return NotApplicable("nobody is identified: Simon needs session_id, customer.id or customer.email")
        payload = with_overrides(payload_for(event, name, self._client), event, self._destination.name)
        self._check(payload, event)
        body = encode(payload)
        self._check_size(len(body), event)
        return Payload(body, {"content-type": "application/json"})

    def request(self, event: Event, payload: Payload, moment: Moment) -> Request:
        """Address the environment, and put partner, secret and the time of sending before the payload."""
        sent_at = b'"sentAt":%d,' % int(moment.sent_at * 1000)
        return Request(
            url=self._test_url if event.environment == "test" else self._url,
            headers=payload.headers,
            body=self._opening + sent_at + payload.body[1:],
            timeout=self._destination.policy.timeout,
            allow_private_addresses=self._destination.allow_private_addresses,
        )

    def classify(self, answer: Answer) -> Verdict:
        """2xx is delivered, as the payload was checked; 401, 403 and 410 pause; 408, 425, 429 and 5xx are no end.

        The rest is final, above all 412, which is what Simon says in debug mode of an event it does not accept.
        """
        verdict = _READING.verdict(answer)
        error = "" if verdict.meaning is Meaning.DELIVERED else _error(answer.body)
        return Verdict(verdict.meaning, f"{verdict.reason}: {error}") if error else verdict

    def trial(self, moment: Moment) -> Trial:
        """A custom event of nobody, in debug mode, to the environment of tests.

        Simon uses no event of somebody whose e-mail address it does not know; debug mode has it say what is wrong.
        """
        event = trial_event(moment, f"{CUSTOM_PREFIX}{_TRIED_NAME}", session_id="outhaul-test")
        client = replace(self._client, debug=True, requires_identity=True)
        body = encode(payload_for(event, _TRIED_NAME, client))
        request = self.request(event, Payload(body, {"content-type": "application/json"}), moment)
        sends = f"a custom event {_TRIED_NAME} about nobody, in debug mode"
        return Trial(request, sends, self.classify, self._trial_caveat)

    def _name_of(self, event_type: str) -> str:
        name = self._names.get(event_type, "")
        if name or not event_type.startswith(CUSTOM_PREFIX):
            return name
        name = snake_name(event_type)
        if not 1 <= len(name) <= LONGEST_NAME:
            raise Unserialisable(
                "type",
                f"Simon takes names of 1 to {LONGEST_NAME} characters, {event_type} makes {len(name)};"
                " give it another in the option names",
            )
        return name

    def _check(self, payload: Mapping[str, Any], event: Event) -> None:
        name = self._destination.name
        overridden = name in event.body.get("overrides", {})
        for path, problem in breaches(payload).items():
            where = f"overrides.{name}.{path}" if overridden else f"payload.{path}"
            raise Unserialisable(where, f"{problem}; Simon would drop the event without a word")

    def _check_size(self, length: int, event: Event) -> None:
        size = len(self._opening) + _TIME_LENGTH + length
        if size > _LARGEST:
            raise Unserialisable(
                max(event.body, key=lambda section: len(str(event.body[section]))),
                f"takes the most room of {size} bytes, and Simon accepts at most {_LARGEST} in a request",
            )


def _opening(partner_id: str, secret: str) -> bytes:
    """The beginning of every body, up to where the time of sending follows."""
    return orjson.dumps({"partnerId": partner_id, "partnerSecret": secret})[:-1] + b","


def _error(body: bytes) -> str:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    error = found.get("error") if isinstance(found, dict) else None
    return str(error)[:_LONGEST_ERROR] if error else ""
