"""The question `memory`: what does the server keep of a delivery?"""

from collections.abc import Mapping
from functools import partial
from itertools import islice

from outhaul_config.keys import stem
from outhaul_config.settings import load_settings
from outhaul_ledger.ledger import connect
from outhaul_ops.bench.by_hand import attempt_all
from outhaul_ops.bench.contenders import Contender, at_work
from outhaul_ops.bench.measuring import backlog
from outhaul_ops.bench.question import Amount, Asked, Question
from outhaul_ops.bench.report import Mark, Metric, Results
from outhaul_ops.bench.rounds import Entrant
from outhaul_ops.bench.sample import order_event
from outhaul_ops.bench.sites import DESTINATION, NAMESPACE, site, transports
from outhaul_ops.bench.stage import Stage
from outhaul_producers.normalise import normalise

FINISHED, WAITING = "finished delivery", "waiting delivery"
BOOKS = Metric("kept beside the body", "bytes")
BODY = Metric("body", "bytes")
MOST_BYTES = 800.0
CHUNK = 1000


def entrants(stage: Stage, asked: Asked) -> list[Entrant]:
    """Deliver so many events, or let them wait, and see what the server's memory has grown by."""
    contender = site(stage, transports()[0])
    return [
        Entrant(FINISHED, partial(_finished, stage, contender, asked.amount)),
        Entrant(WAITING, partial(_waiting, stage, contender, asked.amount)),
    ]


def _finished(stage: Stage, contender: Contender, events: int) -> Mapping[Metric, float]:
    stage.clear()
    contender.produce("fill", backlog(stage, events))
    arrivals = stage.receiver.arrivals()
    with at_work(contender, stage.folder) as crew:
        crew.wait(arrivals.read, events, "arrivals")
        crew.wait_until_finished(contender)
    return _weigh(stage, events)


def _waiting(stage: Stage, contender: Contender, events: int) -> Mapping[Metric, float]:
    stage.clear()
    ledger = connect(load_settings(contender.environment))
    submissions = (normalise(order_event(number), source="/") for number in range(events))
    attempt_all(ledger, submissions, [DESTINATION], None)
    ledger.client.close()
    return _weigh(stage, events)


def _weigh(stage: Stage, events: int) -> Mapping[Metric, float]:
    """Take the bodies away to see what they weigh, then all the rest; what an empty server needs is not counted."""
    whole = stage.used_memory()
    bodies = stage.client.scan_iter(stem("event", NAMESPACE) + "*", count=CHUNK)
    while names := list(islice(bodies, CHUNK)):
        stage.client.delete(*names)
    books = stage.used_memory()
    # Valkey frees in the background unless told not to, and would still count what is gone.
    stage.client.execute_command("FLUSHALL", "SYNC")  # type: ignore[no-untyped-call] # flushall() cannot say SYNC
    return {BOOKS: (books - stage.used_memory()) / events, BODY: (whole - books) / events}


def ratios(results: Results) -> dict[str, float]:
    """Compare the two."""
    return results.compare(FINISHED, BOOKS, (WAITING,))


def marks(results: Results) -> list[Mark]:
    """Hold what a finished delivery leaves behind to little."""
    measured = results.contenders(BOOKS)
    return [
        Mark(f"bytes of a {name}", results.median(name, BOOKS), "at most", MOST_BYTES)
        for name in (FINISHED,)
        if name in measured
    ]


QUESTION = Question(
    "memory",
    "Weigh what the server keeps of a finished delivery, and of one that waits",
    Amount("events", 20_000, 3000, least=100),
    entrants,
    ratios,
    marks,
)
