"""Replaying dead letters so that a replay that was cut short goes on where it was.

The ledger remembers the moment a replay began until it has gone through. Only what died by then is replayed: what the
replay itself sends and what dies again is later than that, so starting over repeats nothing and forgets nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from outhaul_ledger.dead_letters import PAGE, Reach, Selection, batches, pairs, reach_now
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.pacing import Pacer


@dataclass(frozen=True, slots=True)
class Begun:
    """A replay under way: what it is for, its cut-off (Unix ms), whether an earlier call had begun it."""

    selection: Selection
    cutoff: int
    resumed: bool

    @property
    def reach(self) -> Reach:
        """The span it covers; relative times count from the cut-off, so that resuming does not move them."""
        return self.selection.reach(self.cutoff)


@dataclass(frozen=True, slots=True)
class Step:
    """What one batch came to: deliveries made due again, and those that meanwhile were neither dead nor held."""

    replayed: int
    gone: int


def begin(ledger: Ledger, selection: Selection, *, restart: bool = False) -> Begun:
    """Begin a replay, or find the unfinished one with the same selection; `restart` forgets that one first."""
    if restart:
        ledger.close_replay(selection.digest())
    return Begun(selection, *ledger.open_replay(selection.digest()))


def carry_out(ledger: Ledger, begun: Begun, rate: float | None = None) -> Iterator[Step]:
    """Replay batch by batch, at most `rate` a second; finished only when the iterator has been exhausted."""
    pacer = Pacer(rate, PAGE)
    for batch in batches(ledger, begun.selection, begun.reach, most=pacer.batch):
        done = ledger.replay(pairs(batch))
        yield Step(sum(done), len(done) - sum(done))
        pacer.wait(len(batch))
    ledger.close_replay(begun.selection.digest())


def count_newer(ledger: Ledger, begun: Begun) -> int:
    """Count what the selection means by now but this replay leaves out because it died after the cut-off."""
    everything = replace(begun.selection, limit=None)
    today = reach_now(ledger, everything)
    newer = Reach(max(today.since, begun.cutoff + 0.001), today.until)
    return sum(map(len, batches(ledger, everything, newer)))
