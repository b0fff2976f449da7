"""What the simulated webhook receiver takes and refuses."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook

from outhaul_ops.simulators import Fate, OptionError, Simulator

Send = Callable[..., requests.Response]
JsonObject = dict[str, Any]

NOW = 1_763_600_000.0
VECTOR_SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
VECTOR_SIGNATURE = "v1,pTdF25Jv0z1zmBy2tjDBFXpQ2PQYvKSXfTE3E2JVzF4="
VECTOR_BODY = b'{"type":"order.created","n":1}'


def post_vector(url: str, signature: str) -> int:
    """Send the published example with some signature; returns the status."""
    headers = {
        "content-type": "application/json",
        "webhook-id": "msg_9fK2c7Qx1",
        "webhook-timestamp": "1763600000",
        "webhook-signature": signature,
    }
    return requests.post(url, data=VECTOR_BODY, headers=headers, timeout=10).status_code


def test_the_published_signature_example_is_accepted() -> None:
    """The known signature of a known body verifies; with one byte changed it does not."""
    with Simulator.start("webhook", clock=lambda: NOW, secrets=(VECTOR_SECRET,), check_body=False) as simulator:
        assert post_vector(simulator.url, VECTOR_SIGNATURE) == 200
        assert post_vector(simulator.url, VECTOR_SIGNATURE.replace("pTdF", "pTdG")) == 401


def test_a_request_signed_by_the_reference_library_is_accepted() -> None:
    """Sender code of another origin and this receiver agree."""
    with Simulator.start("webhook", clock=lambda: NOW, secrets=(VECTOR_SECRET,), check_body=False) as simulator:
        signature = Webhook(VECTOR_SECRET).sign("msg_9fK2c7Qx1", datetime.fromtimestamp(NOW, UTC), VECTOR_BODY.decode())
        assert post_vector(simulator.url, signature) == 200


def test_a_signed_event_is_stored(deliver: Send, webhook: Simulator, happening: JsonObject) -> None:
    """A well-formed request is answered with 200 and recorded with its id, type and time."""
    answer = deliver("ev_1", happening)
    (entry,) = webhook.record
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert (entry.fate, entry.event, entry.event_id) == (Fate.STORED, "order.created", "ev_1")
    assert (entry.occurred_at, entry.document) == (1_763_600_000.0, happening)


@pytest.mark.parametrize("header", ["webhook_id", "webhook_timestamp", "webhook_signature"])
def test_a_request_without_one_of_the_headers_is_malformed(deliver: Send, happening: JsonObject, header: str) -> None:
    """Each of the three headers is mandatory."""
    answer = deliver("ev_1", happening, **{header: None})
    assert answer.status_code == 400
    assert header.replace("_", "-") in answer.json()["message"]


def test_an_id_with_a_full_stop_is_malformed(deliver: Send, happening: JsonObject) -> None:
    """A full stop in the id would make the signed text ambiguous."""
    assert deliver("ev.1", happening).status_code == 400


@pytest.mark.parametrize("timestamp", ["soon", "1763600000.5", "-1", "1763600000000"])
def test_a_timestamp_that_is_not_unix_seconds_is_malformed(
    deliver: Send, happening: JsonObject, timestamp: str
) -> None:
    """The timestamp is whole seconds, neither text nor milliseconds."""
    assert deliver("ev_1", happening, webhook_timestamp=timestamp).status_code == 400


@pytest.mark.parametrize(("off", "status"), [(-301, 401), (-300, 200), (300, 200), (301, 401)])
def test_a_timestamp_may_be_five_minutes_off(deliver: Send, happening: JsonObject, off: int, status: int) -> None:
    """Signed requests from further away in time are refused, whichever direction."""
    assert deliver("ev_1", happening, at=NOW + off).status_code == status


@pytest.mark.parametrize(
    "signature", ["v1,", "v1,AAAA", "v1,%%%", "v2,AAAA", "AAAA", "v1a,AAAA", "v1," + "A" * 43 + "="]
)
def test_a_signature_that_fits_no_key_is_refused(
    deliver: Send, webhook: Simulator, happening: JsonObject, signature: str
) -> None:
    """Foreign, broken and unknown signatures are answered with 401, and nothing is stored."""
    assert deliver("ev_1", happening, webhook_signature=signature).status_code == 401
    assert webhook.record.count(Fate.STORED) == 0


def test_a_changed_body_no_longer_fits_its_signature(deliver: Send, happening: JsonObject) -> None:
    """The signature covers every byte of the body."""
    signature = deliver("ev_1", happening).request.headers["webhook-signature"]
    assert deliver("ev_1", happening | {"extra": 1}, webhook_signature=str(signature)).status_code == 401


def test_any_fitting_signature_in_the_list_will_do(deliver: Send, happening: JsonObject) -> None:
    """During a rotation the list holds signatures by old and new keys; one match is enough."""
    good = str(deliver("ev_1", happening).request.headers["webhook-signature"])
    assert deliver("ev_1", happening, webhook_signature=f"v1,AAAA {good} v1a,BBBB").status_code == 200


def test_an_ed25519_signature_is_verified() -> None:
    """A `v1a` signature by the private key fits the public one, and no other does."""
    ours, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    public = "whpk_" + base64.b64encode(ours.public_key().public_bytes_raw()).decode()
    text = b"msg_9fK2c7Qx1.1763600000." + VECTOR_BODY
    options: JsonObject = {"secrets": (), "public_keys": (public,), "check_body": False}
    with Simulator.start("webhook", clock=lambda: NOW, **options) as simulator:
        signatures = ["v1a," + base64.b64encode(key.sign(text)).decode() for key in (ours, other)]
        assert [post_vector(simulator.url, signature) for signature in signatures] == [200, 401]
        assert post_vector(simulator.url, VECTOR_SIGNATURE) == 401


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        {},
        {"timestamp": "2025-11-20T00:53:20Z", "data": {}},
        {"type": "order created", "timestamp": "2025-11-20T00:53:20Z", "data": {}},
        {"type": "order..created", "timestamp": "2025-11-20T00:53:20Z", "data": {}},
        {"type": "order.created", "timestamp": 1763600000, "data": {}},
        {"type": "order.created", "timestamp": "2025-11-20T00:53:20", "data": {}},
        {"type": "order.created", "timestamp": "2025-11-20T00:53:20Z", "data": "text"},
        {"type": "order.created", "timestamp": "2025-11-20T00:53:20Z"},
    ],
)
def test_a_body_of_another_shape_is_malformed(deliver: Send, body: object) -> None:
    """The body is JSON with a dotted type, a timestamp with a zone and a data object."""
    assert deliver("ev_1", body).status_code == 400


def test_a_body_declared_as_something_else_is_malformed(deliver: Send, happening: JsonObject) -> None:
    """The content type must say JSON."""
    assert deliver("ev_1", happening, content_type="text/plain").status_code == 400


def test_the_signature_is_checked_before_the_body(deliver: Send) -> None:
    """Nothing is told about the body to a sender who cannot sign."""
    assert deliver("ev_1", b"{", webhook_signature="v1,AAAA").status_code == 401


def test_only_post_is_taken(webhook: Simulator) -> None:
    """Another method is answered with 405 and the one allowed."""
    answer = requests.get(webhook.url, timeout=10)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_repeated_id_is_accepted_and_counted_once(deliver: Send, webhook: Simulator, happening: JsonObject) -> None:
    """A repetition is answered like the first, recorded as a duplicate and stored once."""
    assert [deliver("ev_1", happening).status_code for _ in range(3)] == [200, 200, 200]
    assert [entry.fate for entry in webhook.record] == [Fate.STORED, Fate.DUPLICATE, Fate.DUPLICATE]
    assert (webhook.state(), webhook.record.repeated()) == ({"events": 1}, {"ev_1": 3})


def test_a_repeated_id_with_another_body_is_noted(deliver: Send, webhook: Simulator, happening: JsonObject) -> None:
    """A duplicate that differs from the first is a sender's mistake, and the record says so."""
    deliver("ev_1", happening)
    deliver("ev_1", happening | {"data": {}})
    assert webhook.record.entries(fate=Fate.DUPLICATE)[0].reason == "the body differs from the first one's"


