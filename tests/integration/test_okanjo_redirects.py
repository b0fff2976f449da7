"""An Okanjo event on its way through the real transport to a simulated subscriber that has moved."""

import time
from collections.abc import Callable, Iterator

import pytest

from outhaul_config.destinations import Destination
from outhaul_ops.simulators import Fate, Simulator
from outhaul_worker.destinations.contract import Meaning, Moment, Payload
from outhaul_worker.destinations.okanjo import Okanjo
from outhaul_worker.exchange import Answer
from outhaul_worker.transports import Transport, open_transport
from unit.destinations.canonical import SAMPLES

Deliver = Callable[[Simulator], tuple[Meaning, Answer]]


@pytest.fixture
def transport() -> Iterator[Transport]:
    """The default transport."""
    opened = open_transport("requests", 2, None)
    yield opened
    opened.close()


@pytest.fixture
def deliver(transport: Transport) -> Deliver:
    """Makes one attempt at a subscriber on this machine: what the kind says of the answer, and the answer."""

    def attempt(subscriber: Simulator) -> tuple[Meaning, Answer]:
        options = Okanjo.options().load({"url": f"{subscriber.url}/in"})
        kind = Okanjo(Destination("okanjo-erp", "okanjo", ("*",), Okanjo.policy, True, options))
        payload = kind.serialise(SAMPLES["order.created"])
        assert isinstance(payload, Payload)
        transport.submit("only", kind.request(SAMPLES["order.created"], payload, Moment(time.time(), 1)))
        ((_, answer),) = transport.completed(10.0)
        return kind.classify(answer).meaning, answer

    return attempt


@pytest.mark.parametrize("status", [301, 302, 303])
@pytest.mark.parametrize("redirects", [1, 2, 3])
def test_a_subscriber_behind_up_to_three_redirects_gets_the_event_as_it_was_sent(
    deliver: Deliver, redirects: int, status: int
) -> None:
    """Every hop gets the same POST with the same body, and the last one takes it."""
    with Simulator.start("okanjo", mode="redirect", redirects=redirects, redirect_status=status) as subscriber:
        assert deliver(subscriber)[0] is Meaning.DELIVERED
        assert [entry.fate for entry in subscriber.record] == [*[Fate.REFUSED] * redirects, Fate.STORED]
        assert len({entry.body for entry in subscriber.record}) == 1


@pytest.mark.parametrize(("redirects", "status", "requests"), [(4, 302, 4), (1, 307, 1), (1, 308, 1)])
def test_a_longer_way_and_other_redirects_are_tried_again_later(
    deliver: Deliver, redirects: int, status: int, requests: int
) -> None:
    """The redirect that was not followed is the answer, and the schedule goes on."""
    with Simulator.start("okanjo", mode="redirect", redirects=redirects, redirect_status=status) as subscriber:
        meaning, answer = deliver(subscriber)
        assert (meaning, answer.status) == (Meaning.RETRY, status)
        assert [entry.fate for entry in subscriber.record] == [Fate.REFUSED] * requests
