"""How much is routed before a drain looks after what is due."""

from outhaul_config.destinations import Destination
from outhaul_ledger.ledger import Ledger
from outhaul_producers.normalise import normalise
from outhaul_worker.fanning import MOST_LANES, FanOut
from outhaul_worker.routing import Router

EVENTS = 150


def given(ledger: Ledger, count: int, lanes: int) -> FanOut:
    """Accept events each of which names its destination, the destinations in turn; return what routes them."""
    names = [f"lane-{number}" for number in range(lanes)]
    events = ({"type": "custom.told", "destinations": [names[number % lanes]]} for number in range(count))
    ledger.accept([normalise(event, source="/shop") for event in events])
    return FanOut(ledger, "drain-a", Router({name: Destination(name, "webhook", ("*",)) for name in names}))


def begun(ledger: Ledger) -> int:
    """How many deliveries there are."""
    return sum(each.fanned for each in ledger.survey().standings.values())


def test_a_step_ends_with_a_chunk_to_many_lanes(ledger: Ledger) -> None:
    """Their deliveries can be leased meanwhile, as the server is not kept from it; nothing is left out."""
    fan_out = given(ledger, EVENTS, EVENTS)
    steps = []
    while fan_out.step():
        steps.append(begun(ledger))
    assert steps == [MOST_LANES, 2 * MOST_LANES, EVENTS]


def test_few_lanes_get_all_that_came_in_by_one_step(ledger: Ledger) -> None:
    """However many events they share."""
    given(ledger, EVENTS, MOST_LANES - 1).step()
    assert begun(ledger) == EVENTS
