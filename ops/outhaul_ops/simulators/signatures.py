"""Verifying Standard Webhooks 1.0 signatures, the receiver's way.

Source: the Standard Webhooks specification 1.0.0. The signed text is `{id}.{timestamp}.{body}`; `v1` is HMAC-SHA256
with a shared secret, `v1a` is Ed25519.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable
from hashlib import sha256
from hmac import compare_digest
from hmac import digest as hmac_digest

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SECRET_PREFIX = "whsec_"  # noqa: S105 - a prefix, no secret
PUBLIC_KEY_PREFIX = "whpk_"
SECRET_BYTES = range(24, 65)

Verifier = Callable[[bytes, bytes], bool]
"""Says whether the second argument is a signature of the first."""


class Keyring:
    """The keys a receiver accepts; during a rotation it holds several."""

    def __init__(self, secrets: Iterable[str], public_keys: Iterable[str]) -> None:
        """Read `whsec_` secrets of 24 to 64 bytes and `whpk_` Ed25519 keys, both base64.

        Raises:
            ValueError: a key is not of that form, or there is none.
        """
        self._verifiers: dict[str, list[Verifier]] = {
            "v1": [_symmetric(secret) for secret in secrets],
            "v1a": [_asymmetric(key) for key in public_keys],
        }
        if not any(self._verifiers.values()):
            raise ValueError("expected at least one whsec_ secret or whpk_ public key; got none")

    def accepts(self, signed: bytes, signatures: str) -> bool:
        """Whether any of the space-separated signatures fits any key; unknown versions are passed over."""
        for listed in signatures.split():
            version, _, encoded = listed.partition(",")
            signature = _decode(encoded)
            if signature and any(fits(signed, signature) for fits in self._verifiers.get(version, ())):
                return True
        return False


def _symmetric(secret: str) -> Verifier:
    key = _decode(secret.removeprefix(SECRET_PREFIX)) if secret.startswith(SECRET_PREFIX) else b""
    if len(key) not in SECRET_BYTES:
        raise ValueError(f"secret: expected whsec_ and base64 of 24 to 64 bytes, got {len(key)} bytes")

    def fits(signed: bytes, signature: bytes) -> bool:
        return compare_digest(hmac_digest(key, signed, sha256), signature)

    return fits


def _asymmetric(text: str) -> Verifier:
    raw = _decode(text.removeprefix(PUBLIC_KEY_PREFIX)) if text.startswith(PUBLIC_KEY_PREFIX) else b""
    if len(raw) != 32:
        raise ValueError(f"public key: expected whpk_ and base64 of 32 bytes, got {len(raw)} bytes")
    key = Ed25519PublicKey.from_public_bytes(raw)

    def fits(signed: bytes, signature: bytes) -> bool:
        try:
            key.verify(signature, signed)
        except InvalidSignature:
            return False
        return True

    return fits


def _decode(encoded: str) -> bytes:
    try:
        return b64decode(encoded, validate=True)
    except (Base64Error, ValueError):
        return b""
