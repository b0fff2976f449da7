"""Sending requests: the interface, and one module for each way of doing it."""

from outhaul_worker.transports.contract import Transport
from outhaul_worker.transports.opening import open_transport, usual_window

__all__ = ["Transport", "open_transport", "usual_window"]
