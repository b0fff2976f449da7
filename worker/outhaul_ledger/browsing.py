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

    def has(self, delivery: DeliveryRecord) -> bool:
        """Say whether a delivery is in one of the states."""
        return not self.states or delivery.state in self.states


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


BEHIND = "\x7f"  # later than every destination's name, so that a place is behind all deliveries of its event


class Large(NamedTuple):
    """All deliveries of an event of which there are many, by destination, and the place behind them."""

    end: Place
    deliveries: list[Listed]


class Browsed(NamedTuple):
    """What `browse` answers: deliveries, and where the next page begins, None at the end."""

    deliveries: list[Listed]
    position: Place | None

    @classmethod
    def read(cls, answer: list[Any]) -> "Browsed":
        """Read the operation's answer."""
        complete, (at, event_id, destination), rows, _ = answer
        position = None if complete else Place(float(at), event_id.decode(), destination.decode())
        return cls([_listed(*row) for row in rows], position)

    def extended(self, large: Large, sought: Sought, *, after: Place, most: int) -> "Browsed":
        """Return the page with deliveries of the event that follows, up to `most`.

        Args:
            large: that event.
            sought: which of its deliveries.
            after: where the page began.
            most: deliveries on the page.
        """
        begun = after.destination if after.event_id == large.end.event_id else ""
        wanted = [one for one in large.deliveries if one.delivery.destination > begun and sought.has(one.delivery)]
        room = most - len(self.deliveries)
        position = wanted[room - 1].place if len(wanted) > room else large.end
        return Browsed(self.deliveries + wanted[:room], position)


def read_portions(end: Place, portions: list[list[Any]]) -> Large:
    """Read what `list_deliveries` answered, portion by portion, for the event at `end`."""
    fields = {name: packed for _, _, record in portions for name, packed in zip(record[::2], record[1::2], strict=True)}
    packed = {name[2:]: fields[name] for name in sorted(fields) if name.startswith(b"d:")}
    row = end.event_id.encode(), int(end.accepted_at), portions[0][0]
    return Large(end, [_listed(*row, name, each) for name, each in packed.items()])


def _listed(event_id: bytes, at: int, event_type: bytes, destination: bytes, packed: bytes) -> Listed:
    name = destination.decode()
    return Listed(event_id.decode(), at, event_type.decode(), DeliveryRecord.unpack(name, packed))
