"""Simon Data: a customer data platform, told of events over the collect endpoint of Simon Signal."""

from outhaul_worker.destinations.simon.kind import Simon

__all__ = ["Simon"]
