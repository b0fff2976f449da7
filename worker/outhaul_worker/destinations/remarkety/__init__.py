"""Remarkety: a marketing automation service for shops, told of events over its webhook interface."""

from outhaul_worker.destinations.remarkety.kind import Remarkety

__all__ = ["Remarkety"]
