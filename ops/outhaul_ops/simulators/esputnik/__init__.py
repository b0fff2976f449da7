"""A simulated eSputnik."""

from outhaul_ops.simulators.esputnik.service import Esputnik, EsputnikAccount

__all__ = ["Esputnik", "EsputnikAccount"]
