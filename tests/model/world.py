"""What is around the ledger: what drains remember, what endpoints have taken, and how much may still go wrong."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from model.snapshot import Snapshot

TAKEN, REFUSED, UNSURE = "taken", "refused", "unsure"

Pairs = tuple[tuple[str, str], ...]
"""(destination, event), sorted."""


class Held(NamedTuple):
    """A lease as its drain remembers it; `fate` is what the endpoint did with it, empty before it was sent."""

    destination: str
    event: str
    attempt: int
    tries: int
    duplicate: bool
    fate: str = ""


class Drain(NamedTuple):
    """A drain that runs. `closing`: an answer was lost, so it leases no more."""

    name: str
    closing: bool = False
    inbound: tuple[str, ...] = ()
    held: tuple[Held, ...] = ()

    @property
    def idle(self) -> bool:
        """True when it has nothing left to do."""
        return not self.inbound and not self.held


class Budget(NamedTuple):
    """How much may still go wrong or be interfered with, in one history.

    Args:
        crashes: drains that die.
        losses: answers of the ledger that do not arrive.
        wishes: an operator's pause, replay or discard.
        restarts: falls of the server back to what its disk has.
        cancels: events that their sender takes back.
    """

    crashes: int = 0
    losses: int = 0
    wishes: int = 0
    restarts: int = 0
    cancels: int = 0


@dataclass(frozen=True, slots=True)
class World:
    """Everything but the ledger.

    Args:
        offered: the events that were accepted, sorted.
        drains: those that run.
        taken: what an endpoint has taken, whether or not the ledger knows.
        marked: that of it which was sent as a possible duplicate.
        settled: what the ledger was told to be delivered.
        stopped: what a sender was told not to be tried any more.
        budget: what may still happen.
    """

    offered: tuple[str, ...] = ()
    drains: tuple[Drain, ...] = ()
    taken: Pairs = ()
    marked: Pairs = ()
    settled: Pairs = ()
    stopped: Pairs = ()
    budget: Budget = Budget()

    def with_drain(self, drain: Drain) -> "World":
        """The same with that drain as it is now."""
        return replace(self, drains=tuple(drain if each.name == drain.name else each for each in self.drains))

    def without_drain(self, name: str) -> "World":
        """The same without that drain."""
        return replace(self, drains=tuple(each for each in self.drains if each.name != name))

    def spending(self, what: str) -> "World":
        """The same with one of the budget's numbers lower by one."""
        return replace(self, budget=self.budget._replace(**{what: getattr(self.budget, what) - 1}))

    def can(self, what: str) -> bool:
        """True while that may still happen."""
        return bool(getattr(self.budget, what) > 0)


@dataclass(frozen=True, slots=True)
class Situation:
    """World and ledger at one moment, and what the server's disk has, where it may fall back to that."""

    world: World
    ledger: Snapshot
    durable: Snapshot = ()


def including(pairs: Pairs, *more: tuple[str, str]) -> Pairs:
    """Add to sorted pairs."""
    return tuple(sorted({*pairs, *more}))


def excluding(pairs: Pairs, one: tuple[str, str]) -> Pairs:
    """Take one out of sorted pairs."""
    return tuple(each for each in pairs if each != one)
