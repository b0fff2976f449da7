"""eSputnik, also known as Yespo: a marketing automation service, told of events that start its workflows."""

from outhaul_worker.destinations.esputnik.kind import Esputnik

__all__ = ["Esputnik"]
