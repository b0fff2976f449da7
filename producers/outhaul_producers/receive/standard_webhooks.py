"""Taking Standard Webhooks 1.0: signature (`v1` and `v1a`), time, and the event they stand for."""

import hmac
import re
import time
from base64 import b64decode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson

from outhaul_config.sources import StandardWebhookSource, decoded_key
from outhaul_producers.cloudevents import custom_type
from outhaul_producers.errors import InvalidEvent
from outhaul_producers.problems import described
from outhaul_producers.receive.refusal import NotAuthentic, Reason

_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
_SECONDS = re.compile(r"[0-9]{1,12}").fullmatch
_ID = re.compile(r"[A-Za-z0-9_-]{16,64}").fullmatch
_MOST_SIGNATURES = 16
_SHARED = "whsec_"


def read_standard_webhook(
    source: StandardWebhookSource, headers: Mapping[str, str], body: bytes, *, now: float | None = None
) -> dict[str, Any]:
    """Verify a webhook and return the event it stands for, as `enqueue_event` takes it.

    Args:
        source: whose it must be.
        headers: those of the request; their names in any case.
        body: the very bytes of the request.
        now: Unix seconds; the default is the clock's.

    Raises:
        NotAuthentic: a header is missing, the time is off, or no signature fits.
        InvalidEvent: the signed body is no `{"type", "timestamp", "data"}`.
    """
    given = {name.lower(): value for name, value in headers.items()}
    missing = [name for name in _HEADERS if not given.get(name)]
    if missing:
        raise NotAuthentic(Reason.HEADERS, f"expected the header {missing[0]}, got none")
    message_id, timestamp, signatures = (given[name] for name in _HEADERS)
    _check_time(timestamp, source.tolerance, time.time() if now is None else now)
    content = b"%b.%b.%b" % (message_id.encode("latin-1", "replace"), timestamp.encode(), body)
    if not _is_signed(source, content, signatures):
        raise NotAuthentic(Reason.SIGNATURE, "expected a signature of a key of this source, got none that fits")
    return _event(source, message_id, body)


def _check_time(timestamp: str, tolerance: float, now: float) -> None:
    if not _SECONDS(timestamp):
        raise NotAuthentic(Reason.TIMESTAMP, "expected webhook-timestamp in whole Unix seconds, got something else")
    if abs(now - int(timestamp)) > tolerance:
        raise NotAuthentic(
            Reason.TIMESTAMP, f"expected a webhook-timestamp within {tolerance:g} s of now, got one further away"
        )


def _is_signed(source: StandardWebhookSource, content: bytes, signatures: str) -> bool:
    keys = [decoded_key(key.reveal()) for key in source.keys]
    entries = [entry.partition(",") for entry in signatures.split(" ", _MOST_SIGNATURES)[:_MOST_SIGNATURES]]
    return any(_fits(version, key, content, written) for version, _, written in entries for key in keys)


def _fits(version: str, key: tuple[str, bytes], content: bytes, written: str) -> bool:
    prefix, raw = key
    try:
        signature = b64decode(written, validate=True)
    except ValueError:
        return False
    if version == "v1" and prefix == _SHARED:
        return hmac.compare_digest(signature, hmac.digest(raw, content, "sha256"))
    return version == "v1a" and prefix != _SHARED and _is_of(raw, content, signature)


def _is_of(public: bytes, content: bytes, signature: bytes) -> bool:
    # Imported here because few sources sign with a private key, and this loads a library of megabytes.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _event(source: StandardWebhookSource, message_id: str, body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidEvent({"event": f"expected JSON, got none that can be read: {error}"}) from None
    if not isinstance(document, dict) or not isinstance(document.get("type"), str):
        raise InvalidEvent({"event": f'expected {{"type", "timestamp", "data"}}, got {described(document)}'})
    data = document.get("data", {})
    if not isinstance(data, dict):
        raise InvalidEvent({"data": f"expected an object, got {described(data)}"})
    occurred = {"occurred_at": document["timestamp"]} if "timestamp" in document else {}
    if source.holds == "event":
        return {"id": _id(source, message_id), **data, "type": document["type"], **occurred}
    return {
        "type": custom_type(document["type"]),
        "id": _id(source, message_id),
        "source": f"/sources/{source.name}",
        "properties": data,
        **occurred,
    }


def _id(source: StandardWebhookSource, message_id: str) -> str:
    """Return the event id: the webhook's own where it can be one, which is how a sender's repetitions are known."""
    if _ID(message_id):
        return message_id
    return "wh_" + sha256(f"{source.name}\n{message_id}".encode("utf-8", "surrogatepass")).hexdigest()[:40]
