"""The question `interference`: do endpoints that never answer slow down those that do?"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from outhaul_config.settings import load_settings
from outhaul_ledger.ledger import connect
from outhaul_ops.bench.clocks import Clocks
from outhaul_ops.bench.contenders import Contender, at_work
from outhaul_ops.bench.measuring import RATE, backlog, wait_for_the_first
from outhaul_ops.bench.percentiles import percentile
from outhaul_ops.bench.question import Amount, Asked, Question
from outhaul_ops.bench.report import Mark, Metric, Results
from outhaul_ops.bench.rounds import Entrant
from outhaul_ops.bench.sites import Endpoint, site, transports
from outhaul_ops.bench.stage import Stage

HEALTHY, DRIPPING, HANGING = 90, 10, 100
TOTAL_SECONDS = 2.0
"""How long an attempt may take, so that those which hang do time out while others are measured."""

PACE = 200
PACED_SECONDS = 10
QUICK_SECONDS = 5  # of a run that is quick
QUICK_EVENTS = 3000
P99 = Metric("p99 at a steady pace", "ms")

ALONE = f"{HEALTHY} healthy destinations"
PAUSED = f"beside {DRIPPING + HANGING} that are paused"
BESIDE = f"beside {HANGING} that hang and {DRIPPING} that drip"
OWN_EVENTS = f"{BESIDE}, with events of their own"
LEAST_SHARE = 0.9
MOST_P99 = 2.0

HEALTHY_TYPE, OTHERS_TYPE = "custom.healthy{}", "custom.others{}"


def entrants(stage: Stage, asked: Asked) -> list[Entrant]:
    """Deliver the same events to healthy destinations alone, and to healthy and others, paused or bad."""
    stage.note(f"figures are of the {HEALTHY} healthy ones alone")
    hanging, dripping = stage.slow_receiver("never").url, stage.slow_receiver("drip").url
    healthy = [_endpoint(number, stage.receiver.url, HEALTHY_TYPE.format(number)) for number in range(HEALTHY)]
    bad = [(number, dripping if number < DRIPPING else hanging) for number in range(DRIPPING + HANGING)]
    shared = [_endpoint(HEALTHY + number, url, HEALTHY_TYPE.format(number % HEALTHY)) for number, url in bad]
    own = [_endpoint(HEALTHY + number, url, OTHERS_TYPE.format(number % HEALTHY)) for number, url in bad]
    alone, mixed, apart = (
        site(stage, transports()[0], healthy + others, name=f"interference {name}")
        for name, others in (("alone", []), ("mixed", shared), ("apart", own))
    )
    return [
        Entrant(ALONE, partial(_measure, stage, alone, asked.amount)),
        Entrant(PAUSED, partial(_measure, stage, mixed, asked.amount, paused=[each.name for each in shared])),
        Entrant(BESIDE, partial(_measure, stage, mixed, asked.amount)),
        Entrant(OWN_EVENTS, partial(_measure, stage, apart, asked.amount, types=(HEALTHY_TYPE, OTHERS_TYPE))),
    ]


def _endpoint(number: int, url: str, event_type: str) -> Endpoint:
    return Endpoint(f"d{number}", url, event_type, more=f'timeout = {{ total = "{TOTAL_SECONDS:g}s" }}')


def _measure(
    stage: Stage,
    contender: Contender,
    events: int,
    *,
    types: Sequence[str] = (HEALTHY_TYPE,),
    paused: Sequence[str] = (),
) -> Mapping[Metric, float]:
    """Measure so many events of the first of these types, with as many of the others between them."""
    times, title = len(types), f"interference-{len(types)}"
    paced = PACE * (PACED_SECONDS if events > QUICK_EVENTS else QUICK_SECONDS)
    bulk = backlog(stage, events * times, title, partial(_typed, types))
    steady = backlog(stage, paced * times, f"{title}-steady", partial(_renamed, types))
    stage.clear()
    ledger = connect(load_settings(contender.environment))
    for name in paused:
        ledger.pause(name, "so that it is not tried")
    contender.produce("fill", bulk)
    arrivals = stage.receiver.arrivals()
    with at_work(contender, stage.folder) as crew:
        begun = wait_for_the_first(stage, crew, stage.receiver, arrivals)
        crew.wait(arrivals.read, events, "arrivals at healthy destinations")
        spent = Clocks.read(stage, crew, stage.receiver).since(begun, events)
        rate = arrivals.per_second()
        called = _hand_over(contender, steady, PACE * times)
        crew.wait(arrivals.read, events + paced, "arrivals at healthy destinations")
    return {RATE: rate, P99: percentile(arrivals.late(called), 99) * 1000, **spent}


def _hand_over(contender: Contender, events: Path, rate: int) -> Mapping[str, float]:
    called: Mapping[str, float] = dict(orjson.loads(contender.produce("pace", events, str(rate))))
    return called


def _typed(types: Sequence[str], number: int) -> Mapping[str, Any]:
    turn, kind = divmod(number, len(types))
    return {"type": types[kind].format(turn % HEALTHY)}


def _renamed(types: Sequence[str], number: int) -> Mapping[str, Any]:
    return {**_typed(types, number), "id": f"steady-{number:08d}"}


def ratios(results: Results) -> dict[str, float]:
    """Compare with what is undisturbed, by events for others at all, and by their hanging."""
    found: dict[str, float] = {}
    for metric in (RATE, P99):
        compared = results.compare(BESIDE, metric, (ALONE, PAUSED)) | results.compare(OWN_EVENTS, metric, (ALONE,))
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
    Amount("events", 30_000, QUICK_EVENTS, least=HEALTHY),
    entrants,
    ratios,
    marks,
)
