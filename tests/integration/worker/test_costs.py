"""What one delivery costs, counted instead of timed: the same on any machine, however busy.

A bound is what was measured and a margin for how answers happen to arrive. Who breaks one has made every delivery
dearer: find out where, or say in the commit why that is worth it and measure anew.
"""

import sys
from collections import Counter
from dataclasses import replace
from types import FrameType
from typing import Any

import pytest
import redis

from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Inbound
from outhaul_ops.bench.sample import order_event
from outhaul_ops.embedded import EmbeddedServer
from outhaul_producers.normalise import normalise
from outhaul_worker import drain
from outhaul_worker.attempt import Target
from outhaul_worker.attempt_log import AttemptLog
from outhaul_worker.destinations.webhook import Webhook
from outhaul_worker.fanning import FanOut
from outhaul_worker.routing import Router
from outhaul_worker.transports import open_transport
from receiver import Receiver
from unit.destinations.configured import SHARED_SECRET, destination

DELIVERIES = 1024
WINDOW = 128
MARGIN = 1.25

# By transport and destinations of each event, for each delivery: calls of functions in the drain's thread (`requests`
# sends in others), calls of scripts, commands that the server does, bytes to it.
MEASURED = {
    ("curl", 1): (305, 0.048, 9.3, 240),
    ("curl", 8): (251, 0.046, 6.3, 237),
    ("requests", 1): (194, 0.061, 9.5, 251),
}
LANES = 256
COMMANDS_OF_A_LANE = 28.5  # with one delivery


class Calls:
    """Counts the calls of functions, Python's own and built-in ones, that the calling thread makes within a block."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> "Calls":
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _note(self, _frame: FrameType, event: str, _argument: Any) -> None:
        if event in ("call", "c_call"):
            self.count += 1


def fill(ledger: Ledger, numbers: range) -> None:
    """Accept orders of 2 KB with these numbers."""
    ledger.accept([normalise(order_event(number), source="/") for number in numbers])


def webhooks(url: str, count: int) -> dict[str, Target]:
    """Signed webhooks at one address, each of which wants every event."""
    usual = destination("webhook", url="https://hooks.example/in", secret=SHARED_SECRET, headers={})
    options = {**usual.options, "url": url}
    made = (replace(usual, name=f"hooks-{n}", options=options, allow_private_addresses=True) for n in range(count))
    return {each.name: Target(each, Webhook(each)) for each in made}


def drained(ledger: Ledger, targets: dict[str, Target], transport: str) -> Calls:
    """Run one drain until nothing is due; returns what it called."""
    opened = open_transport(transport, WINDOW)
    run = drain.Drain(
        ledger,
        opened,
        targets,
        Router({name: target.destination for name, target in targets.items()}),
        AttemptLog("worker", None, lambda *_: None),
        worker="worker",
        window=WINDOW,
        lease_ms=60_000,
    )
    with Calls() as calls:
        run.run()
    opened.close()
    return calls


def done(client: redis.Redis) -> Counter[str]:
    """What the server has done so far, those included that scripts made it do: calls by command."""
    stats = client.info("commandstats")
    return Counter({name.removeprefix("cmdstat_"): each["calls"] for name, each in stats.items()})


@pytest.mark.parametrize(("transport", "destinations"), MEASURED)
def test_a_delivery_costs_no_more_than_it_did(
    server: EmbeddedServer, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, transport: str, destinations: int
) -> None:
    """Function calls in the worker, script calls and bytes at the server stay within what was measured."""
    monkeypatch.setattr(drain, "SETTLE_SECONDS", 10.0)  # by count alone, so that no clock has a say
    with Receiver(record=False) as receiver, server.client() as client:
        targets = webhooks(f"{receiver.url}/in", destinations)
        ledger.configure([(name, each.destination.policy) for name, each in targets.items()])
        fill(ledger, range(1))
        drained(ledger, targets, transport)  # so that the server has the scripts, and the lanes have proven themselves
        fill(ledger, range(1, 1 + DELIVERIES // destinations))
        before, received = done(client), client.info("stats")["total_net_input_bytes"]
        calls = drained(ledger, targets, transport)
        received = client.info("stats")["total_net_input_bytes"] - received
        spent = done(client) - before
        assert receiver.count == destinations + DELIVERIES
    counts = (calls.count, spent["evalsha"], spent.total(), received)
    costs = tuple(round(count / DELIVERIES, 3) for count in counts)
    bounds = tuple(round(MARGIN * measured, 3) for measured in MEASURED[transport, destinations])
    assert all(cost <= bound for cost, bound in zip(costs, bounds, strict=True)), f"{costs}, bounds {bounds}"


def test_a_lane_with_one_delivery_costs_the_server_no_more_commands_than_it_did(
    server: EmbeddedServer, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Routing, leasing and settling it, and what looking after a lane that was empty before takes."""
    monkeypatch.setattr(drain, "SETTLE_SECONDS", 10.0)
    with Receiver(record=False) as receiver, server.client() as client:
        targets = webhooks(f"{receiver.url}/in", LANES)
        ledger.configure([(name, each.destination.policy) for name, each in targets.items()])
        events = ({**order_event(number), "destinations": [name]} for number, name in enumerate(targets))
        ledger.accept([normalise(event, source="/") for event in events])
        before = done(client)
        drained(ledger, targets, "curl")
        spent = done(client) - before
        assert receiver.count == LANES
    assert spent.total() / LANES <= MARGIN * COMMANDS_OF_A_LANE


def test_events_of_many_types_are_routed_in_as_few_calls_as_those_of_one(
    server: EmbeddedServer, ledger: Ledger
) -> None:
    """The ledger knows each type after its first event; none is routed in a second script."""
    router = Router({name: target.destination for name, target in webhooks("http://hooks.example/in", 2).items()})
    fan_out = FanOut(ledger, "drain", router)

    def route_some(events: int) -> int:
        """Route events of as many types, up to a hundred; return how many scripts it took."""
        made = (
            {**order_event(number), "type": f"custom.x{number % 100}", "id": f"{events}-{number}"}
            for number in range(events)
        )
        ledger.accept([normalise(event, source="/") for event in made])
        with server.client() as client:
            before = done(client)["evalsha"]
            while fan_out.step():
                pass
            return done(client)["evalsha"] - before

    assert route_some(100) == 2
    assert route_some(768) == 3


def test_an_event_that_names_its_destination_is_routed_without_a_look_at_the_others() -> None:
    """Of many destinations that want its type: routing it takes as many calls as among a few."""

    def calls_among(count: int) -> int:
        targets = webhooks("http://hooks.example/in", count)
        router = Router({name: target.destination for name, target in targets.items()})
        first, second = (
            normalise({**order_event(number), "destinations": ["hooks-1"]}, source="/") for number in range(2)
        )
        router.route(Inbound(first.event_id, 0, first.type, plain=False, body=first.body))
        with Calls() as calls:
            routed = router.route(Inbound(second.event_id, 0, second.type, plain=False, body=second.body))
        assert [route.destination for route in routed.routes] == ["hooks-1"]
        return calls.count

    assert calls_among(500) == calls_among(2)
