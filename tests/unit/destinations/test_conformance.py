"""What every destination kind keeps, whoever wrote it."""

from collections.abc import Iterator

import orjson
import pytest

from outhaul_config.policy import Policy
from outhaul_producers.event import Event, canonical
from outhaul_worker.destinations.contract import (
    DestinationKind,
    Meaning,
    Moment,
    NotApplicable,
    Payload,
    Verdict,
)
from outhaul_worker.destinations.registry import kinds
from outhaul_worker.exchange import Answer
from unit.destinations.canonical import SAMPLES, event
from unit.destinations.configured import OPTIONS, accepting_answer, built, carries, destination, refusal

MOMENT = Moment(sent_at=1_763_600_000.5, attempt=1)


@pytest.fixture(params=sorted(kinds()))
def name(request: pytest.FixtureRequest) -> str:
    """The name of each kind there is."""
    return str(request.param)


@pytest.fixture
def kind(name: str) -> DestinationKind:
    """A destination of each kind, built as a worker builds it."""
    return built(name)


def _payloads(kind: DestinationKind) -> Iterator[tuple[Event, Payload]]:
    for sample in SAMPLES.values():
        payload = kind.serialise(sample)
        if isinstance(payload, Payload):
            yield sample, payload


def test_every_sample_becomes_a_payload_or_is_said_to_be_of_no_use(name: str, kind: DestinationKind) -> None:
    """Complete events of any type never fail to serialise, and each kind has a use for the creation of orders."""
    results = {sample.type: kind.serialise(sample) for sample in SAMPLES.values()}
    assert all(isinstance(result, Payload) or result.reason for result in results.values()), name
    assert isinstance(results["order.created"], Payload)


def test_the_same_event_gives_the_same_bytes_in_any_process(name: str) -> None:
    """A retry repeats the first attempt's payload, whichever worker makes it."""
    first, second = built(name), built(name)
    for sample in SAMPLES.values():
        assert first.serialise(sample) == second.serialise(Event(canonical(sample.body)))


def test_serialising_changes_nothing_in_the_event(name: str, kind: DestinationKind) -> None:
    """One destination cannot spoil the event for the next."""
    for sample in SAMPLES.values():
        overridden = event(sample.type, **{**sample.body, "overrides": {"under-test": {"customer": {"added": 1}}}})
        before = orjson.dumps(overridden.body)
        refusal(kind, overridden)
        assert orjson.dumps(overridden.body) == before, name


def test_no_credential_is_in_a_payload(name: str, kind: DestinationKind) -> None:
    """Payloads may be shown to people, so what authenticates them is added to the request alone."""
    secrets = [secret.encode() for secret in destination(name).secrets()]
    assert secrets, "configure the example destination with every credential the kind knows"
    for _, payload in _payloads(kind):
        seen = payload.body + orjson.dumps(dict(payload.headers))
        assert not any(secret in seen for secret in secrets)


def test_every_request_carries_the_payload_and_the_destinations_limits(name: str, kind: DestinationKind) -> None:
    """The policy's time limits and the payload reach the transport as they are."""
    for sample, payload in _payloads(kind):
        request = kind.request(sample, payload, MOMENT)
        assert carries(request.body, payload.body)
        assert dict(payload.headers).items() <= dict(request.headers).items()
        assert request.timeout == destination(name).policy.timeout
        assert request.allow_private_addresses is False
        assert request.url.startswith("https://")


def test_headers_can_be_sent_as_they_are(kind: DestinationKind) -> None:
    """Names are lower case and values visible ASCII, so that no transport has to decide about them."""
    for sample, payload in _payloads(kind):
        for header, value in kind.request(sample, payload, MOMENT).headers.items():
            assert header == header.lower()
            assert value.isascii()
            assert value.isprintable()
            assert value == value.strip()


def test_what_says_how_to_deliver_an_event_is_not_delivered(kind: DestinationKind) -> None:
    """When it is due, when it expires and where it goes is between the sender and Outhaul."""
    for sample in SAMPLES.values():
        times = {"deliver_after": "2037-01-01T00:00:00.000Z", "expires_at": "2038-01-01T00:00:00.000Z"}
        assert kind.serialise(Event(canonical({**sample.body, **times}))) == kind.serialise(sample)


def test_every_status_has_one_meaning_and_a_reason(kind: DestinationKind) -> None:
    """Whatever an endpoint answers is understood, and what counts as delivered without being a success is marked."""
    for status in range(100, 600):
        verdict = kind.classify(Answer(status=status, body=b"\xff{"))
        assert isinstance(verdict, Verdict)
        assert isinstance(verdict.meaning, Meaning)
        assert verdict.reason.startswith(f"HTTP {status}")
        assert verdict.meaning is not Meaning.DELIVERED or 200 <= status < 300 or verdict.warnings


def test_the_vendors_own_yes_is_a_delivery(name: str, kind: DestinationKind) -> None:
    """What an endpoint answers to an event it took ends the delivery."""
    assert kind.classify(accepting_answer(name)).meaning is Meaning.DELIVERED


def test_too_many_requests_and_server_errors_are_tried_again(kind: DestinationKind) -> None:
    """An endpoint that is merely busy or broken for the moment costs no event."""
    for status in (408, 425, 429, 500, 502, 503, 504, 599):
        assert kind.classify(Answer(status=status)).meaning is Meaning.RETRY


def test_an_endpoint_that_is_gone_for_good_pauses_its_destination(kind: DestinationKind) -> None:
    """410 is about the address, whichever event it is: all deliveries are kept until somebody has looked."""
    assert kind.classify(Answer(status=410)) == Verdict(Meaning.DESTINATION_FAULT, "HTTP 410: the endpoint is gone")


def test_the_default_policy_is_complete(name: str) -> None:
    """A destination that configures nothing but its address still has limits and an end."""
    policy = kinds()[name].policy
    assert isinstance(policy, Policy)
    assert 0 < policy.timeout.connect <= policy.timeout.total
    assert policy.concurrency == "auto" or policy.concurrency >= 1
    assert policy.breaker is not None
    assert policy.retry.max_attempts >= 2
    assert policy.retry.max_age >= sum(policy.retry.schedule)
    assert len(policy.retry.schedule) in (0, policy.retry.max_attempts - 1)


def test_every_option_is_described(name: str) -> None:
    """The reference in the documentation is made of these descriptions."""
    for option, field in kinds()[name].options().fields.items():
        assert field.metadata.get("description"), option


def test_every_kind_has_an_example_configuration() -> None:
    """A new kind joins this suite by being registered, and cannot be forgotten here."""
    assert set(OPTIONS) == set(kinds())


def test_an_event_of_a_type_unknown_to_the_kind_does_no_harm(kind: DestinationKind) -> None:
    """A type that a newer producer knows ends as a payload or as not applicable, not as a crash."""
    result = kind.serialise(event("subscription.renewed", customer={"email": "mara@shop.example"}))
    assert isinstance(result, Payload | NotApplicable)


def test_an_event_without_the_section_its_type_is_about_is_refused_by_name_or_sent(kind: DestinationKind) -> None:
    """What is missing is named by its canonical path, so that a person knows what to mend."""
    for event_type in SAMPLES:
        refused = refusal(kind, event(event_type, customer={"email": "mara@shop.example", "phone": "+40712000111"}))
        if refused:
            assert refused.field.split(".")[0] in ("order", "item", "cart", "product", "payout", "customer")
            assert str(refused).startswith(f"{refused.field}: ")
