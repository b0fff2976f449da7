"""Subscriptions: receivers that are added, changed and looked after by HTTP."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from outhaul_config.durations import Duration
from outhaul_config.redaction import redact
from outhaul_ledger.keyring import Scope
from outhaul_ledger.subscribing import Standing
from outhaul_producers.schema.moments import written
from outhaul_producers.status import delivery_status
from outhaul_producers.subscriptions.desk import Refused
from outhaul_producers.subscriptions.model import Draft, Signing, Subscription, new_secret
from outhaul_producers.web.problems import Problem
from outhaul_producers.web.routes import Answer, Routes
from outhaul_producers.web.services import services
from outhaul_producers.web.subscription_schemas import (
    Disabling,
    NewSubscription,
    PageQuery,
    RecentDeliveries,
    Removed,
    Rotation,
    SubscriptionChange,
    SubscriptionInput,
    SubscriptionPage,
    SubscriptionView,
    TrialView,
)

routes = Routes("subscriptions", "Receivers that come and go while workers run: signed webhooks, by event type.")

OWNER = "api"
_KIND = "webhook"
_PATH = "/v1/subscriptions/<string:name>"
_OPTIONS = ("url", "headers", "timeout", "retry", "concurrency")
_CURSOR = re.compile(r"(\d{1,15})-([a-z0-9.]{1,64})").fullmatch
_DISABLE_AFTER = Duration(60.0, 365 * 86_400.0)


@routes.operation(
    "POST", "/v1/subscriptions", scope=Scope.OPERATE, answers={201: NewSubscription}, body=SubscriptionInput
)
def create_subscription(given: Mapping[str, Any]) -> Answer:
    """Subscribe a receiver. It gets the events that are accepted from now on, signed by a secret that is shown once."""
    desk = services().desk
    secret = new_secret()
    blank = Draft(_KIND, OWNER, (), {}, (Signing(secret),), patience=desk.subscribers.disable_after)
    with_refusals = _refusing(lambda: desk.add(_changed(blank, given)))
    return {**_view(with_refusals, Standing("", 0, 0)), "secret": secret.reveal()}, 201, {}


@routes.operation("GET", "/v1/subscriptions", scope=Scope.READ, answers={200: SubscriptionPage}, query=PageQuery)
def list_subscriptions(query: Mapping[str, Any]) -> Answer:
    """List subscriptions, the oldest first. A page stays what it is while others come and go."""
    after = _position(query["after"])
    there = [each for each in services().desk.all() if (each.entry.created_at, each.name) > after]
    page = there[: query["limit"]]
    more = len(there) > len(page)
    return {"subscriptions": _views(page), "next": _cursor(page[-1]) if more else None}


@routes.operation("GET", _PATH, scope=Scope.READ, answers={200: SubscriptionView}, refuses=("not-found",))
def show_subscription(name: str) -> Answer:
    """Show a subscription and how it stands."""
    return _views([_found(services().desk.find(name))])[0]


@routes.operation(
    "PATCH",
    _PATH,
    scope=Scope.OPERATE,
    answers={200: SubscriptionView},
    body=SubscriptionChange,
    refuses=("not-found",),
)
def change_subscription(given: Mapping[str, Any], name: str) -> Answer:
    """Change a subscription. It holds for every attempt from now on, and for events that are routed from now on."""
    changed = _refusing(lambda: services().desk.change(name, lambda draft: _changed(draft, given)))
    return _views([_found(changed)])[0]


@routes.operation("DELETE", _PATH, scope=Scope.OPERATE, answers={200: Removed}, refuses=("not-found",))
def remove_subscription(name: str) -> Answer:
    """Remove a subscription. What it has not got yet is cancelled, its dead letters too."""
    if not services().desk.ledger.unsubscribe(name):
        raise _unknown()
    return {"name": name}


@routes.operation(
    "POST",
    f"{_PATH}/rotate-secret",
    scope=Scope.OPERATE,
    answers={200: NewSubscription},
    body=Rotation,
    refuses=("not-found",),
)
def rotate_subscription_secret(given: Mapping[str, Any], name: str) -> Answer:
    """Give a subscription a new secret. For the overlap both sign, so that the receiver can change over in peace."""
    secret, now = new_secret(), time.time()
    overlap = given["overlap_seconds"]
    changed = _refusing(lambda: services().desk.change(name, lambda draft: draft.rotated(secret, now, overlap)))
    return {**_views([_found(changed)])[0], "secret": secret.reveal()}


@routes.operation(
    "POST",
    f"{_PATH}/disable",
    scope=Scope.OPERATE,
    answers={200: SubscriptionView},
    body=Disabling,
    refuses=("not-found",),
)
def disable_subscription(given: Mapping[str, Any], name: str) -> Answer:
    """Disable a subscription: its deliveries wait."""
    known = _found(services().desk.find(name))
    services().ledger.pause(name, given["reason"])
    return _views([known])[0]


@routes.operation(
    "POST", f"{_PATH}/enable", scope=Scope.OPERATE, answers={200: SubscriptionView}, refuses=("not-found",)
)
def enable_subscription(name: str) -> Answer:
    """Enable a subscription: what has waited is sent."""
    known = _found(services().desk.find(name))
    services().ledger.resume(name)
    return _views([known])[0]


@routes.operation("POST", f"{_PATH}/test", scope=Scope.OPERATE, answers={200: TrialView}, refuses=("not-found",))
def try_subscription(name: str) -> Answer:
    """Send a test event at once, as a worker would, and show what the receiver answers."""
    desk = services().desk
    return asdict(desk.receivers.try_out(_found(desk.find(name))))


@routes.operation(
    "GET", f"{_PATH}/deliveries", scope=Scope.READ, answers={200: RecentDeliveries}, refuses=("not-found",)
)
def list_subscription_deliveries(name: str) -> Answer:
    """List what was sent to a subscription lately, with every attempt."""
    desk = services().desk
    _found(desk.find(name))
    told = [
        {
            "event_id": each.event_id,
            "type": each.type,
            **delivery_status(each.delivery, each.log).as_json(),
        }
        for each in desk.ledger.recent(name)
    ]
    return {"deliveries": told}


def _changed(draft: Draft, given: Mapping[str, Any]) -> Draft:
    options = {**draft.options, **{name: given[name] for name in _OPTIONS if name in given}}
    own = {name: given[name] for name in ("filter", "description") if name in given}
    if "types" in given:
        own["types"] = tuple(dict.fromkeys(given["types"]))
    if "disable_after" in given:
        own["patience"] = _patience(given["disable_after"])
    return replace(draft, options=options, **own)


def _patience(given: Any) -> float:
    try:
        return _DISABLE_AFTER.parse(given)
    except (ValueError, TypeError):
        raise Refused({"disable_after": f"expected {_DISABLE_AFTER.expected}"}) from None


def _refusing(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Refused as refused:
        problems = {_field(path): problem for path, problem in refused.problems.items()}
        raise Problem("invalid-parameters", errors=problems) from None


def _field(path: str) -> str:
    """Name a field as the caller knows it."""
    return re.sub(r"^subscribe\b", "types", path)


def _found(subscription: Subscription | None) -> Subscription:
    if subscription is None:
        raise _unknown()
    return subscription


def _unknown() -> Problem:
    return Problem("not-found", "expected the name of a subscription, such as sub.k7f3q2m4x6y5z1a8")


def _views(subscriptions: list[Subscription]) -> list[dict[str, Any]]:
    standings = services().desk.ledger.standings([each.name for each in subscriptions])
    return [_view(each, standing) for each, standing in zip(subscriptions, standings, strict=True)]


def _view(subscription: Subscription, standing: Standing) -> dict[str, Any]:
    draft, now = subscription.draft, time.time()
    return {
        "name": subscription.name,
        "kind": draft.kind,
        "owner": draft.owner,
        "url": draft.url,
        "types": list(draft.types),
        "filter": draft.filter,
        "headers": sorted(draft.options.get("headers", {})),
        "description": draft.description,
        "created_at": _moment(subscription.entry.created_at),
        "version": subscription.entry.version,
        "state": "disabled" if standing.reason else "enabled",
        "reason": redact(standing.reason),
        "disabled_at": _moment(standing.since) if standing.since else None,
        "failing_since": _moment(standing.failing_since) if standing.failing_since else None,
        "disable_after_seconds": draft.patience,
        "secrets": sum(each.current(now) for each in draft.signing),
    }


def _moment(milliseconds: int) -> str:
    return written(datetime.fromtimestamp(milliseconds / 1000, UTC))


def _cursor(subscription: Subscription) -> str:
    return f"{subscription.entry.created_at}-{subscription.name}"


def _position(cursor: str) -> tuple[int, str]:
    if not cursor:
        return 0, ""
    match = _CURSOR(cursor)
    if not match:
        raise Problem("invalid-parameters", errors={"after": "expected `next` of another page"})
    return int(match[1]), match[2]
