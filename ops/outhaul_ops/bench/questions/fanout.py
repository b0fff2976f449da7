"""The question `fanout`: how long does one event take to reach very many destinations?"""

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

import orjson

from outhaul_ops.bench.contenders import Contender, Crew, at_work
from outhaul_ops.bench.measuring import RATE, backlog
from outhaul_ops.bench.question import Amount, Asked, Question
from outhaul_ops.bench.report import Mark, Metric, Results
from outhaul_ops.bench.rounds import Entrant
from outhaul_ops.bench.sites import Endpoint, site, transports
from outhaul_ops.bench.slow_log import LONGEST, longest_script, watch_scripts
from outhaul_ops.bench.stage import Stage

NAME = "one event"
FIRST = Metric("first arrival", "s")
ALL = Metric("all arrived", "s")

MOST_SECONDS = 30.0
MOST_BLOCKED_MS = 5.0
GIVING_WAY = 15
"""How nice the worker is, of 19."""


def entrants(stage: Stage, asked: Asked) -> list[Entrant]:
    """One event for all destinations, handed to a worker that runs already and has nothing to do."""
    endpoints = [Endpoint(f"d{number}", f"{stage.receiver.url}d{number}") for number in range(asked.amount)]
    stage.note("the worker gives way to the server, so that no script waits for a core in its middle")
    contender = site(stage, transports()[0], endpoints, name=NAME)
    return [Entrant(NAME, partial(_measure, stage, contender, asked.amount))]


def _measure(stage: Stage, contender: Contender, destinations: int) -> Mapping[Metric, float]:
    stage.clear()
    arrivals = stage.receiver.arrivals()
    with at_work(contender, stage.folder) as crew:
        # The worker has read all its destinations once a first event has been through it.
        contender.produce("fill", backlog(stage, 1, "warm-up", lambda _: {"id": "warm-up", "destinations": ["d0"]}))
        crew.wait(arrivals.read, 1, "arrivals")
        crew.wait_until_finished(contender)
        _give_way(crew)
        watch_scripts(stage.client)
        arrivals = stage.receiver.arrivals()
        called = _hand_over(contender, backlog(stage, 1))
        crew.wait(arrivals.read, destinations, "arrivals")
        crew.wait_until_finished(contender)
        longest = longest_script(stage)
    first, last = arrivals.span
    return {RATE: destinations / (last - called), FIRST: first - called, ALL: last - called, LONGEST: longest}


def _give_way(crew: Crew) -> None:
    """Let whoever else wants a core go before the workers.

    Three programs want two cores, and the slow log goes by the clock: a script of 2 ms that has to wait in its middle
    until a worker was on for a while would be told as one of 6.
    """
    for process in crew.processes():
        os.setpriority(os.PRIO_PROCESS, process, GIVING_WAY)
        with suppress(OSError):  # where the kernel groups processes by session, which have a priority of their own
            Path(f"/proc/{process}/autogroup").write_text(str(GIVING_WAY))


def _hand_over(contender: Contender, event: Path) -> float:
    """Hand over one event; returns when the call was made, in Unix seconds."""
    ((_, called),) = orjson.loads(contender.produce("pace", event, "1"))
    return float(called)


def ratios(results: Results) -> dict[str, float]:  # noqa: ARG001 -- nobody else does this
    """Compare with nobody."""
    return {}


def marks(results: Results) -> list[Mark]:
    """Hold it to being well under a minute, and to letting the server answer others meanwhile."""
    return [
        Mark("seconds until all have arrived", results.median(NAME, ALL), "at most", MOST_SECONDS),
        Mark("longest script, ms", results.median(NAME, LONGEST), "at most", MOST_BLOCKED_MS),
    ]


QUESTION = Question(
    "fanout",
    "Time one event on its way to many destinations",
    Amount("destinations", 10_000, 1000, least=2),
    entrants,
    ratios,
    marks,
)
