"""What destinations send, judged by simulated vendors that were written apart from them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings

from outhaul_ops.simulators.exchange import Call, Vendor
from outhaul_ops.simulators.record import Fate
from outhaul_ops.simulators.registry import simulated
from outhaul_producers.event import Event
from outhaul_worker.destinations.contract import DestinationKind, Meaning, Moment, NotApplicable
from outhaul_worker.exchange import Answer
from strategies.events import events
from unit.destinations.canonical import SAMPLES
from unit.destinations.configured import SHARED_SECRET, built, refusal

NOW = 1_763_600_000.0
NAMES = ("checkout_completed", "order_canceled", "loyalty_tier_up", "sign_up", "user_updated", "login", "lead_created")
FUNNEL = (
    "product_viewed",
    "product_added_to_cart",
    "product_removed_from_cart",
    "product_added_to_wishlist",
    "cart_viewed",
    "checkout_started",
    "billing_address_added",
    "shipping_detail_added",
    "payment_method_selected",
)
ACCOUNTS: Mapping[str, Mapping[str, Any]] = {
    "cloudevents": {"secrets": (SHARED_SECRET,)},
    "datareshape": {"script_id": "AB12CD34", "access_token": "dre-secret-token", "names": (*NAMES, *FUNNEL)},
    "esputnik": {"api_key": "es-secret-key"},
    "okanjo": {},
    "simon": {"partner_id": "p-acme", "partner_secret": "simon-secret-word"},
}
"""The simulated account that fits the example destination of a kind."""

CREDENTIALS = {"datareshape": "access_token", "esputnik": "api_key", "simon": "partner_secret"}
"""The option that a vendor refuses a stranger by, of the kinds whose vendor does."""

DESTINATIONS: Mapping[str, tuple[str, DestinationKind]] = {
    **{name: (name, built(name)) for name in ACCOUNTS},
    "cloudevents, binary": ("cloudevents", built("cloudevents", mode="binary")),
    "cloudevents, batched": ("cloudevents", built("cloudevents", mode="batched")),
    "esputnik, v2": ("esputnik", built("esputnik", api_version="v2", key_value="event_id")),
    "esputnik, orders": ("esputnik", built("esputnik", orders_api=True)),
}
"""Destinations that differ in what they send: the kind each is of, and the kind as it was built for it."""


def _judged(kind: DestinationKind, vendor: Vendor, event: Event) -> tuple[Meaning, Fate, str] | None:
    """What becomes of an event at the vendor, and how the destination reads its answer; None for what is not sent."""
    payload = None if refusal(kind, event) else kind.serialise(event)
    if payload is None or isinstance(payload, NotApplicable):
        return None
    request = kind.request(event, payload, Moment(NOW, 1))
    target = urlsplit(request.url)
    call = Call("POST", target._replace(scheme="", netloc="").geturl(), dict(request.headers), request.body, NOW)
    judgement = vendor.judge(call)
    answer = Answer(status=judgement.reply.status, body=judgement.reply.body)
    fate = judgement.parts[0].fate if judgement.parts else judgement.fate
    return kind.classify(answer).meaning, fate, judgement.reason


@pytest.mark.parametrize("destination", DESTINATIONS)
@settings(max_examples=100, deadline=None)
@given(event=events())
def test_no_vendor_refuses_or_drops_what_is_sent(destination: str, event: Event) -> None:
    """Any valid event is accepted, or not sent with a reason; the one exception is a visitor nobody knows yet."""
    name, kind = DESTINATIONS[destination]
    judged = _judged(kind, simulated(name).build(ACCOUNTS[name]), event)
    if judged:
        meaning, fate, reason = judged
        assert meaning is Meaning.DELIVERED, reason
        assert fate is Fate.STORED or reason.startswith(("not processed: a test", "received, unusable")), reason


@pytest.mark.parametrize("event_type", SAMPLES)
@pytest.mark.parametrize("destination", DESTINATIONS)
def test_every_sample_that_is_sent_is_kept(destination: str, event_type: str) -> None:
    """Nothing of an event that the vendor can use is only received."""
    name, kind = DESTINATIONS[destination]
    judged = _judged(kind, simulated(name).build(ACCOUNTS[name]), SAMPLES[event_type])
    if judged and SAMPLES[event_type].environment == "prod":
        assert judged[:2] == (Meaning.DELIVERED, Fate.STORED), judged


@pytest.mark.parametrize(("name", "credential"), CREDENTIALS.items())
def test_a_wrong_secret_pauses_the_destination(name: str, credential: str) -> None:
    """What the vendor answers to it is read as a fault of the destination, so that no event pays for it."""
    kind = built(name, **{credential: "another"})
    judged = _judged(kind, simulated(name).build(ACCOUNTS[name]), SAMPLES["order.created"])
    assert judged is not None
    assert judged[:2] == (Meaning.DESTINATION_FAULT, Fate.REFUSED)
