"""The question `enqueue`: what does it cost a web request to hand over one event?"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from statistics import fmean, median

import orjson

from outhaul_ops.bench.contenders import Contender
from outhaul_ops.bench.peers import CELERY, contend
from outhaul_ops.bench.producer import BATCH
from outhaul_ops.bench.question import Amount, Asked, Question
from outhaul_ops.bench.report import Mark, Metric, Results
from outhaul_ops.bench.rounds import Entrant
from outhaul_ops.bench.sample import write_events
from outhaul_ops.bench.sites import site, transports
from outhaul_ops.bench.stage import Stage

ENQUEUE_EVENT = "enqueue_event"
DELAY = "celery .delay()"
SET = "bare SET"
VALIDATED_SET = "validation and SET"
ENQUEUE_EVENTS = f"enqueue_events of {BATCH}"

P50 = Metric("p50", "us")
MEAN = Metric("mean", "us")
RATE = Metric("rate", "events/s")

WARM_UP_CALLS = 200
WARM_UP_BATCHES = 1

BOUNDS = {VALIDATED_SET: 1.6, DELAY: 0.6}
LEAST_RATE = 7000.0


def entrants(stage: Stage, asked: Asked) -> list[Entrant]:
    """Each way times `amount` calls in a process of its own; `enqueue_events` as many events in batches."""
    singly = write_events(stage.folder / "singly.ndjson", WARM_UP_CALLS + asked.amount)
    batches = max(1, asked.amount // BATCH)
    together = write_events(stage.folder / "together.ndjson", (WARM_UP_BATCHES + batches) * BATCH)
    ours, peer = site(stage, transports()[0]), contend(stage, CELERY)
    return [
        Entrant(ENQUEUE_EVENT, partial(_calls, stage, ours, "time", singly)),
        Entrant(DELAY, partial(_calls, stage, peer, "time", singly)),
        Entrant(SET, partial(_calls, stage, ours, "set", singly)),
        Entrant(VALIDATED_SET, partial(_calls, stage, ours, "validate-and-set", singly)),
        Entrant(ENQUEUE_EVENTS, partial(_batches, stage, ours, together)),
    ]


def ratios(results: Results) -> dict[str, float]:
    """Compare `enqueue_event` with what a caller would do instead, and with the least a server takes."""
    compared = results.compare(ENQUEUE_EVENT, P50, (VALIDATED_SET, DELAY, SET))
    return {f"{name}, p50": value for name, value in compared.items()}


def marks(results: Results) -> list[Mark]:
    """Hold `enqueue_event` to costing little more than it must, and less than `.delay()`."""
    compared = results.compare(ENQUEUE_EVENT, P50, tuple(BOUNDS))
    made = [
        Mark(f"{name}, p50", value, "at most", BOUNDS[name.removeprefix(f"{ENQUEUE_EVENT} / ")])
        for name, value in compared.items()
    ]
    if ENQUEUE_EVENTS in results.contenders(RATE):
        made.append(Mark(f"{ENQUEUE_EVENTS}, events/s", results.median(ENQUEUE_EVENTS, RATE), "at least", LEAST_RATE))
    return made


def _calls(stage: Stage, contender: Contender, mode: str, events: Path) -> Mapping[Metric, float]:
    seconds = _timed(stage, contender, mode, events)[WARM_UP_CALLS:]
    return {P50: median(seconds) * 1e6, MEAN: fmean(seconds) * 1e6}


def _batches(stage: Stage, contender: Contender, events: Path) -> Mapping[Metric, float]:
    return {RATE: BATCH / fmean(_timed(stage, contender, "batches", events)[WARM_UP_BATCHES:])}


def _timed(stage: Stage, contender: Contender, mode: str, events: Path) -> list[float]:
    stage.clear()
    seconds: list[float] = orjson.loads(contender.produce(mode, events))
    return seconds


QUESTION = Question(
    "enqueue",
    "Time handing over one event",
    Amount("calls", 5000, 1000),
    entrants,
    ratios,
    marks,
    usual_rounds=5,
    quick_rounds=3,
)
