"""What a worker without work costs, and that it goes on costing the same."""

from pathlib import Path

from integration.worker.idle import SETTLING, count_commands, simulate
from outhaul_ops.embedded import EmbeddedServer

CYCLES = SETTLING + 1_000
MEMORY_KIB = 2_048
FEW_CYCLES = 200
MOST_COMMANDS = 17  # of a cycle, those inside its scripts included; Celery's own poll and pings are two more a second


def test_a_worker_with_next_to_nothing_to_do_holds_on_to_nothing(own_server: EmbeddedServer, tmp_path: Path) -> None:
    """After thousands of cycles it has the keys, connections, threads, descriptors and memory it began with."""
    before, after = simulate(own_server, tmp_path, CYCLES)
    assert (after.keys, after.connections) == (before.keys, before.connections)
    assert (after.threads, after.descriptors) == (before.threads, before.descriptors)
    assert after.resident - before.resident < MEMORY_KIB


def test_a_cycle_with_nothing_to_do_costs_the_server_few_commands(own_server: EmbeddedServer) -> None:
    """An idle worker has about one cycle a second, so this is its cost in commands a second."""
    assert count_commands(own_server, FEW_CYCLES) <= MOST_COMMANDS * FEW_CYCLES
