"""The question `enqueue`: what does it cost a web request to hand over one event?"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean, median

import orjson

from outhaul_ops.bench.contenders import Contender, celery_per_delivery, outhaul
from outhaul_ops.bench.processes import run
from outhaul_ops.bench.producer import BATCH
from outhaul_ops.bench.question import Question
from outhaul_ops.bench.report import Mark, Metric, Result, ratio
from outhaul_ops.bench.rounds import Entrant, find
from outhaul_ops.bench.sample import write_events
from outhaul_ops.bench.stage import Stage

ENQUEUE_EVENT = "enqueue_event"
DELAY = "celery .delay()"
SET = "bare SET"
ENQUEUE_EVENTS = f"enqueue_events of {BATCH}"

P50 = Metric("p50", "us")
MEAN = Metric("mean", "us")
RATE = Metric("rate", "events/s")

WARM_UP_CALLS = 200
WARM_UP_BATCHES = 1


def entrants(stage: Stage, calls: int) -> list[Entrant]:
    """Each way times `calls` calls in a process of its own; `enqueue_events` as many events in batches."""
    singly = write_events(stage.folder / "singly.ndjson", WARM_UP_CALLS + calls)
    batches = max(1, calls // BATCH)
    together = write_events(stage.folder / "together.ndjson", (WARM_UP_BATCHES + batches) * BATCH)
    ours, peer = outhaul(stage), celery_per_delivery(stage)
    return [
        Entrant(ENQUEUE_EVENT, partial(_calls, stage, ours, "time", singly)),
        Entrant(DELAY, partial(_calls, stage, peer, "time", singly)),
        Entrant(SET, partial(_calls, stage, ours, "set", singly)),
        Entrant(ENQUEUE_EVENTS, partial(_batches, stage, ours, together)),
    ]


def ratios(results: Sequence[Result]) -> dict[str, float]:
    """Compare `enqueue_event` with what a caller would do instead, and with the least a server takes."""
    ours = find(results, ENQUEUE_EVENT, P50)
    named = {f"{ENQUEUE_EVENT} / {other}, p50": find(results, other, P50) for other in (DELAY, SET)}
    return {name: ratio(ours, other) for name, other in named.items()}


def marks(results: Sequence[Result]) -> list[Mark]:
    """Hold `enqueue_event` to costing less than `.delay()`."""
    name = f"{ENQUEUE_EVENT} / {DELAY}, p50"
    return [Mark(name, ratios(results)[name], "below", 1.0)]


def _calls(stage: Stage, contender: Contender, mode: str, events: Path) -> Mapping[Metric, float]:
    seconds = _timed(stage, contender, mode, events)[WARM_UP_CALLS:]
    return {P50: median(seconds) * 1e6, MEAN: fmean(seconds) * 1e6}


def _batches(stage: Stage, contender: Contender, events: Path) -> Mapping[Metric, float]:
    return {RATE: BATCH / fmean(_timed(stage, contender, "batches", events)[WARM_UP_BATCHES:])}


def _timed(stage: Stage, contender: Contender, mode: str, events: Path) -> list[float]:
    stage.clear()
    printed = run((*contender.producer, mode, str(events)), contender.environment, stage.folder)
    seconds: list[float] = orjson.loads(printed)
    return seconds


QUESTION = Question("enqueue", "calls", 5000, 1000, entrants, ratios, marks)
