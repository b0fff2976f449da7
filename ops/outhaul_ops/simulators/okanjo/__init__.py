"""A simulated subscriber to Okanjo's events."""

from outhaul_ops.simulators.okanjo.subscriber import Okanjo, OkanjoSubscriber

__all__ = ["Okanjo", "OkanjoSubscriber"]
