"""The question `deliver --latency`: how fast does a backlog reach an endpoint that takes its time?"""

from collections.abc import Mapping
from functools import partial

from outhaul_ops.bench.contenders import PROCESSES, Contender, at_work
from outhaul_ops.bench.measuring import MEGABYTE, RATE, RESIDENT, backlog
from outhaul_ops.bench.peers import ALL_PEERS, BULLMQ, CELERY, CELERY_THREADS, DRAMATIQ, TASKIQ, Peer, contend, present
from outhaul_ops.bench.question import Amount, Asked, Question
from outhaul_ops.bench.questions.deliver import CURL, PEER_NAMES, REQUESTS, entrant
from outhaul_ops.bench.receiver import Receiver
from outhaul_ops.bench.report import Mark, Metric, Results
from outhaul_ops.bench.rounds import Entrant
from outhaul_ops.bench.sites import DESTINATION, Endpoint, label, site, transports
from outhaul_ops.bench.stage import Stage

IN_FLIGHT = {CELERY_THREADS.name: 256, DRAMATIQ.name: 256, TASKIQ.name: 1000, BULLMQ.name: 1000}
WINDOW = {"curl": 1000, "requests": 256}
"""Deliveries in flight per process: of threads as many as still help."""

OURS_IN_FLIGHT = {label(transport): window for transport, window in WINDOW.items()}
ONE = "outhaul (curl), one process"
"""A worker whose one thread has as many in flight as the others' two processes."""
TURNS = 5
"""A backlog is so many times what can be in flight, as less would be under way before anything is answered."""

MANY = 5000
MANY_SECONDS = 1.0
MANY_TURNS = 4
MANY_IN_FLIGHT = f"outhaul (curl), window {MANY}, one process"
IN_FLIGHT_AT_MOST = Metric("in flight", "deliveries")
MANY_MEGABYTES = 250.0

LEAST_RATIO = 1.5


def entrants(stage: Stage, asked: Asked) -> list[Entrant]:
    """Each contender delivers a backlog, with as many deliveries in flight as it can use."""
    delay = float(asked.options["latency"])
    slow = stage.slow_receiver(str(delay))
    stage.note(f"the endpoint that answers after {delay * 1000:g} ms is {slow.name}: nginx cannot wait")
    stage.note(f"{CELERY.name} is left out: one at a time in {PROCESSES} processes, it makes {PROCESSES / delay:g}/s")

    def peer(which: Peer) -> Contender:
        return contend(stage, which, url=slow.url, in_flight=IN_FLIGHT[which.name])

    wanted = [each for each in ALL_PEERS if each is not CELERY and asked.wants(each.name)]
    ours = [_site(stage, slow, transport, WINDOW[transport], PROCESSES) for transport in transports()]
    if "curl" in transports():
        ours.append(_site(stage, slow, "curl", PROCESSES * WINDOW["curl"], 0, ONE))
    taking_part = [*ours, *present(stage, wanted, peer)]
    made = [
        entrant(
            stage,
            each,
            slow,
            asked.amount,
            TURNS * PROCESSES * (IN_FLIGHT | OURS_IN_FLIGHT | {ONE: WINDOW["curl"]})[each.name],
        )
        for each in taking_part
        if asked.wants(each.name)
    ]
    if "curl" in transports() and asked.wants(MANY_IN_FLIGHT):
        made.append(Entrant(MANY_IN_FLIGHT, partial(_many, stage, stage.slow_receiver(str(MANY_SECONDS)))))
    return made


def _site(stage: Stage, receiver: Receiver, transport: str, window: int, processes: int, name: str = "") -> Contender:
    """Make a site whose one destination takes as many requests at once as all its processes have in flight."""
    endpoint = Endpoint(DESTINATION, receiver.url, more=f"concurrency = {max(1, processes) * window}")
    settings = {"OUTHAUL_WINDOW": str(window)}
    return site(stage, transport, [endpoint], name=name, processes=processes, settings=settings)


def _many(stage: Stage, receiver: Receiver) -> Mapping[Metric, float]:
    """Have thousands of requests in flight in one process; tells how many there really were."""
    contender = _site(stage, receiver, "curl", MANY, 0, MANY_IN_FLIGHT)
    stage.clear()
    count = MANY * MANY_TURNS
    contender.produce("fill", backlog(stage, count))
    arrivals = receiver.arrivals()
    with at_work(contender, stage.folder) as crew:
        crew.wait(arrivals.read, count, "arrivals")
        crew.wait_until_finished(contender)
        memory = crew.memory()
    return {
        RATE: arrivals.per_second(),
        IN_FLIGHT_AT_MOST: float(arrivals.most_within(MANY_SECONDS)),
        RESIDENT: memory.resident / MEGABYTE,
    }


def ratios(results: Results) -> dict[str, float]:
    """Compare the deliveries per second, and the memory."""
    found = results.compare(CURL, RATE, (REQUESTS, *PEER_NAMES)) | results.compare(REQUESTS, RATE, PEER_NAMES)
    found |= results.compare(ONE, RATE, PEER_NAMES)
    for ours in (CURL, ONE):
        found |= {f"{name}, memory": value for name, value in results.compare(ours, RESIDENT, PEER_NAMES).items()}
    return found


def marks(results: Results) -> list[Mark]:
    """Hold Outhaul to being ahead of the best peer with all processes, and to less memory than any of them with one."""
    rates, memory = (results.compare(*ours, PEER_NAMES).values() for ours in ((CURL, RATE), (ONE, RESIDENT)))
    made = []
    if rates:
        made.append(Mark(f"{CURL} / best peer", min(rates), "at least", LEAST_RATIO))
    if memory:
        made.append(Mark(f"{ONE} / leanest peer, memory", max(memory), "at most", 1.0))
    if MANY_IN_FLIGHT in results.contenders(RESIDENT):
        in_flight, megabytes = (results.median(MANY_IN_FLIGHT, each) for each in (IN_FLIGHT_AT_MOST, RESIDENT))
        made.append(Mark("in flight in one process", in_flight, "at least", MANY))
        made.append(Mark("MB of that worker", megabytes, "at most", MANY_MEGABYTES))
    return made


QUESTION = Question(
    "deliver --latency",
    "Time delivering a backlog to one endpoint that takes its time",
    Amount("events", 40_000, 6000, least=100),
    entrants,
    ratios,
    marks,
)
