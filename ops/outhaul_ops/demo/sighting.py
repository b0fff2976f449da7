"""What can be seen of a run: in the ledger by its deliveries, at the vendors by their records."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from outhaul_ledger.flow import Waiting
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import State
from outhaul_ledger.record import EventRecord
from outhaul_ops.demo.scenario import Place, Standing
from outhaul_ops.simulators.record import Entry

UNFINISHED = (State.PENDING, State.LEASED)


@dataclass(frozen=True, slots=True)
class Sighting:
    """The deliveries at one moment, by place.

    `waiting` says of the pending ones why they wait, `notes` of others why they were skipped or what the vendor warned
    of.
    """

    standings: Mapping[Place, Standing]
    waiting: Mapping[Place, Waiting]
    notes: Mapping[Place, str]
    unrouted: int

    @property
    def settled(self) -> bool:
        """True when there is nothing left to do for the worker."""
        return not self.unrouted and not any(each.state in UNFINISHED for each in self.standings.values())

    def counts(self) -> dict[str, int]:
        """Count the deliveries by state, in the order of a delivery's life; events not yet routed come first."""
        counted = Counter(each.state for each in self.standings.values())
        states = {str(state): counted[state] for state in State if counted[state]}
        return {"not yet routed": self.unrouted, **states} if self.unrouted else states


@dataclass(frozen=True, slots=True)
class Result:
    """Everything a run is judged by.

    Args:
        repeated: the ids of lines whose receipt said that the event was known.
        dead_letters: what lay dead before the vendors were mended.
        sighting: the deliveries at the end.
        received: by destination, every request its vendor got.
    """

    repeated: tuple[str, ...]
    dead_letters: Mapping[Place, Standing]
    sighting: Sighting
    received: Mapping[str, tuple[Entry, ...]]


def look(ledger: Ledger, event_ids: Iterable[str]) -> Sighting:
    """Read how the deliveries of these events stand, one round trip an event.

    Raises:
        outhaul_ledger.errors.LedgerUnavailable: no answer in time.
    """
    records = [ledger.status(event_id) for event_id in event_ids]
    known = [record for record in records if record]
    return Sighting(
        standings={place: standing for record in known for place, standing in _standings(record)},
        waiting={place: reason for record in known for place, reason in _waiting(record)},
        notes={place: note for record in known for place, note in _notes(record)},
        unrouted=sum(record is None or not record.fanned_out for record in records),
    )


def _standings(record: EventRecord) -> list[tuple[Place, Standing]]:
    return [
        (Place(record.event_id, each.destination), Standing(each.state, each.attempts, each.status))
        for each in record.deliveries.values()
    ]


def _waiting(record: EventRecord) -> list[tuple[Place, Waiting]]:
    reasons = ((name, record.waiting_for(name)) for name in record.deliveries)
    return [(Place(record.event_id, name), reason) for name, reason in reasons if reason]


def _notes(record: EventRecord) -> list[tuple[Place, str]]:
    warnings = {name: log[-1].get("warnings", ()) for name, log in record.logs.items()}
    notes = [
        (name, each.reason if each.state is State.SKIPPED else "; ".join(warnings.get(name, ())))
        for name, each in record.deliveries.items()
    ]
    return [(Place(record.event_id, name), note) for name, note in notes if note]
