"""Looking through all deliveries while they change their states."""

import pytest

from integration.ledger.scenario import EVER, accept, end, key, lease, outcome, route, settle
from outhaul_ledger.browsing import Place, Sought
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import State

ALL = Sought(0.0, EVER)


def seen(ledger: Ledger, sought: Sought = ALL, position: Place | None = None, most: int = 2) -> list[tuple[str, str]]:
    """Return the rest of the pages from a position on."""
    found: list[tuple[str, str]] = []
    for _ in range(100):
        page = ledger.browse(sought, position, most=most, look=3)
        found += [(one.event_id, one.delivery.destination) for one in page.deliveries]
        position = page.position
        if position is None:
            return found
    raise AssertionError(f"no end after {found}")


def everything(count: int) -> list[tuple[str, str]]:
    """Return what pages hold of events that went to two destinations, the newest first."""
    return [(f"ev_{number}", name) for number in range(count, 0, -1) for name in ("mail", "shop")]


@pytest.mark.parametrize("most", [1, 2, 3, 100])
def test_every_delivery_is_met_once_whatever_the_size_of_a_page(ledger: Ledger, most: int) -> None:
    """The newest event comes first, also among events of one instant, and a page may end within an event."""
    route(ledger, *(f"ev_{number}" for number in range(1, 8)), to=("shop", "mail"))
    assert seen(ledger, most=most) == everything(7)


def test_deliveries_that_change_meanwhile_are_neither_missed_nor_met_twice(ledger: Ledger) -> None:
    """Attempts, retries, ends and new events between two pages move nothing."""
    route(ledger, *(f"ev_{number}" for number in range(1, 6)), to=("shop", "mail"))
    first = ledger.browse(ALL, None, most=3, look=100)
    states = [State.DELIVERED, State.DEAD, State.PENDING, State.HELD, State.SKIPPED] * 2
    settle(ledger, *(outcome(one, state) for one, state in zip(lease(ledger), states, strict=True)))
    route(ledger, "ev_new", to=("shop", "mail"))
    met = [(one.event_id, one.delivery.destination) for one in first.deliveries]
    assert met + seen(ledger, position=first.position) == everything(5)


def test_an_event_that_expired_at_the_position_hides_nothing(ledger: Ledger) -> None:
    """The next page begins behind it all the same."""
    route(ledger, *(f"ev_{number}" for number in range(1, 6)))
    first = ledger.browse(ALL, None, most=2, look=100)
    ledger.client.delete(key("record", "ev_4"), key("record", "ev_2"))
    ledger.client.zrem(key("events"), "ev_4")
    assert seen(ledger, position=first.position) == [("ev_3", "shop"), ("ev_1", "shop")]


def test_a_page_is_narrowed_by_destination_state_and_time(ledger: Ledger) -> None:
    """What is not asked for is passed over; an event without deliveries yet has none to show."""
    end(ledger, "ev_1", state=State.DEAD)
    end(ledger, "ev_2", state=State.DELIVERED)
    route(ledger, "ev_3", to=("mail",))
    accept(ledger, "ev_4")
    assert seen(ledger, Sought(0.0, EVER, "shop")) == [("ev_2", "shop"), ("ev_1", "shop")]
    assert seen(ledger, Sought(0.0, EVER, states=(State.DEAD, State.PENDING))) == [("ev_3", "mail"), ("ev_1", "shop")]
    record = ledger.status("ev_2")
    assert record is not None
    assert ("ev_1", "shop") not in seen(ledger, Sought(record.accepted_at + 0.5, EVER))


def test_one_page_looks_at_no_more_events_than_it_may(ledger: Ledger) -> None:
    """Where nothing matches, the server is not kept busy with all events at once."""
    route(ledger, *(f"ev_{number}" for number in range(1, 8)))
    page = ledger.browse(Sought(0.0, EVER, "nobody"), None, most=10, look=3)
    assert page.deliveries == []
    assert page.position is not None
    assert page.position.event_id == "ev_5"


def test_expired_events_leave_the_index(ledger: Ledger) -> None:
    """Events that are kept stay in it, wherever they stand among the others."""
    route(ledger, *(f"ev_{number}" for number in range(1, 10)))
    ledger.client.delete(*(key("record", f"ev_{number}") for number in (1, 3, 4, 9)))
    assert ledger.sweep(0, most=4) == (0, 0)
    impatient = Ledger(ledger.client, retention=-1.0)
    place, removed = 0, 0
    for _ in range(3):
        swept = impatient.sweep(place, most=4)
        place, removed = swept.place, removed + swept.removed
    assert (place, removed) == (0, 4)
    assert [event for event, _ in seen(ledger)] == [f"ev_{number}" for number in (8, 7, 6, 5, 2)]
