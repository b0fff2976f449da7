"""Taking Okanjo webhooks. They are not signed: the vendor advises to fetch the event back from its API and compare.

Source: the vendor's documentation of events and webhooks, and its JavaScript SDK.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import orjson

from outhaul_config.sources import OkanjoSource
from outhaul_producers.cloudevents import custom_type
from outhaul_producers.errors import InvalidEvent
from outhaul_producers.problems import described
from outhaul_producers.receive.refusal import NotAuthentic, Reason, SourceUnavailable
from outhaul_producers.schema.moments import written

_ID = re.compile(r"EV[1-9A-HJ-NP-Za-km-z]{17,18}").fullmatch
_ZONE = ZoneInfo("America/Chicago")  # the vendor's clock; its times carry no zone


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the sender's API answered: a status and the body."""

    status: int
    body: bytes


class Fetch(Protocol):
    """Gets a document from an address, guarded and bounded by whoever provides it."""

    def __call__(self, url: str, *, allow_private_addresses: bool) -> Fetched:
        """Return the answer to a GET.

        Raises:
            SourceUnavailable: there is none.
        """
        ...


def read_okanjo_webhook(source: OkanjoSource, body: bytes, *, peer: str, fetch: Fetch) -> dict[str, Any]:
    """Verify a webhook and return the event it stands for, as `enqueue_event` takes it.

    Args:
        source: whose it must be.
        body: the very bytes of the request.
        peer: the address of the connection it came over; what a header says of that counts nothing.
        fetch: how the sender's API is asked.

    Raises:
        NotAuthentic: the address is not allowed, or the API does not know the event, or knows another.
        InvalidEvent: the body is no event of Okanjo's.
        SourceUnavailable: the API did not answer, or answered with an error of its own.
    """
    _check_peer(source, peer)
    claimed = _document(body)
    answer = fetch(_address(source, claimed["id"]), allow_private_addresses=source.allow_private_addresses)
    if answer.status == 404:
        raise NotAuthentic(Reason.UNKNOWN, "expected an event that the sender's API knows, got another")
    if answer.status != 200:
        raise SourceUnavailable(f"expected the event from the sender's API, got status {answer.status}")
    if answer.body != body and not _is_same(answer.body, claimed):
        raise NotAuthentic(Reason.DIFFERS, "expected the event as the sender's API has it, got another content")
    return _event(source, claimed)


def signed_target(target: str, passphrase: str) -> str:
    """Return a request target with its signature as last parameter, as Okanjo wants it of a request without body."""
    signature = hmac.digest(passphrase.encode(), target.encode(), "sha256").hex()
    return f"{target}{'&' if '?' in target else '?'}signature={signature}"


def _address(source: OkanjoSource, event_id: str) -> str:
    base = source.api_url.rstrip("/")
    path = urlsplit(base).path
    target = f"{path}/events/{event_id}?{urlencode({'key': source.key.reveal()})}"
    return base.removesuffix(path) + signed_target(target, source.passphrase.reveal())


def _check_peer(source: OkanjoSource, peer: str) -> None:
    try:
        address = ip_address(peer)
    except ValueError:
        raise NotAuthentic(Reason.ADDRESS, "expected a connection over IP, got another") from None
    mapped = getattr(address, "ipv4_mapped", None) or address
    if not any(mapped in network for network in source.allow_from):
        raise NotAuthentic(Reason.ADDRESS, f"expected an address that allow_from names, got {address}")


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidEvent({"event": f"expected JSON, got none that can be read: {error}"}) from None
    if not isinstance(document, dict):
        raise InvalidEvent({"event": f"expected an object, got {described(document)}"})
    problems = {
        name: f"expected {what}, got {described(document.get(name))}"
        for name, what, fits in (
            ("id", "an id such as EV4tQm8sKzB2nWc7RfXa", _is_id),
            ("type", "the name of a type", _is_name),
            ("data", "an object", _is_object),
        )
        if not fits(document.get(name))
    }
    if problems:
        raise InvalidEvent(problems)
    return document


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and _ID(value) is not None


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_same(body: bytes, claimed: Mapping[str, Any]) -> bool:
    """Say whether a document has the same content; a proxy may have spaced it differently."""
    try:
        return bool(orjson.loads(body) == claimed)
    except orjson.JSONDecodeError:
        return False


def _event(source: OkanjoSource, document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": custom_type(f"okanjo.{document['type']}"),
        "id": document["id"],
        "source": f"/sources/{source.name}",
        "properties": dict(document["data"]),
        **_occurred(document.get("occurred")),
    }


def _occurred(value: Any) -> dict[str, str]:
    try:
        return {"occurred_at": written(datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_ZONE))}
    except (ValueError, TypeError):
        return {}
