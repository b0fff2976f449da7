"""The question `soak`: does anything grow while it works for long at half of what it can?"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean

from outhaul_ops.bench.contenders import Contender, Crew, at_work
from outhaul_ops.bench.measuring import MEGABYTE, OWN, RATE, backlog, deliver_backlog
from outhaul_ops.bench.processes import running
from outhaul_ops.bench.question import Amount, Asked, Question
from outhaul_ops.bench.report import Mark, Metric, Results
from outhaul_ops.bench.rounds import Entrant
from outhaul_ops.bench.sites import site, transports
from outhaul_ops.bench.stage import Stage

NAME = "half of the maximum"
MAXIMUM_EVENTS = 20_000
WARM_UP_EVENTS = 4000
"""Enough to have every process of the worker at work before anything is weighed."""

SAMPLES = 40
MOST_RETENTION = 10.0

ARRIVED = Metric("arrived", "events")
CONNECTIONS, KEYS, SERVER_MEMORY = (
    Metric("connections", ""),
    Metric("server's keys", ""),
    Metric("server's memory", "MB"),
)
GROWING = (OWN, CONNECTIONS, KEYS, SERVER_MEMORY)
MOST_GROWTH = 1.05


@dataclass(frozen=True, slots=True)
class _Sample:
    """What is held at one moment."""

    values: Mapping[Metric, float]

    @classmethod
    def take(cls, stage: Stage, crew: Crew) -> "_Sample":
        return cls(
            {
                OWN: crew.memory().own / MEGABYTE,
                CONNECTIONS: float(stage.client.info("clients")["connected_clients"]),
                KEYS: float(stage.client.dbsize()),
                SERVER_MEMORY: stage.used_memory() / MEGABYTE,
            }
        )


def growth(metric: Metric) -> Metric:
    """Return what tells how much larger something was in the last quarter than in the second."""
    return Metric(f"{metric.name}, last quarter / second", "times")


def entrants(stage: Stage, asked: Asked) -> list[Entrant]:
    """Find the maximum with a backlog, then hand over half of that for as long as is asked."""
    retention = max(1.0, min(MOST_RETENTION, asked.amount / 10))
    stage.note(f"finished events are kept for {retention:g} s, so that as many expire as are finished")
    contender = site(stage, transports()[0], name=NAME, settings={"OUTHAUL_RETENTION": f"{retention:g}s"})
    return [Entrant(NAME, partial(_measure, stage, contender, asked.amount))]


def _measure(stage: Stage, contender: Contender, seconds: int) -> Mapping[Metric, float]:
    most = deliver_backlog(stage, contender, backlog(stage, MAXIMUM_EVENTS), MAXIMUM_EVENTS)[RATE]
    rate = int(most / 2)
    stage.clear()
    stage.client.config_set("auto-aof-rewrite-percentage", 100)
    stream = (*contender.producer, "stream", str(backlog(stage, 1)), str(rate), str(seconds))
    contender.produce("fill", backlog(stage, WARM_UP_EVENTS, "warm-up", lambda number: {"id": f"warm-{number}"}))
    warm = stage.receiver.requests() + WARM_UP_EVENTS
    with at_work(contender, stage.folder) as crew:
        crew.wait(stage.receiver.requests, warm, "arrivals")
        with running(stream, contender.environment, stage.folder / "stream.log") as producer:
            samples = _watch(stage, crew, seconds)
            if producer.process.wait(seconds):
                raise producer.failed("did not hand over all events")
            crew.wait(lambda: stage.receiver.requests() - warm, rate * seconds, "arrivals")
        crew.wait_until_finished(contender)
    found = {growth(metric): _growth(samples, metric) for metric in GROWING}
    last = {metric: samples[-1].values[metric] for metric in GROWING}
    return {RATE: float(rate), ARRIVED: float(stage.receiver.requests() - warm), **last, **found}


def _watch(stage: Stage, crew: Crew, seconds: int) -> list[_Sample]:
    samples = []
    begun = time.monotonic()
    for number in range(1, SAMPLES + 1):
        time.sleep(max(0.0, begun + number * seconds / SAMPLES - time.monotonic()))
        crew.require_alive()
        samples.append(_Sample.take(stage, crew))
    return samples


def _growth(samples: Sequence[_Sample], metric: Metric) -> float:
    quarter = len(samples) // 4
    second, last = samples[quarter : 2 * quarter], samples[-quarter:]
    return fmean(each.values[metric] for each in last) / fmean(each.values[metric] for each in second)


def ratios(results: Results) -> dict[str, float]:
    """Return how much each grew."""
    return {metric.name: results.median(NAME, growth(metric)) for metric in GROWING}


def marks(results: Results) -> list[Mark]:
    """Hold everything to not growing."""
    return [Mark(f"growth of {name}", value, "at most", MOST_GROWTH) for name, value in ratios(results).items()]


QUESTION = Question(
    "soak",
    "Watch memory, connections and keys while half of the maximum is delivered",
    Amount("duration", 600, 20, least=8),
    entrants,
    ratios,
    marks,
    usual_rounds=1,
)
