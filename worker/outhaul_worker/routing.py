"""Which destinations an accepted event goes to."""

from collections.abc import Mapping, Sequence

from outhaul_config.destinations import Destination
from outhaul_ledger.model import Inbound, Route
from outhaul_worker.events import Events

UNROUTABLE = "unroutable"  # where an event shows up whose stored bytes were damaged


class Router:
    """Matches events to destinations; remembers the answer per event type."""

    def __init__(self, destinations: Mapping[str, Destination]) -> None:
        self._destinations = destinations
        self._by_type: dict[str, tuple[Route, ...]] = {}

    def route(self, inbound: Inbound, events: Events) -> Sequence[Route]:
        """Return where an event goes.

        An event may name the destinations it is for: those of them that want its type get it, and a name that is not
        configured is recorded as skipped, for the sender to see.
        """
        try:
            body = events.body(inbound.event_id, inbound.body)
            wanted = self._wanted(body["type"])
        except (ValueError, KeyError, TypeError) as error:
            return [Route(UNROUTABLE, f"the stored event cannot be read: {error!r}")]
        only = body.get("destinations")
        if only is None:
            return wanted
        unknown = [Route(name, "unknown destination") for name in dict.fromkeys(only) if name not in self._destinations]
        return [*(route for route in wanted if route.destination in only), *unknown]

    def _wanted(self, event_type: str) -> tuple[Route, ...]:
        known = self._by_type.get(event_type)
        if known is None:
            known = tuple(Route(name) for name, each in self._destinations.items() if each.wants(event_type))
            if len(self._by_type) < 10_000:  # custom types are the caller's to invent
                self._by_type[event_type] = known
        return known
