"""A simulated receiver of CloudEvents."""

from outhaul_ops.simulators.cloudevents.receiver import CloudEvents, CloudEventsReceiver

__all__ = ["CloudEvents", "CloudEventsReceiver"]
