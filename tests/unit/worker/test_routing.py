"""Which destinations an event goes to."""

import orjson

from outhaul_config.destinations import Destination
from outhaul_ledger.model import Inbound, Route
from outhaul_worker.events import Events
from outhaul_worker.routing import UNROUTABLE, Router

DESTINATIONS = {
    "orders": Destination("orders", "webhook", ("order.*",)),
    "all": Destination("all", "webhook", ("*",)),
}


def routed(**body: object) -> list[Route]:
    """Route one event."""
    return list(Router(DESTINATIONS).route(Inbound("ev_1", orjson.dumps(body)), Events()))


def test_every_destination_whose_pattern_matches_gets_the_event() -> None:
    """Subscriptions decide, each destination once."""
    assert routed(type="order.created") == [Route("orders"), Route("all")]
    assert routed(type="customer.created") == [Route("all")]


def test_an_event_for_named_destinations_goes_to_those_that_want_it() -> None:
    """The event's own list only narrows; it cannot make a destination take a type it did not subscribe to."""
    assert routed(type="order.created", destinations=["orders"]) == [Route("orders")]
    assert routed(type="customer.created", destinations=["orders"]) == []


def test_a_destination_that_does_not_exist_is_recorded_as_skipped() -> None:
    """A misspelt name shows in the event's status instead of vanishing, once, however often it was given."""
    assert routed(type="order.created", destinations=["order", "order"]) == [Route("order", "unknown destination")]


def test_a_damaged_event_is_visible_and_stops_nothing() -> None:
    """Bytes that are no event end as skipped with the reason; the router does not raise."""
    (route,) = Router(DESTINATIONS).route(Inbound("ev_1", b"\xff"), Events())
    assert route.destination == UNROUTABLE
    assert "cannot be read" in route.skipped
