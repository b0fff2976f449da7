"""The question `interference`: do endpoints that never answer slow down those that do?"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from outhaul_config.settings import load_settings
from outhaul_ledger.ledger import connect
from outhaul_ops.bench.contenders import Contender, at_work
from outhaul_ops.bench.measuring import RATE, backlog
from outhaul_ops.bench.percentiles import percentile
from outhaul_ops.bench.question import Amount, Asked, Question
from outhaul_ops.bench.report import Mark, Metric, Results
from outhaul_ops.bench.rounds import Entrant
from outhaul_ops.bench.sites import Endpoint, site, transports
from outhaul_ops.bench.stage import Stage

DESTINATIONS = 200
HEALTHY = 100
PACE = 200
PACED_SECONDS = 5
P99 = Metric("p99 at a steady pace", "ms")

ALONE = f"{HEALTHY} healthy destinations"
PAUSED = f"the same beside {DESTINATIONS - HEALTHY} that are paused"
BESIDE = f"the same beside {DESTINATIONS - HEALTHY} that hang"
LEAST_SHARE = 0.9
MOST_P99 = 2.0


def entrants(stage: Stage, asked: Asked) -> list[Entrant]:
    """Deliver the same events to healthy destinations alone, and beside as many others, paused or hanging."""
    stage.note(f"the others get as many events as the healthy ones; figures are of the {HEALTHY} healthy ones alone")
    hanging = stage.slow_receiver(None)
    endpoints = [
        Endpoint(f"d{number}", stage.receiver.url if number < HEALTHY else hanging.url, f"custom.d{number % HEALTHY}")
        for number in range(DESTINATIONS)
    ]
    alone = site(stage, transports()[0], endpoints[:HEALTHY], name="interference alone")
    contender = site(stage, transports()[0], endpoints, name="interference")
    return [
        Entrant(ALONE, partial(_measure, stage, alone, asked.amount, others="")),
        Entrant(PAUSED, partial(_measure, stage, contender, asked.amount, others="pause")),
        Entrant(BESIDE, partial(_measure, stage, contender, asked.amount, others="hang")),
    ]


def _measure(stage: Stage, contender: Contender, events: int, *, others: str) -> Mapping[Metric, float]:
    kind, times, more = "healthy", 1, _healthy
    bulk = backlog(stage, events * times, kind, more)
    steady = backlog(stage, PACE * PACED_SECONDS * times, f"{kind}-steady", partial(_renamed, more))
    stage.clear()
    if others == "pause":
        _pause_others(contender)
    contender.produce("fill", bulk)
    arrivals = stage.receiver.arrivals()
    with at_work(contender, stage.folder) as crew:
        crew.wait(arrivals.read, events, "arrivals at healthy destinations")
        rate = arrivals.per_second()
        called = _hand_over(contender, steady, PACE * times)
        crew.wait(arrivals.read, events + PACE * PACED_SECONDS, "arrivals at healthy destinations")
    return {RATE: rate, P99: percentile(arrivals.late(called), 99) * 1000}


def _pause_others(contender: Contender) -> None:
    ledger = connect(load_settings(contender.environment))
    for number in range(HEALTHY, DESTINATIONS):
        ledger.pause(f"d{number}", "so that it is not tried")


def _hand_over(contender: Contender, events: Path, rate: int) -> Mapping[str, float]:
    called: Mapping[str, float] = dict(orjson.loads(contender.produce("pace", events, str(rate))))
    return called


def _healthy(number: int) -> Mapping[str, Any]:
    return {"type": f"custom.d{number % HEALTHY}"}


def _mixed(number: int) -> Mapping[str, Any]:
    """Give every other event to a destination that hangs."""
    turn, hangs = divmod(number, 2)
    return {"destinations": [f"d{turn % HEALTHY + HEALTHY * hangs}"]}


def _renamed(more: Any, number: int) -> Mapping[str, Any]:
    return {**more(number), "id": f"steady-{number:08d}"}


def ratios(results: Results) -> dict[str, float]:
    """Compare with what is undisturbed, by events for others at all, and by their hanging."""
    found: dict[str, float] = {}
    for metric in (RATE, P99):
        compared = results.compare(BESIDE, metric, (ALONE, PAUSED))
        found |= {f"{name}, {metric.name}": value for name, value in compared.items()}
    return found


def marks(results: Results) -> list[Mark]:
    """Hold the healthy ones to hardly noticing."""
    rates, late = (results.compare(BESIDE, metric, (ALONE,)) for metric in (RATE, P99))
    return [
        *(Mark(f"{name}, {RATE.name}", value, "at least", LEAST_SHARE) for name, value in rates.items()),
        *(Mark(f"{name}, {P99.name}", value, "at most", MOST_P99) for name, value in late.items()),
    ]


QUESTION = Question(
    "interference",
    "Time deliveries to healthy endpoints beside as many that never answer",
    Amount("events", 30_000, 3000, least=HEALTHY),
    entrants,
    ratios,
    marks,
)
