"""What a worker without work costs, and that it goes on costing the same."""

from pathlib import Path

from integration.worker.idle import SETTLING, simulate
from outhaul_ops.embedded import EmbeddedServer

CYCLES = SETTLING + 2_000
MEMORY_KIB = 2_048
MOST_COMMANDS = 15


def test_a_worker_with_next_to_nothing_to_do_holds_on_to_nothing(own_server: EmbeddedServer, tmp_path: Path) -> None:
    """After thousands of cycles it has the keys, connections, threads, descriptors and memory it began with."""
    before, after = simulate(own_server, tmp_path, CYCLES)
    assert (after.keys, after.connections) == (before.keys, before.connections)
    assert (after.threads, after.descriptors) == (before.threads, before.descriptors)
    assert after.resident - before.resident < MEMORY_KIB
