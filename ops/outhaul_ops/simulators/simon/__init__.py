"""A simulated Simon Data."""

from outhaul_ops.simulators.simon.collector import Simon, SimonAccount

__all__ = ["Simon", "SimonAccount"]
