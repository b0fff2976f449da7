"""What a worker without work costs, and that it goes on costing the same."""

from pathlib import Path

from integration.worker.idle import SETTLING, Holdings, count_commands, simulate
from outhaul_ops.embedded import EmbeddedServer

CYCLES = 1_000
EVENT_EVERY = 100
MOST_BLOCKS = 300  # a third of one for each cycle; seen are under 100
MOST_KIB = 256  # seen are under 40
FEW_CYCLES = 200
MOST_COMMANDS = 9  # of a cycle, those inside its scripts included; Celery's own poll and pings are two more a second


def test_a_worker_with_next_to_nothing_to_do_holds_on_to_nothing(own_server: EmbeddedServer, tmp_path: Path) -> None:
    """After a thousand cycles more it has the keys, connections, threads, descriptors and memory it had."""
    before, after = simulate(own_server, tmp_path, (SETTLING, SETTLING + CYCLES), event_every=EVENT_EVERY)
    assert (after.keys, after.connections) == (before.keys, before.connections)
    assert (after.threads, after.descriptors) == (before.threads, before.descriptors)
    assert keeps_its_memory(before, after)


def test_a_worker_that_keeps_something_of_every_cycle_is_found_out(own_server: EmbeddedServer, tmp_path: Path) -> None:
    """The comparison can fail: an object kept in each of a thousand cycles shows."""
    kept: list[object] = []
    before, after = simulate(own_server, tmp_path, (100, 100 + CYCLES), and_do=lambda: kept.append(object()))
    assert not keeps_its_memory(before, after)


def keeps_its_memory(before: Holdings, after: Holdings) -> bool:
    """Whether the memory stayed what it was, but for what a cycle does not take every time."""
    return after.blocks - before.blocks < MOST_BLOCKS and after.trimmed - before.trimmed < MOST_KIB


def test_a_cycle_with_nothing_to_do_costs_the_server_few_commands(own_server: EmbeddedServer) -> None:
    """An idle worker has about one cycle a second, so this is its cost in commands a second."""
    calls = count_commands(own_server, FEW_CYCLES)
    assert calls["blpop"] >= FEW_CYCLES
    assert calls.total() <= MOST_COMMANDS * FEW_CYCLES
