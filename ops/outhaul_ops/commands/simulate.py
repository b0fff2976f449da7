"""`outhaul simulate`: run a simulated vendor; the same as `python -m outhaul_ops.simulators`."""

from outhaul_ops.simulators.__main__ import main as simulate

__all__ = ["simulate"]
