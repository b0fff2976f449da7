"""Signatures of the Standard Webhooks specification 1.0: `v1` (HMAC-SHA256) and `v1a` (Ed25519)."""

import hmac
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from outhaul_config.secret import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SHARED_PREFIX = "whsec_"
PRIVATE_PREFIX = "whsk_"
_SEED = 32


class SigningKey(Protocol):
    """A key that signs a message's content."""

    def sign(self, head: bytes, body: bytes) -> str:
        """One entry of the `webhook-signature` header, for head and body together: version, comma, base64 signature."""
        ...


@lru_cache(maxsize=1024)
def _begun(key: bytes) -> hmac.HMAC:
    # Copying one is quicker than beginning anew; there may be a hundred thousand keys, and each takes half a KB.
    return hmac.new(key, digestmod="sha256")


@dataclass(frozen=True, slots=True)
class SharedKey:
    """A secret that sender and receiver share; signs as `v1`."""

    _key: bytes = field(repr=False)

    def sign(self, head: bytes, body: bytes) -> str:
        """The HMAC-SHA256 of the content as a `v1` entry."""
        mac = _begun(self._key).copy()
        mac.update(head)
        mac.update(body)
        return "v1," + b64encode(mac.digest()).decode()


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """An Ed25519 private key whose public half the receiver holds; signs as `v1a`."""

    _key: "Ed25519PrivateKey" = field(repr=False)

    def sign(self, head: bytes, body: bytes) -> str:
        """The Ed25519 signature of the content as a `v1a` entry."""
        return "v1a," + b64encode(self._key.sign(head + body)).decode()


def signing_key(secret: Secret) -> SigningKey:
    """The key in a `whsec_` (base64 of 24 to 64 bytes) or `whsk_` secret (base64 of an Ed25519 seed, 32 bytes, or of
    seed and public key, 64 bytes).

    Raises:
        ValueError: says what was expected, without repeating the secret.
    """
    text = secret.reveal()
    if text.startswith(SHARED_PREFIX):
        return _shared_key(_decoded(text.removeprefix(SHARED_PREFIX)))
    if text.startswith(PRIVATE_PREFIX):
        return _private_key(_decoded(text.removeprefix(PRIVATE_PREFIX)))
    raise ValueError("Expected a secret that starts with whsec_ or whsk_.")


def signature_headers(keys: Sequence[SigningKey], message_id: str, sent_at: float, body: bytes) -> dict[str, str]:
    """The three headers of one attempt: the id stays the same over retries, the time (Unix seconds) does not."""
    timestamp = int(sent_at)
    head = b"%b.%d." % (message_id.encode(), timestamp)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join([key.sign(head, body) for key in keys]),
    }


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (NotBase64, ValueError):
        # The original error quotes nothing today, but what it chains must never hold key material.
        raise ValueError("Expected base64 after the secret's prefix.") from None


def _shared_key(raw: bytes) -> SharedKey:
    if not 24 <= len(raw) <= 64:
        raise ValueError(f"Expected base64 of 24 to 64 bytes after whsec_, got {len(raw)} bytes.")
    return SharedKey(raw)


def _private_key(raw: bytes) -> PrivateKey:
    # Imported here because few destinations have such a key, and this takes 6 MB of every process.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if len(raw) not in (_SEED, 2 * _SEED):
        raise ValueError(f"Expected base64 of an Ed25519 key, 32 or 64 bytes, after whsk_, got {len(raw)} bytes.")
    key = Ed25519PrivateKey.from_private_bytes(raw[:_SEED])
    if raw[_SEED:] not in (b"", key.public_key().public_bytes_raw()):
        raise ValueError("Expected the public half of the whsk_ key to belong to its private half.")
    return PrivateKey(key)
