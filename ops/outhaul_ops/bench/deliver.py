"""The question `deliver`: how fast does a backlog reach an endpoint that answers at once?"""

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from outhaul_ops.bench.contenders import Contender, celery_per_delivery, outhaul
from outhaul_ops.bench.processes import Running, run, running
from outhaul_ops.bench.question import Question
from outhaul_ops.bench.report import Mark, Metric, Result, ratio
from outhaul_ops.bench.rounds import Entrant, find
from outhaul_ops.bench.sample import write_events
from outhaul_ops.bench.stage import Stage

OUTHAUL = "outhaul (requests)"
CELERY = "celery task per delivery"

RATE = Metric("deliveries", "1/s")
REPEATED = Metric("repeated", "deliveries")

LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 60.0
"""How long nothing new may arrive, or stay unfinished, before a run is given up."""

LEAST_RATIO = 3.0


def entrants(stage: Stage, events: int) -> list[Entrant]:
    """Each contender delivers a backlog of `events`, timed at the receiver from the first arrival to the last."""
    backlog = write_events(stage.folder / "backlog.ndjson", events)
    return [
        Entrant(OUTHAUL, partial(_deliver, stage, outhaul(stage), backlog, events)),
        Entrant(CELERY, partial(_deliver, stage, celery_per_delivery(stage), backlog, events)),
    ]


def ratios(results: Sequence[Result]) -> dict[str, float]:
    """Compare the deliveries per second."""
    return {f"{OUTHAUL} / {CELERY}": ratio(find(results, OUTHAUL, RATE), find(results, CELERY, RATE))}


def marks(results: Sequence[Result]) -> list[Mark]:
    """Hold Outhaul to its first mark."""
    return [Mark(name, value, "at least", LEAST_RATIO) for name, value in ratios(results).items()]


def _deliver(stage: Stage, contender: Contender, backlog: Path, events: int) -> Mapping[Metric, float]:
    stage.clear()
    run((*contender.producer, "fill", str(backlog)), contender.environment, stage.folder)
    arrivals = stage.receiver.arrivals()
    log = stage.folder / f"{contender.name}.log"
    # By the end of a measurement nothing is left to do, so the seconds of a warm shutdown would buy nothing.
    with running(contender.worker, contender.environment, log, ending=signal.SIGKILL) as worker:
        _wait(worker, arrivals.read, events, "arrivals")
        _wait(worker, lambda: events * contender.finished(events), events, "finished deliveries")
    arrivals.read()
    return {RATE: arrivals.per_second, REPEATED: float(arrivals.repeated)}


def _wait(worker: Running, count: Callable[[], int], wanted: int, what: str) -> None:
    """Wait until the count is what is wanted, as long as it grows."""
    seen, deadline = 0, time.monotonic() + PATIENCE_SECONDS
    while seen < wanted:
        worker.require_alive()
        if time.monotonic() > deadline:
            raise worker.failed(f"{seen} of {wanted} {what}, and no more in {PATIENCE_SECONDS:g} s")
        time.sleep(LOOK_SECONDS)
        now = count()
        if now > seen:
            seen, deadline = now, time.monotonic() + PATIENCE_SECONDS


QUESTION = Question("deliver", "events", 10_000, 1000, entrants, ratios, marks)
