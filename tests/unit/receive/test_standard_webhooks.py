"""Which Standard Webhooks are taken, and for what."""

from base64 import b64encode
from datetime import UTC, datetime

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook

from outhaul_config.secret import Secret
from outhaul_config.sources import StandardWebhookSource
from outhaul_producers.errors import InvalidEvent
from outhaul_producers.receive import NotAuthentic, Reason, read_standard_webhook

SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
OTHER = "whsec_" + b64encode(b"o" * 32).decode()
SOURCE = StandardWebhookSource("partner", (Secret(SECRET),))
NOW = 1_772_698_500
MESSAGE = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"
BODY = orjson.dumps(
    {"type": "customer.updated", "timestamp": "2026-03-05T08:15:00Z", "data": {"customer": {"id": "C-71"}}}
)


def signed(body: bytes = BODY, *, secret: str = SECRET, at: int = NOW, message: str = MESSAGE) -> dict[str, str]:
    """Return the headers that the reference implementation makes."""
    signature = Webhook(secret).sign(message, datetime.fromtimestamp(at, UTC), body.decode())
    return {"Webhook-Id": message, "Webhook-Timestamp": str(at), "Webhook-Signature": signature}


def reason(headers: dict[str, str], body: bytes = BODY, source: StandardWebhookSource = SOURCE) -> Reason:
    """Return why a webhook is refused."""
    with pytest.raises(NotAuthentic) as refused:
        read_standard_webhook(source, headers, body, now=NOW)
    return refused.value.reason


def test_a_signed_webhook_is_the_event_that_it_says() -> None:
    """Its data are the sections, its id is the event's, so that repetitions are known."""
    assert read_standard_webhook(SOURCE, signed(), BODY, now=NOW) == {
        "id": MESSAGE,
        "type": "customer.updated",
        "occurred_at": "2026-03-05T08:15:00Z",
        "customer": {"id": "C-71"},
    }


def test_data_of_any_shape_become_a_custom_event_where_the_source_says_so() -> None:
    """A sender that knows nothing of our model is taken as it is."""
    source = StandardWebhookSource("partner", (Secret(SECRET),), "data")
    body = orjson.dumps({"type": "User.Created", "data": {"name": "Mara"}})
    read = read_standard_webhook(source, signed(body, message="1"), body, now=NOW)
    assert (read["type"], read["properties"], read["source"]) == (
        "custom.user.created",
        {"name": "Mara"},
        "/sources/partner",
    )
    assert read["id"].startswith("wh_")


def test_one_fitting_signature_of_several_is_enough() -> None:
    """Both sides can rotate their keys without a gap."""
    both = StandardWebhookSource("partner", (Secret(OTHER), Secret(SECRET)))
    headers = signed()
    headers["Webhook-Signature"] = f"v2,AAAA v1,AAAA {headers['Webhook-Signature']}"
    assert read_standard_webhook(both, headers, BODY, now=NOW)["id"] == MESSAGE


def test_a_signature_by_a_private_key_is_verified_by_its_public_one() -> None:
    """`v1a`, and never a shared secret in its place."""
    private = Ed25519PrivateKey.generate()
    public = "whpk_" + b64encode(private.public_key().public_bytes_raw()).decode()
    source = StandardWebhookSource("partner", (Secret(public),))
    content = b"%s.%d.%s" % (MESSAGE.encode(), NOW, BODY)
    headers = signed()
    assert reason(headers, source=source) is Reason.SIGNATURE
    headers["Webhook-Signature"] = "v1a," + b64encode(private.sign(content)).decode()
    assert read_standard_webhook(source, headers, BODY, now=NOW)["id"] == MESSAGE
    assert reason(headers, BODY + b" ", source) is Reason.SIGNATURE
    assert reason(headers) is Reason.SIGNATURE


