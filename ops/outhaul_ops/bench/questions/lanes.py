"""The question `lanes`: does it matter over how many destinations the same deliveries are spread?"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from outhaul_ops.bench.measuring import RATE, backlog, deliver_backlog
from outhaul_ops.bench.question import Amount, Asked, Question
from outhaul_ops.bench.report import Mark, Metric, Results
from outhaul_ops.bench.rounds import Entrant
from outhaul_ops.bench.sites import Endpoint, site, transports
from outhaul_ops.bench.stage import Stage

LANES = (1, 100, 10_000, 100_000)
LEAST_RATIO = 0.6


def entrants(stage: Stage, asked: Asked) -> list[Entrant]:
    """The same events, each for one destination, over more and more destinations; at most one for each event."""
    stage.note("all destinations are the same endpoint; a worker has read them before the first event arrives")
    numbers = dict.fromkeys(min(lanes, asked.amount) for lanes in LANES)
    return [Entrant(label(lanes), partial(_measure, stage, lanes, asked.amount)) for lanes in numbers]


def label(lanes: int) -> str:
    """Name the measurement over so many lanes."""
    return f"{lanes} lanes" if lanes > 1 else "1 lane"


def _measure(stage: Stage, lanes: int, events: int) -> Mapping[Metric, float]:
    def only(number: int) -> Mapping[str, Any]:
        return {"destinations": [f"d{number % lanes}"]}

    endpoints = (Endpoint(f"d{number}", stage.receiver.url) for number in range(lanes))
    contender = site(stage, transports()[0], endpoints, name=label(lanes))
    return deliver_backlog(stage, contender, backlog(stage, events, f"{lanes}-lanes", only), events)


def ratios(results: Results) -> dict[str, float]:
    """Compare with one lane."""
    found: dict[str, float] = {}
    for name in results.contenders(RATE):
        found |= results.compare(name, RATE, (label(1),))
    return found


def marks(results: Results) -> list[Mark]:
    """Hold the most lanes to most of the throughput of one."""
    most = results.contenders(RATE)[-1]
    compared = results.compare(most, RATE, (label(1),))
    return [Mark(name, value, "at least", LEAST_RATIO) for name, value in compared.items()]


QUESTION = Question(
    "lanes",
    "Time the same deliveries over 1, 100, 10 000 and 100 000 destinations",
    Amount("events", 100_000, 3000, least=10),
    entrants,
    ratios,
    marks,
)
