"""How the simulated Simon Data finds out who an event is about, and what it cannot use."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from changing import changed
from outhaul_ops.simulators import Fate, Simulator

JsonObject = dict[str, Any]
Start = Callable[..., Simulator]

NOW_MS = 1_763_600_000_000
DAY = 86_400
CUSTOM: JsonObject = {
    "partnerId": "p-acme",
    "partnerSecret": "hush",
    "clientId": "C-71",
    "sentAt": NOW_MS,
    "type": "track",
    "event": "custom",
    "context": {},
    "properties": {"eventName": "cart_abandoned"},
    "traits": {"email": "mara@shop.example"},
}
CART: JsonObject = {
    **CUSTOM,
    "clientId": "sess-8842",
    "event": "cart",
    "properties": {"cartItems": [{"productId": "P-9", "variant": "P-9-R", "quantity": 1}]},
}
IDENTIFY: JsonObject = {
    "partnerId": "p-acme",
    "partnerSecret": "hush",
    "clientId": "sess-8842",
    "sentAt": NOW_MS,
    "type": "identify",
    "context": {"debug": True},
    "userId": "C-71",
    "traits": {"email": "mara@shop.example"},
}


def send(simulator: Simulator, body: object) -> requests.Response:
    """Post an event."""
    return requests.post(f"{simulator.url}/http/v1/collect", json=body, timeout=10)


def fates(simulator: Simulator) -> list[Fate]:
    """The fates of all requests in order."""
    return [entry.fate for entry in simulator.record]


@pytest.fixture
def simon(started: Start) -> Simulator:
    """A partner by a clock that stands at 2025-11-20."""
    return started("simon", partner_id="p-acme", partner_secret="hush")


@pytest.mark.parametrize("body", [changed(CUSTOM, "traits", ...), changed(CART, "traits", ...)])
def test_an_event_without_an_identity_is_received_but_unusable(simon: Simulator, body: JsonObject) -> None:
    """Without traits and without an identify call before, the answer is 200 and nothing comes of it."""
    assert send(simon, body).status_code == 200
    (entry,) = simon.record
    assert (entry.fate, entry.reason.partition(":")[0]) == (Fate.NOT_STORED, "received, unusable")
    unusable: Any = simon.state()["unusable"]
    assert [loss["client_id"] for loss in unusable] == [body["clientId"]]
    assert simon.state()["dropped"] == []


@pytest.mark.parametrize(("flag", "fate"), [(False, Fate.STORED), (True, Fate.NOT_STORED)])
def test_a_custom_event_can_do_without_an_identity(simon: Simulator, flag: bool, fate: Fate) -> None:
    """`requiresIdentity` false lets an anonymous custom event through."""
    body = changed(changed(CUSTOM, "traits", ...), "properties.requiresIdentity", flag)
    send(simon, body)
    assert fates(simon) == [fate]


def test_an_identify_call_is_remembered_for_seven_days(simon: Simulator, clock: Any) -> None:
    """Events of the same clientId are usable until the seventh day, and those of others are not."""
    anonymous = changed(CART, "traits", ...)
    assert send(simon, IDENTIFY).status_code == 200
    send(simon, changed(anonymous, "clientId", "sess-other"))
    send(simon, anonymous)
    clock.now += 7 * DAY - 1
    send(simon, anonymous)
    clock.now += 1
    send(simon, anonymous)
    assert fates(simon) == [Fate.STORED, Fate.NOT_STORED, Fate.STORED, Fate.STORED, Fate.NOT_STORED]


def test_another_identify_call_renews_the_seven_days(simon: Simulator, clock: Any) -> None:
    """The time runs from the latest call."""
    send(simon, IDENTIFY)
    clock.now += 6 * DAY
    send(simon, IDENTIFY)
    clock.now += 6 * DAY
    send(simon, changed(CART, "traits", ...))
    assert fates(simon)[-1] is Fate.STORED
    identities: Any = simon.state()["identities"]
    assert identities["sess-8842"]["email"] == "mara@shop.example"


def test_the_traits_of_an_event_identify_only_that_event(simon: Simulator) -> None:
    """Nothing is learnt from traits sent along."""
    send(simon, CART)
    send(simon, changed(CART, "traits", ...))
    assert fates(simon) == [Fate.STORED, Fate.NOT_STORED]


@pytest.mark.parametrize(
    ("path", "value"), [("userId", ...), ("traits", ...), ("traits.email", ...), ("clientId", ...)]
)
def test_an_identify_call_needs_user_and_email(simon: Simulator, path: str, value: object) -> None:
    """Without them it is a schema mistake, and nothing is learnt."""
    assert send(simon, changed(IDENTIFY, path, value)).status_code == 412
    assert simon.state()["identities"] == {}
