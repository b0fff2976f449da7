"""The measurement that several questions are made of: a backlog is delivered, timed at the receiver."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from outhaul_ops.bench.arrivals import Arrivals
from outhaul_ops.bench.clocks import Clocks
from outhaul_ops.bench.contenders import Contender, Crew, at_work
from outhaul_ops.bench.receiver import Receiver
from outhaul_ops.bench.report import Metric
from outhaul_ops.bench.sample import write_events
from outhaul_ops.bench.stage import Stage

RATE = Metric("deliveries", "1/s")
REPEATED = Metric("repeated", "deliveries")
RESIDENT = Metric("memory, resident", "MB")
OWN = Metric("memory, shared once", "MB")

MEGABYTE = 1_000_000
FIRST_LOOK_SECONDS = 0.02  # of a start so much may count as delivering


def backlog(
    stage: Stage, events: int, name: str = "all", more: Callable[[int], Mapping[str, Any]] | None = None
) -> Path:
    """Return a file of events; written when it is asked for first."""
    file = stage.folder / f"backlog-{name}-{events}.ndjson"
    return file if file.exists() else write_events(file, events, more=more)


def deliver_backlog(
    stage: Stage, contender: Contender, events: Path, count: int, receiver: Receiver | None = None
) -> Mapping[Metric, float]:
    """Empty the server, hand a backlog over, let it be delivered.

    The rate is from the first arrival at the receiver to the last, so that starting costs nobody anything. It is over
    only when all has arrived and nobody has anything left to do.

    Args:
        stage: where.
        contender: who delivers.
        events: what.
        count: how many requests the receiver will get.
        receiver: which; the stage's unless given.

    Raises:
        BenchFailed: something did not arrive, or did not get finished.
    """
    endpoint = receiver or stage.receiver
    stage.clear()
    contender.produce("fill", events)
    arrivals = endpoint.arrivals()
    with at_work(contender, stage.folder) as crew:
        begun = wait_for_the_first(stage, crew, endpoint, arrivals)
        crew.wait(arrivals.read, count, "arrivals")
        crew.wait_until_finished(contender)
        spent = Clocks.read(stage, crew, endpoint).since(begun, count)
        memory = crew.memory()
    arrivals.read()
    return {
        RATE: arrivals.per_second(),
        REPEATED: float(arrivals.repeated),
        RESIDENT: memory.resident / MEGABYTE,
        OWN: memory.own / MEGABYTE,
        **spent,
    }


def wait_for_the_first(stage: Stage, crew: Crew, receiver: Receiver, arrivals: Arrivals) -> Clocks:
    """Wait for the first arrival; return the clocks as they were last read before it.

    Read after it they would miss what came at once: a small backlog as a whole.
    """
    begun = Clocks.read(stage, crew, receiver)

    def look() -> int:
        nonlocal begun
        clocks = Clocks.read(stage, crew, receiver)
        count = arrivals.read()
        begun = begun if count else clocks
        return count

    crew.wait(look, 1, "arrivals", look=FIRST_LOOK_SECONDS)
    return begun
