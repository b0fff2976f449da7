"""Looking through all deliveries there are, page by page, in an order that holds still."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from outhaul_ledger.model import State
from outhaul_ledger.record import DeliveryRecord


@dataclass(frozen=True, slots=True)
class Sought:
    """Which deliveries: of events accepted from `since` to `until` (Unix ms); what is left empty restricts nothing."""

    since: float
    until: float
    destination: str = ""
    states: tuple[State, ...] = ()


class Place(NamedTuple):
    """A delivery's place: when its event was accepted (Unix ms), the event, the destination."""

    accepted_at: float
    event_id: str
    destination: str


class Listed(NamedTuple):
    """A delivery of a page."""

    event_id: str
    accepted_at: int
    type: str
    delivery: DeliveryRecord

    @property
    def place(self) -> Place:
        """Where it stands in the order."""
        return Place(self.accepted_at, self.event_id, self.delivery.destination)


class Browsed(NamedTuple):
    """What `browse` answers: deliveries, and where the next page begins, None at the end."""

    deliveries: list[Listed]
    position: Place | None

    @classmethod
    def read(cls, answer: list[Any]) -> "Browsed":
        """Read the operation's answer."""
        complete, (at, event_id, destination), rows = answer
        position = None if complete else Place(float(at), event_id.decode(), destination.decode())
        return cls([_listed(*row) for row in rows], position)


def _listed(event_id: bytes, at: int, event_type: bytes, destination: bytes, packed: bytes) -> Listed:
    name = destination.decode()
    return Listed(event_id.decode(), at, event_type.decode(), DeliveryRecord.unpack(name, packed))
