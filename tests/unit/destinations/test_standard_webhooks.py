"""Signatures of the Standard Webhooks specification, checked by other people's code."""

import base64
import time

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook as Receiver
from standardwebhooks.webhooks import WebhookVerificationError

from outhaul_config.secret import Secret
from outhaul_worker.destinations.standard_webhooks import signature_headers, signing_key
from unit.destinations.configured import OTHER_SECRET, PRIVATE_SECRET, SHARED_SECRET

BODY = b'{"type":"order.created","n":1}'
SEED = bytes(range(1, 33))


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _headers(*secrets: str, body: bytes = BODY, sent_at: float | None = None) -> dict[str, str]:
    keys = [signing_key(Secret(secret)) for secret in secrets]
    return signature_headers(keys, "msg_9fK2c7Qx1", time.time() if sent_at is None else sent_at, body)


def test_the_published_vector_is_reproduced() -> None:
    """One known secret, id, time and body give the one known signature."""
    assert _headers(SHARED_SECRET, sent_at=1_763_600_000.9) == {
        "webhook-id": "msg_9fK2c7Qx1",
        "webhook-timestamp": "1763600000",
        "webhook-signature": "v1,pTdF25Jv0z1zmBy2tjDBFXpQ2PQYvKSXfTE3E2JVzF4=",
    }


def test_the_specifications_own_library_accepts_the_signature() -> None:
    """A receiver that verifies with the reference library takes our requests."""
    Receiver(SHARED_SECRET).verify(BODY, _headers(SHARED_SECRET))


def test_the_specifications_own_library_refuses_a_changed_body() -> None:
    """The signature covers the body, so nobody in between can change it."""
    with pytest.raises(WebhookVerificationError):
        Receiver(SHARED_SECRET).verify(BODY + b" ", _headers(SHARED_SECRET))


def test_while_secrets_rotate_receivers_with_either_one_accept() -> None:
    """Signed with the new and the old secret, a request passes at a receiver that knows only one of them."""
    headers = _headers(OTHER_SECRET, SHARED_SECRET)
    for secret in (SHARED_SECRET, OTHER_SECRET):
        Receiver(secret).verify(BODY, headers)


def test_shared_and_private_secrets_may_sign_together() -> None:
    """A receiver of `v1` skips the `v1a` entry, so a destination can move from one to the other."""
    headers = _headers(PRIVATE_SECRET, SHARED_SECRET)
    assert [entry.split(",")[0] for entry in headers["webhook-signature"].split(" ")] == ["v1a", "v1"]
    Receiver(SHARED_SECRET).verify(BODY, headers)


@pytest.mark.parametrize("length", [32, 64])
def test_the_public_key_verifies_an_ed25519_signature(length: int) -> None:
    """Both forms of a private key, the seed alone and with its public half, sign so that the public key fits."""
    private = Ed25519PrivateKey.from_private_bytes(SEED)
    raw = (SEED + private.public_key().public_bytes_raw())[:length]
    headers = _headers(f"whsk_{_b64(raw)}")
    version, signature = headers["webhook-signature"].split(",")
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), BODY])
    assert version == "v1a"
    private.public_key().verify(base64.b64decode(signature), signed)
    with pytest.raises(InvalidSignature):
        private.public_key().verify(base64.b64decode(signature), signed + b" ")


def test_a_retry_keeps_the_id_and_signs_its_own_time() -> None:
    """Receivers recognise the repeat by its id and do not refuse it as stale."""
    first, second = _headers(SHARED_SECRET, sent_at=1000.0), _headers(SHARED_SECRET, sent_at=1060.0)
    assert first["webhook-id"] == second["webhook-id"]
    assert (first["webhook-timestamp"], second["webhook-timestamp"]) == ("1000", "1060")
    assert first["webhook-signature"] != second["webhook-signature"]


def test_a_secret_without_its_base64_padding_is_the_same_secret() -> None:
    """Some consoles show secrets unpadded."""
    assert _headers(SHARED_SECRET.rstrip("="), sent_at=1.0) == _headers(SHARED_SECRET, sent_at=1.0)


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        ("", "starts with whsec_ or whsk_"),
        ("hunter2", "starts with whsec_ or whsk_"),
        ("whpk_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=", "starts with whsec_ or whsk_"),
        ("whsec_not base64!", "base64 after the secret's prefix"),
        ("whsec_ümlaut", "base64 after the secret's prefix"),
        (f"whsec_{_b64(bytes(23))}", "24 to 64 bytes after whsec_, got 23"),
        (f"whsec_{_b64(bytes(65))}", "24 to 64 bytes after whsec_, got 65"),
        (f"whsk_{_b64(bytes(24))}", "32 or 64 bytes, after whsk_, got 24"),
        (f"whsk_{_b64(SEED + bytes(32))}", "public half of the whsk_ key to belong"),
    ],
)
def test_what_is_no_key_is_refused_without_being_shown(secret: str, expected: str) -> None:
    """The message says what a key looks like and never repeats what was given."""
    with pytest.raises(ValueError, match=expected) as refused:
        signing_key(Secret(secret))
    assert not secret or secret not in str(refused.value)


def test_a_key_does_not_show_itself() -> None:
    """Logs and tracebacks that print a key print no part of it."""
    for secret in (SHARED_SECRET, PRIVATE_SECRET):
        key = signing_key(Secret(secret))
        assert repr(key) == f"{type(key).__name__}()"
