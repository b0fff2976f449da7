"""The question `retries`: what do a million deliveries that wait for their next try cost those that are due?"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from outhaul_config.keys import stem
from outhaul_config.settings import load_settings
from outhaul_ledger.ledger import Ledger, connect
from outhaul_ledger.model import State
from outhaul_ops.bench.by_hand import Kept, attempt_all, small_event
from outhaul_ops.bench.contenders import Contender, at_work
from outhaul_ops.bench.measuring import MEGABYTE, OWN, REPEATED
from outhaul_ops.bench.percentiles import percentile
from outhaul_ops.bench.question import Amount, Asked, Question
from outhaul_ops.bench.report import Mark, Metric, Results
from outhaul_ops.bench.rounds import Entrant
from outhaul_ops.bench.sites import DESTINATION, site, transports
from outhaul_ops.bench.stage import Stage

DUE_A_SECOND = 2000
SECONDS = 5
LEAD_SECONDS = 12.0
"""From the moment a due delivery is made until it is due: time to make all of them, and to start a worker."""

HOUR_MS = 3_600_000
P50, P99 = Metric("lateness, p50", "ms"), Metric("lateness, p99", "ms")
WAITING_BYTES = Metric("server's memory", "bytes/waiting delivery")

P99_MS = 1000.0
MOST_GROWTH = 1.1

NONE = "nothing else waits"


@dataclass(slots=True)
class _Ledger:
    """A ledger in which so many deliveries wait for a time that does not come, and those of one round are due."""

    stage: Stage
    contender: Contender
    waiting: int
    round: int = 0
    bytes_each: float = 0.0
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = connect(load_settings(self.contender.environment), timeout=60)

    def measure(self) -> Mapping[Metric, float]:
        """Let a worker deliver what becomes due at a steady pace; tells how late it was."""
        if self.waiting and not self.round:
            self._let_wait()
        due = self._make_due()
        arrivals = self.stage.receiver.arrivals()
        with at_work(self.contender, self.stage.folder) as crew:
            crew.wait(arrivals.read, len(due), "arrivals")
            late = arrivals.late(due)
            memory = crew.memory()
        found = {
            P50: percentile(late, 50) * 1000,
            P99: percentile(late, 99) * 1000,
            OWN: memory.own / MEGABYTE,
            REPEATED: float(arrivals.repeated),
        }
        return found | ({WAITING_BYTES: self.bytes_each} if self.waiting else {})

    def _let_wait(self) -> None:
        """Make the many, due between one hour and one day from now."""
        before = self.stage.used_memory()
        events = (small_event(number, "custom.bench") for number in range(self.waiting))
        attempt_all(self.ledger, events, [DESTINATION], _later)
        self.bytes_each = (self.stage.used_memory() - before) / self.waiting

    def _make_due(self) -> Mapping[str, float]:
        """Make the few, due one after the other; returns when each is due, in Unix seconds."""
        count = DUE_A_SECOND * SECONDS
        self.round += 1
        first = self.waiting + self.round * count
        events = (small_event(first + number, "custom.bench") for number in range(count))
        begin = time.time() + LEAD_SECONDS

        def soon(number: int) -> Kept:
            due = begin + number / DUE_A_SECOND
            return Kept(State.PENDING, "answered 500", 500, int((due - time.time()) * 1000))

        attempt_all(self.ledger, events, [DESTINATION], soon)
        lane = stem("lane", self.ledger.namespace) + DESTINATION
        until = (begin + SECONDS + LEAD_SECONDS) * 1000
        found: Any = self.ledger.client.zrangebyscore(lane, "-inf", until, withscores=True)
        return {event.decode(): score / 1000 for event, score in found}


def _later(number: int) -> Kept:
    spread = number * 7919 % (23 * HOUR_MS)
    return Kept(State.PENDING, "answered 500", 500, HOUR_MS + spread)


def entrants(stage: Stage, asked: Asked) -> list[Entrant]:
    """The same deliveries become due in a ledger where nothing else waits, and in one where very many do."""
    stage.note(f"{DUE_A_SECOND} deliveries become due each second for {SECONDS} s; lateness is arrival minus due time")
    stage.note("both ledgers are on one server; the waiting deliveries are made once, with the ledger's own operations")
    made = []
    for number, waiting in enumerate((0, asked.amount)):
        name = waiting_name(waiting)
        contender = site(stage, transports()[0], name=name, settings={"OUTHAUL_NAMESPACE": f"retries-{number}"})
        made.append(Entrant(name, partial(_Ledger(stage, contender, waiting).measure)))
    return made


def waiting_name(waiting: int) -> str:
    """Name a ledger in which so many deliveries wait."""
    return f"{waiting} wait" if waiting else NONE


def ratios(results: Results) -> dict[str, float]:
    """Compare with a ledger in which nothing else waits."""
    many = _many(results)
    found: dict[str, float] = {}
    for metric in (OWN, P99):
        compared = results.compare(many, metric, (NONE,))
        found |= {f"{name}, {metric.name}": value for name, value in compared.items()}
    return found


def marks(results: Results) -> list[Mark]:
    """Hold it to delivering in time, and to a worker that does not notice what waits."""
    many = _many(results)
    growth = results.compare(many, OWN, (NONE,))
    return [
        Mark(f"{many}: lateness, p99 ms", results.median(many, P99), "at most", P99_MS),
        *(Mark(f"{name}, worker's memory", value, "at most", MOST_GROWTH) for name, value in growth.items()),
    ]


def _many(results: Results) -> str:
    return results.contenders(P99)[-1]


QUESTION = Question(
    "retries",
    "Time deliveries that become due while very many others wait for their next try",
    Amount("waiting", 1_000_000, 10_000),
    entrants,
    ratios,
    marks,
)