def test_whatever_was_changed_is_refused() -> None:
    """Body, id and time are all signed; another key signs nothing."""
    headers = signed()
    assert reason(headers, BODY.replace(b"C-71", b"C-72")) is Reason.SIGNATURE
    assert reason({**headers, "Webhook-Id": "msg_other"}) is Reason.SIGNATURE
    assert reason({**headers, "Webhook-Timestamp": str(NOW - 1)}) is Reason.SIGNATURE
    assert reason(signed(secret=OTHER)) is Reason.SIGNATURE


@pytest.mark.parametrize(
    "written",
    ["", "v1", "v1,", "v1,é", "v1,!!!", ",", "v1a,AAAA", " ".join(["v1,AAAA"] * 500), " ", "v1, ", "\t", "v1,\n"],
)
def test_a_signature_that_cannot_be_one_is_refused(written: str) -> None:
    """However it is spelt, nothing but a refusal comes of it."""
    assert reason({**signed(), "Webhook-Signature": written}) in (Reason.SIGNATURE, Reason.HEADERS)


def test_a_right_signature_counts_only_as_it_must_be_written() -> None:
    """Under another version, with other signs between or around it, or behind more than anybody needs, it is none."""
    right = signed()["Webhook-Signature"]
    value = right.removeprefix("v1,")
    for written in (
        f"v1a,{value}",
        f"V1,{value}",
        f"v2,{value}",
        f"v1 ,{value}",
        f"v1, {value}",
        f"v1={value}",
        f",{value}",
        value,
        f"v0,AAAA;{right}",
        f"{right},v0",
        right.rstrip("="),
        f"{right}\n",
        f"\u00a0{right}",
        " ".join(["v1,AAAA"] * 16 + [right]),
    ):
        assert reason({**signed(), "Webhook-Signature": written}) is Reason.SIGNATURE, written
    assert read_standard_webhook(SOURCE, {**signed(), "Webhook-Signature": f"v1a,AAAA {right} v1,"}, BODY, now=NOW)


def test_a_public_key_is_never_used_as_a_shared_secret() -> None:
    """Everybody has it, and could sign with it."""
    public = b"p" * 32
    source = StandardWebhookSource("partner", (Secret("whpk_" + b64encode(public).decode()),))
    forged = Webhook("whsec_" + b64encode(public).decode()).sign(
        MESSAGE, datetime.fromtimestamp(NOW, UTC), BODY.decode()
    )
    for written in (forged, forged.replace("v1,", "v1a,")):
        assert reason({**signed(), "Webhook-Signature": written}, source=source) is Reason.SIGNATURE


@pytest.mark.parametrize("at", [NOW - 301, NOW + 301])
def test_an_old_or_early_signature_is_refused(at: int) -> None:
    """Who has overheard a webhook cannot send it again for long."""
    assert reason(signed(at=at)) is Reason.TIMESTAMP


@pytest.mark.parametrize("written", ["now", "1772698500.5", "-1", " 1772698500", "1" * 40, "١٧٧٢٦٩٨٥٠٠"])
def test_a_time_that_is_none_is_refused(written: str) -> None:
    """Only whole seconds in plain digits count."""
    assert reason({**signed(), "Webhook-Timestamp": written}) is Reason.TIMESTAMP


@pytest.mark.parametrize("name", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_a_missing_header_is_named(name: str) -> None:
    """The sender learns which one it forgot."""
    headers = {key: value for key, value in signed().items() if key != name}
    assert reason(headers) is Reason.HEADERS


@pytest.mark.parametrize("document", [b"{", b"[]", b"{}", b'{"type": 7}', b'{"type": "x", "data": []}'])
def test_a_signed_body_that_is_no_webhook_is_an_invalid_event(document: bytes) -> None:
    """It is the sender's, and wrong: sending it again will not help."""
    with pytest.raises(InvalidEvent):
        read_standard_webhook(SOURCE, signed(document), document, now=NOW)


def test_no_message_repeats_a_secret() -> None:
    """Refusals go to whoever asks."""
    with pytest.raises(NotAuthentic) as refused:
        read_standard_webhook(SOURCE, signed(secret=OTHER), BODY, now=NOW)
    assert SECRET[6:] not in str(refused.value)
