"""Which destinations an accepted event goes to, when, and which of its deliveries must keep their order."""

from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from outhaul_config.destinations import Destination
from outhaul_config.policy import Order
from outhaul_ledger.model import AT_ONCE, Inbound, Route, Schedule
from outhaul_producers.subscriptions.book import SubscriptionBook
from outhaul_worker.events import Events

MOST_LEARNT = 128  # routes of a type that the ledger may know, so that few events fill a call
UNROUTABLE = "unroutable"  # where an event shows up whose stored bytes were damaged


class Routed(NamedTuple):
    """What a router makes of an event. `type` is its type where that alone says so, for the ledger to learn it."""

    routes: Sequence[Route]
    schedule: Schedule = AT_ONCE
    type: str = ""


class Wanted(NamedTuple):
    """The routes to all configured destinations that want a type. `ordered`: one of them keeps an order."""

    routes: Sequence[Route]
    ordered: bool


class Router:
    """Matches events to destinations, configured and subscribed ones; remembers the answer per event type.

    There may be a hundred thousand destinations: types that the same ones want share an answer, and an event that names
    its destinations looks at no others. `events` are those it has read, for whoever sends them next.
    """

    def __init__(self, destinations: Mapping[str, Destination], subscriptions: SubscriptionBook | None = None) -> None:
        self._destinations = destinations
        self._subscriptions = subscriptions
        self._orders = {name: each.order for name, each in destinations.items() if each.order}
        self.events = Events()
        self._routes = {name: Route(name) for name in destinations}
        # One stands for all that want the same types.
        self._alike = {each.subscribe: each for each in destinations.values()}
        self._by_type: dict[str, Wanted] = {}
        self._by_wish: dict[frozenset[Sequence[str]], Wanted] = {}

    @property
    def may_read(self) -> bool:
        """True when of some plain events the type is not enough: their order counts, or subscriptions read them."""
        return bool(self._orders or self._subscriptions)

    @property
    def version(self) -> int | None:
        """That of the subscriptions by which types say where events go; None where somebody has subscribed."""
        if self._subscriptions:
            return None
        return self._subscriptions.version if self._subscriptions is not None else 0

    def catch_up(self, version: int) -> None:
        """Know all subscriptions as they are at this version of the ledger's, or later."""
        if self._subscriptions is not None:
            self._subscriptions.catch_up(version)

    def route(self, inbound: Inbound) -> Routed:
        """Return where an event goes, and when.

        An event may name the destinations it is for: those of them that want its type get it, and a name that there is
        not is recorded as skipped, for the sender to see.
        """
        # Without its body a plain one was taken before anybody had subscribed: its type is enough, whoever has since.
        by_type = inbound.plain and not (inbound.body and self._subscriptions)
        if by_type and not self._wanted(inbound.type).ordered:
            routes = self._wanted(inbound.type).routes
            return Routed(routes, type=inbound.type if len(routes) <= MOST_LEARNT else "")
        try:
            body = self.events.body(inbound.event_id, inbound.body)
            only = None if body.get("destinations") is None else dict.fromkeys(body["destinations"])
            configured, schedule = self._configured(body["type"], only), _schedule(body)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Routed([Route(UNROUTABLE, f"the stored event cannot be read: {error!r}")])
        routes = self._in_order(configured, body)
        if self._subscriptions:
            subscribed = self._subscriptions.matching(body["type"], body, inbound.accepted_at)
            routes = [*routes, *(Route(name) for name in subscribed if only is None or name in only)]
        if only is not None:
            routes = [*routes, *(Route(name, "unknown destination") for name in only if not self._knows(name))]
        return Routed(routes, schedule)

    def _knows(self, name: str) -> bool:
        return name in self._destinations or (self._subscriptions is not None and name in self._subscriptions)

    def _in_order(self, routes: Sequence[Route], body: Mapping[str, Any]) -> Sequence[Route]:
        orders = self._orders
        if not orders:
            return routes
        return [
            route._replace(order=order_key(orders[route.destination], body)) if route.destination in orders else route
            for route in routes
        ]

    def _configured(self, event_type: str, only: Iterable[str] | None) -> Sequence[Route]:
        if only is None:
            return self._wanted(event_type).routes
        named = [self._destinations[name] for name in only if name in self._destinations]
        return [self._routes[each.name] for each in named if each.wants(event_type)]

    def _wanted(self, event_type: str) -> Wanted:
        known = self._by_type.get(event_type)
        if known is None:
            wishes = frozenset(wish for wish, one in self._alike.items() if one.wants(event_type))
            known = self._by_wish.get(wishes) or self._wanted_by(wishes)
            if len(self._by_type) < 10_000:  # custom types are the caller's to invent
                self._by_type[event_type], self._by_wish[wishes] = known, known
        return known

    def _wanted_by(self, wishes: Collection[Sequence[str]]) -> Wanted:
        names = [name for name, each in self._destinations.items() if each.subscribe in wishes]
        return Wanted(tuple(self._routes[name] for name in names), not self._orders.keys().isdisjoint(names))


def order_key(order: Order, body: Mapping[str, Any]) -> str:
    """Return what an event has in common with those it must keep its order with; empty where the value is missing.

    A digest, as the value may be long, of any characters, or an address that belongs in no name of a key.
    """
    value: Any = body
    for step in order.by.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    if value is None or value == "" or isinstance(value, Mapping | list):
        return ""
    key = urlsafe_b64encode(blake2b(f"{value}".encode(), digest_size=8).digest()).rstrip(b"=").decode()
    return key if order.skip_after is None else f"{key}/{order.skip_after}"


def _schedule(body: Mapping[str, Any]) -> Schedule:
    after, expires = body.get("deliver_after"), body.get("expires_at")
    if after is None and expires is None:
        return AT_ONCE
    return Schedule(_milliseconds(after) if after else 0, _milliseconds(expires) if expires else None)


def _milliseconds(written: str) -> int:
    return round(datetime.fromisoformat(written).timestamp() * 1000)
