"""Checking that a request carries the headers of Standard Webhooks 1.0, is of now, and is signed with a known key."""

from outhaul_ops.simulators.exchange import Call
from outhaul_ops.simulators.signatures import Keyring

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")

Breach = tuple[int, str]
"""A status to answer with, and what is wrong."""


def misheaded(call: Call) -> Breach | None:
    """What is wrong with the form of the three headers."""
    missing = [name for name in HEADERS if not call.headers.get(name)]
    if missing:
        return 400, f"{', '.join(missing)}: mandatory, got nothing"
    if "." in call.headers["webhook-id"]:
        return 400, f"webhook-id: expected no full stop, got {call.headers['webhook-id']!r}"
    timestamp = call.headers["webhook-timestamp"]
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= len("9999999999")):
        return 400, f"webhook-timestamp: expected whole Unix seconds, got {timestamp!r}"
    return None


def unsigned(call: Call, keyring: Keyring, tolerance: float) -> Breach | None:
    """Why a request with well-formed headers is not believed; `tolerance` is the seconds its time may be off."""
    age = call.received_at - int(call.headers["webhook-timestamp"])
    if abs(age) > tolerance:
        return 401, f"webhook-timestamp: expected within {tolerance:g} s, got {age:.0f} s ago"
    prefix = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}."
    if not keyring.accepts(prefix.encode("latin-1") + call.body, call.headers["webhook-signature"]):
        return 401, "webhook-signature: none of the signatures fits a key of this receiver"
    return None
