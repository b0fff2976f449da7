"""Which destinations an event goes to."""

import pytest

from outhaul_config.destinations import Destination
from outhaul_config.policy import Order
from outhaul_ledger.model import AT_ONCE, Inbound, Route, Schedule
from outhaul_producers.event import canonical
from outhaul_worker.routing import MOST_LEARNT, UNROUTABLE, Router

DESTINATIONS = {
    "orders": Destination("orders", "webhook", ("order.*",)),
    "all": Destination("all", "webhook", ("*",)),
}


def stored(**body: object) -> bytes:
    """An event as the ledger has it."""
    envelope = {"id": "ev_1", "source": "/", "environment": "prod", "occurred_at": "2026-03-05T08:15:00.000Z"}
    return canonical({**envelope, **body})


def routed(**body: object) -> list[Route]:
    """Route one event."""
    return list(Router(DESTINATIONS).route(Inbound("ev_1", 0, "", plain=False, body=stored(**body))).routes)


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


def test_a_plain_event_goes_where_its_type_goes_without_being_read() -> None:
    """Nothing in its body can change that; reading it would be most of what routing costs."""
    said = Router(DESTINATIONS).route(Inbound("ev_1", 0, "order.created", plain=True, body=b""))
    assert (said.routes, said.schedule) == ((Route("orders"), Route("all")), AT_ONCE)


def test_a_plain_event_is_read_where_its_order_counts() -> None:
    """The key of an order is in the event."""
    router = Router({"all": Destination("all", "webhook", ("*",), order=Order("customer.id"))})
    assert router.may_read
    body = stored(type="order.created", customer={"id": "C-1"})
    (route,) = router.route(Inbound("ev_1", 0, "order.created", plain=True, body=body)).routes
    assert route.order


def plain(event_type: str) -> Inbound:
    """A plain event as it is leased without its body."""
    return Inbound("ev_1", 0, event_type, plain=True, body=b"")


def test_the_type_of_a_plain_event_is_told() -> None:
    """So that the ledger can route those that follow; what is not plain says nothing of others."""
    router = Router(DESTINATIONS)
    assert router.route(plain("order.created")).type == "order.created"
    assert router.route(plain("nobody.wants")).type == "nobody.wants"
    assert not router.route(Inbound("ev_1", 0, "", plain=False, body=stored(type="order.created"))).type


def test_a_type_whose_order_counts_is_not_told() -> None:
    """The key is in the event; types that no ordered destination wants are routed as ever."""
    router = Router({**DESTINATIONS, "lined": Destination("lined", "webhook", ("cart.*",), order=Order("customer.id"))})
    body = stored(type="cart.created", customer={"id": "C-1"})
    assert not router.route(Inbound("ev_1", 0, "cart.created", plain=True, body=body)).type
    assert router.route(plain("order.created")).type == "order.created"


def test_a_type_that_goes_to_very_many_is_not_told() -> None:
    """Its events are routed in chunks."""
    many = {f"all-{number}": Destination(f"all-{number}", "webhook", ("order.*",)) for number in range(MOST_LEARNT)}
    assert Router(many).route(plain("order.created")).type == "order.created"
    assert not Router({**DESTINATIONS, **many}).route(plain("order.created")).type


def test_types_that_the_same_destinations_want_share_the_answer() -> None:
    """There may be thousands of types, and as many destinations for each."""
    router = Router(DESTINATIONS)
    one, other, third = (router.route(plain(f"{each}.created")).routes for each in ("cart", "custom", "order"))
    assert one is other
    assert third != one


@pytest.mark.parametrize(
    "damaged", [b"\xff", b"{}", stored(), stored(type=5), stored(type=[]), stored(type="order.created", destinations=5)]
)
def test_a_damaged_event_is_visible_and_stops_nothing(damaged: bytes) -> None:
    """Bytes that are no event end as skipped with the reason; the router does not raise."""
    (route,) = Router(DESTINATIONS).route(Inbound("ev_1", 0, "", plain=False, body=damaged)).routes
    assert route.destination == UNROUTABLE
    assert "cannot be read" in route.skipped


ORDERED = {
    "mirror": Destination("mirror", "webhook", ("*",), order=Order("customer.id")),
    "patient": Destination("patient", "webhook", ("*",), order=Order("properties.room.number", skip_after=3)),
    "plain": Destination("plain", "webhook", ("*",)),
}


def orders(**body: object) -> dict[str, str]:
    """What the routes of one event have in common with those of others, by destination."""
    routes = Router(ORDERED).route(Inbound("ev_1", 0, "", plain=False, body=stored(type="custom.x", **body))).routes
    return {route.destination: route.order for route in routes}


def test_events_with_the_same_value_have_the_same_order_and_others_another() -> None:
    """The value decides, not the rest of the event; it does not show, as it may be an address."""
    anna, again = orders(customer={"id": "anna"}), orders(customer={"id": "anna", "email": "a@shop.example"})
    assert anna["mirror"] == again["mirror"] != orders(customer={"id": "bert"})["mirror"]
    assert "anna" not in anna["mirror"]
    assert anna["plain"] == ""


def test_an_order_that_may_be_passed_says_after_how_many_tries() -> None:
    """The number travels with the delivery, so that a change of the configuration is for later events."""
    assert orders(properties={"room": {"number": 12}})["patient"].endswith("/3")
    assert (
        orders(properties={"room": {"number": 12}})["patient"]
        == orders(properties={"room": {"number": "12"}})["patient"]
    )


@pytest.mark.parametrize("found", [{}, {"customer": {}}, {"customer": {"id": None}}, {"customer": {"id": ""}}])
def test_an_event_without_the_value_is_not_ordered(found: dict[str, object]) -> None:
    """It goes at once, as those of a destination without order do."""
    assert orders(**found)["mirror"] == ""


@pytest.mark.parametrize("value", [{"number": {"a": 1}}, {"number": [1]}, "room", None])
def test_a_value_that_is_no_single_one_orders_nothing(value: object) -> None:
    """What stands in free properties may be anything."""
    assert orders(properties={"room": value})["patient"] == ""


def test_when_an_event_is_due_and_when_it_expires_comes_from_the_event() -> None:
    """In milliseconds, as the ledger counts; an event that says nothing is due at once and for ever."""
    times = {"deliver_after": "2026-03-05T08:15:00.500Z", "expires_at": "2026-03-05T08:16:00.000Z"}
    router = Router(DESTINATIONS)
    said = router.route(Inbound("ev_1", 0, "", plain=False, body=stored(type="order.created", **times))).schedule
    assert said == Schedule(1_772_698_500_500, 1_772_698_560_000)
    assert router.route(Inbound("ev_1", 0, "", plain=False, body=stored(type="order.created"))).schedule == AT_ONCE
