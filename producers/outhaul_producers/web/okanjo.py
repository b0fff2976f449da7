"""The API of the Okanjo marketplace: events and subscriptions, for clients that were written for it.

Source: Okanjo's documentation of events and webhooks and of its API's replies. Its clients break at a reply without a
content type or with an empty body, so every reply is JSON.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl

import orjson
from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import HTTPException

from outhaul_config.subscribers import Account
from outhaul_producers.subscriptions.desk import Refused, SubscriptionDesk, Taken
from outhaul_producers.subscriptions.model import Draft, Subscription
from outhaul_producers.web.bodies import read_body
from outhaul_producers.web.okanjo_signature import Unsigned, verified
from outhaul_producers.web.services import services

okanjo = Blueprint("okanjo", __name__)

KIND = "okanjo"
EVERYTHING = "*"
PROBE_SECONDS = 86_400.0
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_SUCCESS = {"type": "success"}
_UNABLE = "Unable to handle request."
_PROBLEM = "There was a problem with your request."
_EVENTS = "/events"


class Failure(Exception):
    """Ends a request with the Default Response Object of an error."""

    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status, self.description = status, description


@okanjo.route(f"{_EVENTS}/<string:event_id>", methods=["GET"])
def show_event(event_id: str) -> Response:
    """Serve an event: byte by byte what its webhook had, unless other or fewer fields are asked for."""
    _, parameters = _caller(b"")
    document = services().desk.ledger.document(event_id)
    if not document:
        raise Failure(404, "Event not found.")
    embedded = "notifications" in _listed(parameters.get("embed", ""))
    chosen = _listed(parameters.get("fields", ""))
    if not embedded and not chosen:
        return Response(document, 200, content_type=_JSON)
    event = orjson.loads(document)
    if embedded:
        event["notifications"] = []
    return _json({name: event[name] for name in event if not chosen or name in chosen})


@okanjo.route(f"{_EVENTS}/subscriptions", methods=["GET"])
def list_subscriptions() -> Response:
    """List what the caller's account is subscribed to."""
    account, _ = _caller(b"")
    desk = services().desk
    own = _of(desk, account)
    standings = desk.ledger.standings([each.name for each in own])
    active = (each for each, standing in zip(own, standings, strict=True) if not standing.reason)
    return _json([{"type": _type(each), "webhook_url": each.draft.url} for each in active])


@okanjo.route(f"{_EVENTS}/subscribe", methods=["POST"])
def subscribe() -> Response:
    """Subscribe a URL to a type of event, once it has taken a test event."""
    body = _body()
    account, _ = _caller(body)
    desk = services().desk
    event_type, url = _required(body)
    draft = _draft(desk, account, event_type, url)
    known = _subscribed(desk, account, event_type, url)
    if known and not desk.ledger.standings([known.name])[0].reason:
        raise Failure(409, "Conflict with Event Subscription")
    _probe(desk, url)
    if known:
        services().ledger.resume(known.name)
        return _json(_SUCCESS)
    try:
        desk.add(draft, identity=_identity(account, event_type, url))
    except Taken:
        raise Failure(409, "Conflict with Event Subscription") from None
    return _json(_SUCCESS)


@okanjo.route(f"{_EVENTS}/unsubscribe", methods=["POST"])
def unsubscribe() -> Response:
    """End a subscription. Events that were not delivered to it yet never will be."""
    body = _body()
    account, _ = _caller(body)
    desk = services().desk
    event_type, url = _required(body)
    _draft(desk, account, event_type, url)
    known = _subscribed(desk, account, event_type, url)
    if known is None or not desk.ledger.unsubscribe(known.name):
        raise Failure(404, "Event Subscription not found.")
    return _json(_SUCCESS)


@okanjo.route(f"{_EVENTS}/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def nothing(rest: str) -> Response:
    """Refuse whatever else is asked for; where only a slash is too many, say so."""
    if rest.endswith("/"):
        raise Failure(404, f"Don't use trailing slashes. Try instead: {_EVENTS}/{rest.rstrip('/')}")
    raise Failure(404, _PROBLEM)


@okanjo.errorhandler(Exception)
def _failed(error: Exception) -> Response:
    if isinstance(error, Failure):
        return _error(error.status, error.description)
    if isinstance(error, Unsigned):
        return _error(400, "Valid API key and signature required.")
    status = getattr(error, "status", None) or (error.code if isinstance(error, HTTPException) else None)
    if isinstance(status, int) and 400 <= status < 500:
        return _error(status, _PROBLEM)
    current_app.logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return _error(500, _UNABLE if request.method == "POST" else _PROBLEM)


def _caller(body: bytes) -> tuple[Account, dict[str, str]]:
    target = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or ""
    signed = b"" if (request.mimetype or "").startswith("multipart/") else body
    return verified(target, signed, services().desk.subscribers.accounts)


def _body() -> bytes:
    return read_body(request)


def _required(body: bytes) -> tuple[str, str]:
    form = _form(body)
    for name in ("type", "webhook_url"):
        if not form.get(name):
            raise Failure(400, f"Require {name}.")
    return form["type"], form["webhook_url"]


def _form(body: bytes) -> dict[str, str]:
    if request.mimetype != _FORM:
        return {}
    found: dict[str, str] = {}
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError:
        raise Failure(400, _PROBLEM) from None
    for name, value in pairs:
        if name in found:
            raise Failure(400, f"Invalid field {name}.")
        found[name] = value
    return found


def _draft(desk: SubscriptionDesk, account: Account, event_type: str, url: str) -> Draft:
    types = desk.receivers.okanjo_types(event_type)
    if not types:
        raise Failure(400, "Invalid field type.")
    sends = {} if event_type == EVERYTHING else {"sends": [event_type]}
    options = {"url": url, **sends}
    draft = Draft(KIND, _owner(account), types, options, patience=desk.subscribers.disable_after)
    try:
        desk.check(draft)
    except Refused:
        raise Failure(400, "Invalid field webhook_url.") from None
    return draft


def _probe(desk: SubscriptionDesk, url: str) -> None:
    # The listener may look the event up before it answers: it must be there, and nothing may be held meanwhile.
    event_id, document = desk.receivers.okanjo_probe()
    kept = desk.ledger.keep_document(event_id, document, lasts=PROBE_SECONDS)
    if not desk.receivers.probe(url, kept):
        raise Failure(400, "Invalid field webhook_url.")


def _of(desk: SubscriptionDesk, account: Account) -> list[Subscription]:
    return [each for each in desk.all() if each.draft.owner == _owner(account)]


def _subscribed(desk: SubscriptionDesk, account: Account, event_type: str, url: str) -> Subscription | None:
    own = _of(desk, account)
    return next((each for each in own if each.draft.url == url and _type(each) == event_type), None)


def _owner(account: Account) -> str:
    return f"{KIND}:{account.name}"


def _type(subscription: Subscription) -> str:
    (name,) = subscription.draft.options.get("sends", [EVERYTHING])
    return str(name)


def _identity(account: Account, event_type: str, url: str) -> str:
    return blake2b(f"{_owner(account)} {event_type} {url}".encode(), digest_size=16).hexdigest()


def _listed(csv: str) -> set[str]:
    return {name.strip() for name in csv.split(",") if name.strip()}


def _json(document: Mapping[str, Any] | list[Any]) -> Response:
    return Response(orjson.dumps(document), 200, content_type=_JSON)


def _error(status: int, description: str) -> Response:
    return Response(orjson.dumps({"type": "error", "description": description}), status, content_type=_JSON)
