"""Which destinations an accepted event goes to."""

from collections.abc import Mapping, Sequence

import orjson

from outhaul_config.destinations import Destination
from outhaul_ledger.model import Inbound, Route
from outhaul_producers.subscriptions.book import SubscriptionBook

UNROUTABLE = "unroutable"  # where an event shows up whose stored bytes were damaged


class Router:
    """Matches events to destinations, configured and subscribed ones; remembers the answer per event type."""

    def __init__(self, destinations: Mapping[str, Destination], subscriptions: SubscriptionBook | None = None) -> None:
        self._destinations = destinations
        self._subscriptions = subscriptions
        self._by_type: dict[str, tuple[Route, ...]] = {}

    def catch_up(self, version: int) -> None:
        """Know all subscriptions as they are at this version of the ledger's, or later."""
        if self._subscriptions is not None:
            self._subscriptions.catch_up(version)

    def route(self, inbound: Inbound) -> Sequence[Route]:
        """Return where an event goes.

        An event may name the destinations it is for: those of them that want its type get it, and a name that there is
        not is recorded as skipped, for the sender to see.
        """
        try:
            body = orjson.loads(inbound.body)
            wanted = self._wanted(body["type"])
        except (ValueError, KeyError, TypeError) as error:
            return [Route(UNROUTABLE, f"the stored event cannot be read: {error!r}")]
        if self._subscriptions:
            subscribed = self._subscriptions.matching(body["type"], body, inbound.accepted_at)
            wanted = (*wanted, *map(Route, subscribed))
        only = body.get("destinations")
        if only is None:
            return wanted
        unknown = [Route(name, "unknown destination") for name in dict.fromkeys(only) if not self._knows(name)]
        return [*(route for route in wanted if route.destination in only), *unknown]

    def _knows(self, name: str) -> bool:
        return name in self._destinations or (self._subscriptions is not None and name in self._subscriptions)

    def _wanted(self, event_type: str) -> tuple[Route, ...]:
        known = self._by_type.get(event_type)
        if known is None:
            known = tuple(Route(name) for name, each in self._destinations.items() if each.wants(event_type))
            if len(self._by_type) < 10_000:  # custom types are the caller's to invent
                self._by_type[event_type] = known
        return known
