"""The question `latency`: how long after the call does an event arrive, when the system is not busy?"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import orjson

from outhaul_ops.bench.contenders import Contender, at_work
from outhaul_ops.bench.measuring import backlog
from outhaul_ops.bench.peers import CELERY, contend
from outhaul_ops.bench.percentiles import percentile
from outhaul_ops.bench.question import Amount, Asked, Question
from outhaul_ops.bench.report import Mark, Metric, Results
from outhaul_ops.bench.rounds import Entrant
from outhaul_ops.bench.sites import label, site, transports
from outhaul_ops.bench.stage import Stage

RATE = 200
WARM_UP_EVENTS = 200
P50 = Metric("p50", "ms")
P99 = Metric("p99", "ms")

P50_MS, P99_MS, MOST_RATIO = 8.0, 40.0, 2.0


def entrants(stage: Stage, asked: Asked) -> list[Entrant]:
    """Each contender is given a steady stream of events, one call each."""
    stage.note(f"{RATE} events a second, after {WARM_UP_EVENTS} that are not counted")
    file = backlog(stage, asked.amount)
    ours = [site(stage, transport) for transport in transports()]
    return [Entrant(each.name, partial(_paced, stage, each, file)) for each in (*ours, contend(stage, CELERY))]


def _paced(stage: Stage, contender: Contender, events: Path) -> Mapping[Metric, float]:
    stage.clear()
    arrivals = stage.receiver.arrivals()
    with at_work(contender, stage.folder) as crew:
        contender.produce("fill", backlog(stage, WARM_UP_EVENTS, "warm-up", lambda number: {"id": f"warm-{number}"}))
        crew.wait(arrivals.read, WARM_UP_EVENTS, "arrivals")
        called: dict[str, float] = dict(orjson.loads(contender.produce("pace", events, str(RATE))))
        crew.wait(arrivals.read, WARM_UP_EVENTS + len(called), "arrivals")
        crew.wait_until_finished(contender)
    late = arrivals.late(called)
    return {P50: percentile(late, 50) * 1000, P99: percentile(late, 99) * 1000}


def ratios(results: Results) -> dict[str, float]:
    """Compare with a Celery task per event."""
    found: dict[str, float] = {}
    for metric in (P50, P99):
        for transport in transports():
            compared = results.compare(label(transport), metric, (CELERY.name,))
            found |= {f"{name}, {metric.name}": value for name, value in compared.items()}
    return found


def marks(results: Results) -> list[Mark]:
    """Hold the transport that `auto` takes to being felt by nobody."""
    ours = label(transports()[0])
    measured = ours in results.contenders(P50)
    made = [
        Mark(f"{ours}, {metric.name} ms", results.median(ours, metric), "at most", bound)
        for metric, bound in ((P50, P50_MS), (P99, P99_MS))
        if measured
    ]
    compared = results.compare(ours, P50, (CELERY.name,))
    return made + [Mark(f"{name}, p50", value, "at most", MOST_RATIO) for name, value in compared.items()]


QUESTION = Question(
    "latency",
    f"Time the way of an event from the call to the endpoint, at {RATE} events a second",
    Amount("events", 2000, 600, least=10),
    entrants,
    ratios,
    marks,
)
