"""What a fault is."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from outhaul_ops.chaos.site import Site

Lift = Callable[[], bool | None]
"""Ends a fault; False says that it never came to it."""
Strike = Callable[[Site, random.Random], Lift]


class Part(StrEnum):
    """What a fault happens to; two faults never happen to one part at the same time."""

    WORKERS = "workers"
    PRODUCERS = "producers"
    OPERATOR = "operator"
    LEDGER = "ledger"
    BROKER = "broker"
    ENDPOINTS = "endpoints"


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault. `strike` makes it happen and returns what ends it.

    Args:
        name: what it is asked for by.
        part: what it happens to.
        summary: what it does, for people.
        seconds: the shortest and the longest it lasts.
        strike: makes it happen; what it returns is called when it is over.
        replicated: True where it needs a primary with replicas and Sentinels instead of a server behind a proxy.
    """

    name: str
    part: Part
    summary: str
    seconds: tuple[float, float]
    strike: Strike
    replicated: bool = False

    @property
    def any_site(self) -> bool:
        """True where it does not matter what kind of server keeps the ledger."""
        return self.part is not Part.LEDGER

    @property
    def disturbs(self) -> bool:
        """True where due work may legitimately wait while it lasts."""
        return self.part not in (Part.PRODUCERS, Part.OPERATOR, Part.ENDPOINTS)


def nothing() -> None:
    """End what is over by itself."""
