"""No request, however strange, upsets a simulated vendor."""

import base64
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outhaul_ops.simulators import SIMULATORS
from outhaul_ops.simulators.desk import Desk
from outhaul_ops.simulators.exchange import Call
from outhaul_ops.simulators.registry import OptionError, simulated
from outhaul_ops.simulators.remarkety_shapes import BUILT_IN

JsonObject = dict[str, Any]

ADDRESSES = {
    "cloudevents": ["/in"],
    "datareshape": ["/webhooks/reshape/event?id=AAABBB01", "/webhooks/reshape/event/test?id=AAABBB01"],
    "esputnik": ["/api/v1/event", "/api/v2/event", "/api/v1/orders"],
    "okanjo": ["/in", "/in/hop/1"],
    "remarkety": ["/webhooks/?storeId=AAABBB"],
    "simon": ["/http/v1/collect"],
    "webhook": ["/in"],
}
CREDENTIALS = {
    "x-token": "simulated-store-key",
    "x-dre-access-token": "simulated-access-token",
    "authorization": "Basic " + base64.b64encode(b"user:simulated-api-key").decode(),
}
SOUND: dict[str, JsonObject] = {
    "cloudevents": {"id": "ev_1", "source": "/shops/ro", "specversion": "1.0", "type": "order.created", "data": {}},
    "datareshape": {
        "event": {"name": "order_canceled", "value": 1, "currency": "EUR", "id": "O-1", "properties": {}},
        "context": {"environment": "prod", "data_source": "website", "url": "https://shop.example"},
        "products": [{"id": "P-9", "name": "Mug", "price": 1, "price_base": 1}],
        "consent": {"analytics": True, "personalization": True, "marketing": True},
        "user": {"email": "mara@shop.example"},
    },
    "esputnik": {
        "eventTypeKey": "orderCreated",
        "keyValue": "mara@shop.example",
        "params": [{"name": "email", "value": "mara@shop.example"}, {"name": "items", "value": '{"array":[]}'}],
        "orders": [{"externalOrderId": "O-1"}],
    },
    "okanjo": {
        "id": "EV4tQm8sKzB2nWc7RfXa",
        "occurred": "2025-11-19 02:15:00",
        "type": "order.updated",
        "data": {"id": "5001", "status": "2", "items": []},
    },
    "remarkety": {"id": "C-71", "email": "mara@shop.example", "customer": {}, "line_items": []},
    "simon": {
        "partnerId": "simulated-partner",
        "partnerSecret": "simulated-partner-secret",
        "clientId": "C-71",
        "sentAt": 1763600000000,
        "type": "track",
        "event": "custom",
        "context": {"debug": False},
        "properties": {"eventName": "order_shipped", "properties": {"eventId": "ev_1"}},
        "traits": {"email": "mara@shop.example"},
    },
    "webhook": {"type": "order.created", "timestamp": "2025-11-20T00:53:20Z", "data": {}},
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=15,
)
ODD = st.text(st.characters(max_codepoint=255), max_size=20)
CONTENT_TYPES = st.sampled_from(
    ["application/json", "application/cloudevents+json", "application/cloudevents-batch+json", "text/plain", ""]
)


def paths(document: object, way: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The way to every member of a document, its own included."""
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else []
    )
    return [way, *(path for step, member in inner for path in paths(member, (*way, step)))]


def replaced(document: Any, way: tuple[str | int, ...], value: object) -> Any:
    """A copy of a document with another value at the end of a way."""
    if not way:
        return value
    copy = document.copy()
    copy[way[0]] = replaced(copy[way[0]], way[1:], value)
    return copy


@st.composite
def bodies(draw: st.DrawFn, kind: str) -> bytes:
    """Bytes, JSON, or a sound body with some members replaced, alone or in a list."""
    shape = draw(st.sampled_from(["bytes", "json", "sound", "list"]))
    if shape == "bytes":
        return draw(st.binary(max_size=50))
    if shape == "json":
        return orjson.dumps(draw(JSON))
    document: Any = SOUND[kind]
    for _ in range(draw(st.integers(0, 2))):
        document = replaced(document, draw(st.sampled_from(paths(document))), draw(JSON))
    return orjson.dumps([document, document] if shape == "list" else document)


@given(st.data())
@pytest.mark.parametrize("kind", sorted(SIMULATORS))
def test_any_request_is_judged_and_recorded(kind: str, data: st.DataObject) -> None:
    """Whatever comes, there is an answer, an entry, and both can be shown as JSON."""
    desk = Desk(simulated(kind).build({}))
    headers = {
        **CREDENTIALS,
        "content-type": data.draw(CONTENT_TYPES),
        "x-event-type": data.draw(st.sampled_from([*BUILT_IN, "product-viewed"])),
        "x-event-time": data.draw(ODD),
        "webhook-id": data.draw(ODD),
        "webhook-timestamp": "1763600000",
        "webhook-signature": data.draw(ODD),
    }
    headers |= data.draw(st.dictionaries(st.sampled_from(["ce-id", "ce-source", "ce-time", "ce-é"]), ODD, max_size=4))
    target, body = data.draw(st.sampled_from(ADDRESSES[kind])), data.draw(bodies(kind))
    for number in range(2):
        reaction = desk.receive(Call("POST", target, headers, body, 1_763_600_000.0 + number))
        assert 200 <= reaction.reply.status < 500
        assert (
            reaction.reply.headers.get("Content-Type") or not reaction.reply.body or orjson.loads(reaction.reply.body)
        )
    assert len(desk.record) >= 2
    assert orjson.dumps([entry.as_json() for entry in desk.record])
    assert orjson.dumps(desk.state())


def test_unknown_kinds_and_options_name_the_nearest() -> None:
    """A misspelling is met with the right spelling."""
    with pytest.raises(OptionError, match="nearest known: remarkety"):
        simulated("remarkey")
    with pytest.raises(OptionError, match="nearest known: api_key"):
        simulated("remarkety").build({"apikey": "x"})
