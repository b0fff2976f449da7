"""What endpoints that hang can take from those that do not, counted over a real drain and a real ledger.

Nothing here depends on how fast the machine is: an endpoint either answers before the drain looks again, or not at all.
"""

from collections.abc import Collection, Hashable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from outhaul_config.destinations import Destination
from outhaul_config.policy import Policy
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Leased, Submission
from outhaul_worker.attempt import Target
from outhaul_worker.attempt_log import AttemptLog
from outhaul_worker.destinations.webhook import Webhook
from outhaul_worker.drain import Drain
from outhaul_worker.exchange import Answer, Fault, Request
from outhaul_worker.routing import Router
from unit.destinations.canonical import SAMPLES
from unit.destinations.configured import destination

HEALTHY = [f"healthy-{number}" for number in range(90)]
HANGING = [f"hanging-{number}" for number in range(110)]
POLICY = Policy()
OPTIONS = destination("webhook").options


@dataclass
class Endpoints:
    """A transport whose endpoints answer at once, but for those that hang; what hangs times out at the end."""

    expected: int
    hanging: frozenset[str] = frozenset()
    drain: Drain | None = None
    answered: int = 0
    hung: dict[Hashable, str] = field(default_factory=dict)
    most_hung: int = 0
    _answers: list[tuple[Hashable, Answer]] = field(default_factory=list)

    def submit(self, key: Hashable, request: Request) -> None:
        """Answer, or not."""
        name = urlsplit(request.url).path.strip("/")
        if name in self.hanging:
            self.hung[key] = name
            self.most_hung = max(self.most_hung, len(self.hung))
        else:
            self._answers.append((key, Answer(status=200, duration_ms=5)))

    def completed(self, timeout: float, wake: int | None = None) -> list[tuple[Hashable, Answer]]:
        """Hand out what there is; when all healthy deliveries are made, let the rest time out and the drain end."""
        answers, self._answers = self._answers, []
        self.answered += len(answers)
        if self.answered >= self.expected and self.drain:
            self.drain.stop()
            answers += [(key, Answer(fault=Fault.READ_TIMEOUT, duration_ms=15_000)) for key in self.hung]
            self.hung.clear()
        return answers

    @property
    def in_flight(self) -> int:
        """What was not handed out yet."""
        return len(self._answers) + len(self.hung)

    def close(self) -> None:
        """Nothing to close."""


class Counting(Ledger):
    """A ledger that counts how often something was leased."""

    leases = 0

    def lease(self, *arguments: Any, **named: Any) -> Leased:
        """Lease, and count."""
        leased = super().lease(*arguments, **named)
        self.leases += bool(leased.leases)
        return leased


def deliver(ledger: Ledger, events: int, to: Collection[str], hanging: Collection[str], window: int) -> Endpoints:
    """Send events to all of `to` through one drain, until those that do not hang have got them all."""
    targets = {name: _target(name) for name in to}
    ledger.configure([(name, POLICY) for name in to])
    sample = SAMPLES["order.created"]
    body = orjson.dumps(sample.body)
    first = ledger.survey().now
    ledger.accept([Submission(f"ev_{first}_{n}", "digest", "/", sample.type, body) for n in range(events)])
    endpoints = Endpoints(events * len(set(to) - set(hanging)), frozenset(hanging))
    endpoints.drain = Drain(
        ledger,
        endpoints,
        targets,
        Router({name: target.destination for name, target in targets.items()}),
        AttemptLog("worker", lambda **_: None, lambda *_: None),
        worker="worker",
        window=window,
        lease_ms=60_000,
    )
    endpoints.drain.run()
    return endpoints


def _target(name: str) -> Target:
    endpoint = Destination(name, "webhook", ("*",), options={**OPTIONS, "url": f"https://hooks.example/{name}"})
    return Target(endpoint, Webhook(endpoint))


@pytest.fixture
def counting(ledger: Ledger) -> Counting:
    """The ledger, counting."""
    return Counting(ledger.client)


def test_new_destinations_of_which_most_hang_take_no_place_from_the_others(counting: Counting) -> None:
    """Nobody knows yet who is who: 110 of 200 hang, each in one place, and the 90 get everything all the same."""
    endpoints = deliver(counting, 10, [*HEALTHY, *HANGING], HANGING, window=128)
    assert endpoints.answered == 10 * len(HEALTHY)
    assert endpoints.most_hung <= 128
    standings = counting.survey().standings
    assert all(standings[name].delivered == 10 for name in HEALTHY)
    assert all(standings[name].waiting == 10 and standings[name].balanced for name in HANGING)


def test_known_destinations_are_served_in_as_few_turns_as_without_the_110_that_hang(counting: Counting) -> None:
    """With places for a fraction of what hangs: the drain takes as much with every look as if it were not there."""
    deliver(counting, 1, HEALTHY, (), window=16)
    counting.leases = 0
    deliver(counting, 10, HEALTHY, (), window=16)
    undisturbed, counting.leases = counting.leases, 0
    endpoints = deliver(counting, 10, [*HEALTHY, *HANGING], HANGING, window=16)
    assert endpoints.answered == 10 * len(HEALTHY)
    assert endpoints.most_hung <= 16
    assert counting.leases <= 1.1 * undisturbed
