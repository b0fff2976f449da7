"""The question `deliver`: how fast does a backlog reach an endpoint that answers at once?"""

from functools import partial

from outhaul_ops.bench.contenders import Contender
from outhaul_ops.bench.measuring import RATE, backlog, deliver_backlog
from outhaul_ops.bench.peers import ALL_PEERS, BULLMQ, CELERY, DRAMATIQ, TASKIQ, contend, present
from outhaul_ops.bench.question import Amount, Asked, Question
from outhaul_ops.bench.receiver import Receiver
from outhaul_ops.bench.report import Mark, Results
from outhaul_ops.bench.rounds import Entrant
from outhaul_ops.bench.sites import label, site, transports
from outhaul_ops.bench.stage import Stage

CURL, REQUESTS = label("curl"), label("requests")
PEER_NAMES = tuple(peer.name for peer in ALL_PEERS)

SHARES = {CURL: 1.0, BULLMQ.name: 0.4, REQUESTS: 0.25, TASKIQ.name: 0.15, DRAMATIQ.name: 0.1}
LEAST_SHARE = 0.04
LEAST_EVENTS = 1000
"""A slower contender gets a smaller backlog, so that all take about as long; a rate does not depend on it."""

BOUNDS = {f"{CURL} / {BULLMQ.name}": 1.6, f"{CURL} / {CELERY.name}": 15.0, f"{REQUESTS} / {CELERY.name}": 3.5}


def entrants(stage: Stage, asked: Asked) -> list[Entrant]:
    """Each contender delivers a backlog, timed at the receiver from the first arrival to the last."""
    wanted = [peer for peer in ALL_PEERS if asked.wants(peer.name)]
    made = [
        *(site(stage, transport) for transport in transports()),
        *present(stage, wanted, lambda peer: contend(stage, peer)),
    ]
    return [entrant(stage, each, stage.receiver, asked.amount, LEAST_EVENTS) for each in made if asked.wants(each.name)]


def entrant(stage: Stage, contender: Contender, receiver: Receiver, most: int, least: int) -> Entrant:
    """Let a contender deliver its share of a backlog, of which it takes `least` to say anything."""
    events = min(most, max(least, int(most * SHARES.get(contender.name, LEAST_SHARE))))
    if events < most:
        stage.note(f"{contender.name} delivers {events} of the {most} events")
    file = backlog(stage, events)
    return Entrant(contender.name, partial(deliver_backlog, stage, contender, file, events, receiver))


def ratios(results: Results) -> dict[str, float]:
    """Compare the deliveries per second."""
    return results.compare(CURL, RATE, (REQUESTS, *PEER_NAMES)) | results.compare(REQUESTS, RATE, PEER_NAMES)


def marks(results: Results) -> list[Mark]:
    """Hold Outhaul to being far ahead of one task per delivery, and ahead of the fastest peer."""
    found = ratios(results)
    return [Mark(name, found[name], "at least", bound) for name, bound in BOUNDS.items() if name in found]


QUESTION = Question(
    "deliver",
    "Time delivering a backlog to one endpoint that answers at once",
    Amount("events", 100_000, 4000, least=100),
    entrants,
    ratios,
    marks,
)
