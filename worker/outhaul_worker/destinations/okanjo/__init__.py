"""Okanjo's webhooks: events as the marketplace of that name sent them, for listeners written for it."""

from outhaul_worker.destinations.okanjo.kind import Okanjo

__all__ = ["Okanjo"]
