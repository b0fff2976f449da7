"""How much is routed before a drain looks after what is due."""

from outhaul_config.destinations import Destination
from outhaul_ledger.ledger import Ledger
from outhaul_producers.normalise import normalise
from outhaul_worker.fanning import FanOut
from outhaul_worker.routing import Router

EVENTS = 384


def given(ledger: Ledger, count: int, lanes: int) -> FanOut:
    """Accept events each of which names its destination, the destinations in turn; return what routes them."""
    names = [f"lane-{number}" for number in range(lanes)]
    events = ({"type": "custom.told", "destinations": [names[number % lanes]]} for number in range(count))
    ledger.accept([normalise(event, source="/shop") for event in events])
    return FanOut(ledger, "drain-a", Router({name: Destination(name, "webhook", ("*",)) for name in names}))


def begun(ledger: Ledger) -> int:
    """How many deliveries there are."""
    return sum(each.fanned for each in ledger.survey().standings.values())


def test_a_step_is_shorter_where_every_event_goes_to_another_lane(ledger: Ledger) -> None:
    """Their deliveries can be leased meanwhile, as the server is not kept from it; nothing is left out."""
    fan_out = given(ledger, EVENTS, EVENTS)
    steps = []
    while fan_out.step():
        steps.append(begun(ledger))
    assert steps == [128, 256, EVENTS]


def test_lanes_that_were_routed_to_lately_get_all_that_came_in_by_one_step(ledger: Ledger) -> None:
    """However many they are: what comes in for a lane that has something already is soon done."""
    fan_out = given(ledger, EVENTS, 100)
    while fan_out.step():
        pass
    events = ({"type": "custom.told", "destinations": [f"lane-{number % 100}"]} for number in range(EVENTS))
    ledger.accept([normalise(event, source="/shop") for event in events])
    fan_out.step()
    assert begun(ledger) == 2 * EVENTS
