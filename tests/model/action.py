"""How large a world is, and what a step in it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from model.world import Situation, World
from outhaul_config.policy import Policy
from outhaul_ledger.ledger import Ledger


class Violation(AssertionError):
    """A promise that does not hold."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large the world is.

    Args:
        events: that can be accepted.
        destinations: that each of them goes to.
        drains: that run at a time.
        batch: the most deliveries leased in one call.
        fates: what endpoints do.
        order: what the deliveries of a destination have in common that must keep their order, as `Route` has it.
        policy: what holds the destinations' deliveries back, None for nothing.
        expires_ms: how long after its fan-out an event is wanted, 0 for ever.
    """

    events: tuple[str, ...]
    destinations: tuple[str, ...]
    drains: int
    batch: int
    fates: tuple[str, ...]
    order: str = ""
    policy: Policy | None = None
    expires_ms: int = 0


class Action(NamedTuple):
    """One thing that can happen. `fair`: it happens by itself sooner or later while it can.

    `call` does it on the ledger and returns the world after; `jump` does it without the ledger. `synced`: the server's
    disk has it when it answers, and all that came before.
    """

    label: str
    fair: bool
    call: Callable[[Ledger], World] | None = None
    jump: Callable[[], Situation] | None = None
    synced: bool = False


def expect(holds: bool, what: str) -> None:
    """Raise a violation unless it holds."""
    if not holds:
        raise Violation(what)
