"""The question `scale`: what do more worker processes bring, and who is busy when they bring no more?"""

from functools import partial

from outhaul_ops.bench.clocks import SERVER_TIME
from outhaul_ops.bench.measuring import RATE, backlog, deliver_backlog
from outhaul_ops.bench.question import Amount, Asked, Question
from outhaul_ops.bench.report import Mark, Results
from outhaul_ops.bench.rounds import Entrant
from outhaul_ops.bench.sites import site, transports
from outhaul_ops.bench.stage import Stage

PROCESSES = (0, 1, 2, 4)
MOST_SERVER_MICROSECONDS = 60.0


def entrants(stage: Stage, asked: Asked) -> list[Entrant]:
    """Deliver one backlog with a thread of the worker's own process, and with one, two and four pool processes."""
    file = backlog(stage, asked.amount)
    made = []
    for count in PROCESSES:
        contender = site(stage, transports()[0], name=label(count), processes=count)
        made.append(Entrant(label(count), partial(deliver_backlog, stage, contender, file, asked.amount)))
    return made


def label(processes: int) -> str:
    """Name a worker of so many pool processes."""
    return f"{processes} processes" if processes > 1 else "1 process" if processes else "1 thread"


def ratios(results: Results) -> dict[str, float]:
    """Compare with one process."""
    found: dict[str, float] = {}
    for count in PROCESSES:
        found |= results.compare(label(count), RATE, (label(1),)) if count != 1 else {}
    return found


def marks(results: Results) -> list[Mark]:
    """Hold the one part that all workers share, the server, to a cost that lets it carry many of them."""
    measured = results.contenders(SERVER_TIME)
    name = label(2)
    if name not in measured:
        return []
    value = results.median(name, SERVER_TIME)
    return [Mark(f"server's processor with {name}, us a delivery", value, "at most", MOST_SERVER_MICROSECONDS)]


QUESTION = Question(
    "scale",
    "Time one backlog with a thread and with 1, 2 and 4 worker processes",
    Amount("events", 50_000, 3000, least=100),
    entrants,
    ratios,
    marks,
)
