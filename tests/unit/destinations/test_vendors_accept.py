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
from unit.destinations.configured import OPTIONS, built, refusal

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
    "datareshape": {"script_id": "AB12CD34", "access_token": "dre-secret-token", "names": (*NAMES, *FUNNEL)},
    "simon": {"partner_id": "p-acme", "partner_secret": "simon-secret-word"},
}
"""The simulated account that fits the example destination of a kind."""

KINDS: dict[str, DestinationKind] = {name: built(name) for name in ACCOUNTS}


def _judged(kind: DestinationKind, vendor: Vendor, event: Event) -> tuple[Meaning, Fate, str] | None:
    """What becomes of an event at the vendor, and how the destination reads its answer; None for what is not sent."""
    payload = None if refusal(kind, event) else kind.serialise(event)
    if payload is None or isinstance(payload, NotApplicable):
        return None
    request = kind.request(event, payload, Moment(NOW, 1))
    target = urlsplit(request.url)
    call = Call("POST", f"{target.path}?{target.query}", dict(request.headers), request.body, NOW)
    judgement = vendor.judge(call)
    answer = Answer(status=judgement.reply.status, body=judgement.reply.body)
    return kind.classify(answer).meaning, judgement.fate, judgement.reason


@pytest.mark.parametrize("name", ACCOUNTS)
@settings(max_examples=100, deadline=None)
@given(event=events())
def test_no_vendor_refuses_or_drops_what_is_sent(name: str, event: Event) -> None:
    """Any valid event is accepted, or not sent with a reason; the one exception is a visitor nobody knows yet."""
    judged = _judged(KINDS[name], simulated(name).build(ACCOUNTS[name]), event)
    if judged:
        meaning, fate, reason = judged
        assert meaning is Meaning.DELIVERED, reason
        assert fate is Fate.STORED or reason.startswith(("not processed: a test", "received, unusable")), reason


@pytest.mark.parametrize("event_type", SAMPLES)
@pytest.mark.parametrize("name", ACCOUNTS)
def test_every_sample_that_is_sent_is_kept(name: str, event_type: str) -> None:
    """Nothing of an event that the vendor can use is only received."""
    judged = _judged(KINDS[name], simulated(name).build(ACCOUNTS[name]), SAMPLES[event_type])
    if judged and SAMPLES[event_type].environment == "prod":
        assert judged[:2] == (Meaning.DELIVERED, Fate.STORED), judged


@pytest.mark.parametrize("name", ACCOUNTS)
def test_a_wrong_secret_pauses_the_destination(name: str) -> None:
    """What the vendor answers to it is read as a fault of the destination, so that no event pays for it."""
    secret = "partner_secret" if name == "simon" else "access_token"
    kind = built(name, **{**OPTIONS[name], secret: "another"})
    judged = _judged(kind, simulated(name).build(ACCOUNTS[name]), SAMPLES["order.created"])
    assert judged is not None
    assert judged[:2] == (Meaning.DESTINATION_FAULT, Fate.REFUSED)
