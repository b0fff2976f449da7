"""A simulated DATA Reshape."""

from outhaul_ops.simulators.datareshape.endpoint import DataReshape, DataReshapeAccount

__all__ = ["DataReshape", "DataReshapeAccount"]
