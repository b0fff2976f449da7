"""How the destinations stand, as the ledger sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from outhaul_ledger.flow import Flow, Waiting
from outhaul_ledger.record import DeliveryRecord


class KeptEntry(NamedTuple):
    """A dead letter or held delivery: `since` is when it became one (Unix ms, with a fraction)."""

    event_id: str
    since: float
    type: str
    delivery: DeliveryRecord


@dataclass(frozen=True, slots=True)
class WorkerStanding:
    """One worker: its name, its processes, whether it is about to end, and ms since it last beat."""

    worker: str
    slots: int
    stopping: bool
    silent_ms: int

    @classmethod
    def read(cls, now: int, name: bytes, packed: bytes) -> "WorkerStanding":
        """Read what the `workers` operation answers for one worker."""
        beat, slots, stopping = packed.split()
        return cls(name.decode(), int(slots), stopping == b"1", max(0, now - int(beat)))


@dataclass(frozen=True, slots=True)
class Standing:
    """One destination.

    `waiting` leaves out what is in flight; `behind` is how many of those wait for their turn in an order. `oldest_due`
    is Unix ms, None when nothing else waits.
    """

    destination: str
    waiting: int
    in_flight: int
    dead: int
    held: int
    oldest_due: int | None
    flow: Flow
    fanned: int
    delivered: int
    skipped: int
    cancelled: int
    behind: int = 0

    @property
    def paused(self) -> str:
        """Why it is paused, else empty."""
        return self.flow.paused

    def waiting_for(self, now: int) -> Waiting | None:
        """Say why what waits is not being attempted at `now` (Unix ms); None when nothing waits."""
        if self.oldest_due is None:
            return Waiting.ORDER if self.behind else None
        return self.flow.waiting(self.oldest_due, now)

    @property
    def balanced(self) -> bool:
        """True when every delivery that was ever made is accounted for."""
        return self.fanned == (
            self.waiting + self.in_flight + self.dead + self.held + self.delivered + self.skipped + self.cancelled
        )


@dataclass(frozen=True, slots=True)
class Survey:
    """All destinations, each as it stood at one moment; `now` (Unix ms) is the last of these."""

    now: int
    standings: dict[str, Standing]

    @classmethod
    def read(cls, pages: Sequence[list[Any]]) -> "Survey":
        """Build the survey from the pages that the `survey` operation answers."""
        standings = (_standing(row) for page in pages for row in page[2])
        return cls(pages[-1][0], {standing.destination: standing for standing in sorted(standings, key=_name)})


_COUNTERS = ("fanned", "delivered", "skipped", "cancelled")


def _name(standing: Standing) -> str:
    return standing.destination


def _standing(row: list[Any]) -> Standing:
    name, lane, in_flight, dead, held, due, pairs, described, behind = row
    settings = {field.decode(): value for field, value in zip(pairs[::2], pairs[1::2], strict=True)}
    fanned, delivered, skipped, cancelled = (int(settings.get(counter, 0)) for counter in _COUNTERS)
    where = (lane - in_flight, in_flight, dead, held, due if due >= 0 else None)
    return Standing(name.decode(), *where, Flow.read(described), fanned, delivered, skipped, cancelled, behind)
