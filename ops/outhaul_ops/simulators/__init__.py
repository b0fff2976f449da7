"""Simulated vendors: HTTP servers that check like the vendor, answer like the vendor and misbehave when told to."""

from outhaul_ops.simulators.misbehaviour import MisbehaviourError
from outhaul_ops.simulators.process import serve
from outhaul_ops.simulators.record import Entry, Fate, Record
from outhaul_ops.simulators.registry import SIMULATORS, OptionError
from outhaul_ops.simulators.simulator import Simulator

__all__ = [
    "SIMULATORS",
    "Entry",
    "Fate",
    "MisbehaviourError",
    "OptionError",
    "Record",
    "Simulator",
    "serve",
]
