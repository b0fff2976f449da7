"""DATA Reshape: server-side tracking that passes a shop's events on to analytics and advertising platforms."""

from outhaul_worker.destinations.datareshape.kind import DataReshape

__all__ = ["DataReshape"]