def test_a_refused_request_does_not_use_up_its_id(deliver: Send, webhook: Simulator, happening: JsonObject) -> None:
    """After a 401 the same id is still new."""
    deliver("ev_1", happening, webhook_signature="v1,AAAA")
    deliver("ev_1", happening)
    assert [entry.fate for entry in webhook.record] == [Fate.REFUSED, Fate.STORED]


def test_a_body_above_the_advised_size_is_taken_with_a_remark(
    deliver: Send, webhook: Simulator, happening: JsonObject
) -> None:
    """20 kB are advised, not demanded."""
    assert deliver("ev_1", happening | {"data": {"long": "x" * 30_000}}).status_code == 200
    assert "20000 are advised" in webhook.record.entries()[0].reason


@pytest.mark.parametrize(
    "options",
    [
        {"secrets": ()},
        {"secrets": ("whsec_c2hvcnQ=",)},
        {"secrets": ("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=",)},
        {"secrets": ("whsec_%%",)},
        {"public_keys": ("whpk_c2hvcnQ=",)},
    ],
)
def test_unusable_keys_stop_the_start(options: JsonObject) -> None:
    """A receiver without keys, or with ones of the wrong form, does not start."""
    with pytest.raises(OptionError, match="expected"):
        Simulator.start("webhook", **options)
