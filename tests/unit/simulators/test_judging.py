"""No request, however strange, upsets a simulated vendor."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outhaul_ops.simulators import SIMULATORS
from outhaul_ops.simulators.desk import Desk
from outhaul_ops.simulators.exchange import Call
from outhaul_ops.simulators.registry import OptionError, simulated
from outhaul_ops.simulators.remarkety_shapes import BUILT_IN

NAMES = st.sampled_from(["email", "id", "customer", "line_items", "event_id", "type", "timestamp", "data", "tags"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=5),
    max_leaves=15,
)
BODIES = st.binary(max_size=50) | JSON.map(orjson.dumps)
EVENTS = st.sampled_from([*BUILT_IN, "product-viewed"])


@given(BODIES, EVENTS, st.text(st.characters(max_codepoint=255), max_size=20))
@pytest.mark.parametrize("kind", sorted(SIMULATORS))
def test_any_request_is_judged_and_recorded(kind: str, body: bytes, event: str, odd: str) -> None:
    """Whatever comes, there is an answer, an entry, and both can be shown as JSON."""
    desk = Desk(simulated(kind).build({"check_body": True} if kind == "webhook" else {}))
    headers = {
        "content-type": "application/json",
        "x-event-type": event,
        "x-token": "simulated-store-key",
        "x-event-time": odd,
        "webhook-id": odd,
        "webhook-timestamp": "1763600000",
        "webhook-signature": odd,
    }
    for sent in (headers, {name: value for name, value in headers.items() if name != "x-event-time"}):
        reaction = desk.receive(Call("POST", "/webhooks/?storeId=AAABBB", sent, body, 1_763_600_000.0))
        assert 200 <= reaction.reply.status < 500
    assert orjson.dumps([entry.as_json() for entry in desk.record])
    assert orjson.dumps(desk.state())


def test_unknown_kinds_and_options_name_the_nearest() -> None:
    """A misspelling is met with the right spelling."""
    with pytest.raises(OptionError, match="nearest known: remarkety"):
        simulated("remarkey")
    with pytest.raises(OptionError, match="nearest known: api_key"):
        simulated("remarkety").build({"apikey": "x"})
