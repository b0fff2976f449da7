"""Who had how much processor time for a delivery."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from outhaul_ops.bench.contenders import Crew
from outhaul_ops.bench.receiver import Receiver
from outhaul_ops.bench.report import Metric
from outhaul_ops.bench.stage import Stage

WORKERS_TIME = Metric("workers' processor", "us/delivery")
SERVER_TIME = Metric("server's processor", "us/delivery")
RECEIVER_TIME = Metric("receiver's processor", "us/delivery")


@dataclass(frozen=True, slots=True)
class Clocks:
    """The processor time that workers, server and receiver have had, in seconds."""

    workers: float
    server: float
    receiver: float

    @classmethod
    def read(cls, stage: Stage, crew: Crew, receiver: Receiver) -> Self:
        """Read them now."""
        return cls(crew.processor_seconds(), stage.server_seconds(), receiver.processor_seconds())

    def since(self, begun: Self, deliveries: int) -> Mapping[Metric, float]:
        """Return what each delivery has taken since these were read before."""
        spent = {
            WORKERS_TIME: self.workers - begun.workers,
            SERVER_TIME: self.server - begun.server,
            RECEIVER_TIME: self.receiver - begun.receiver,
        }
        return {metric: seconds / deliveries * 1e6 for metric, seconds in spent.items()}
