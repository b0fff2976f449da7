"""When which fault happens: decided by a seed before anything starts."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from outhaul_ops.chaos.faults.fault import Fault, Part

WARM_SECONDS = 3.0  # before the first fault
SOLO_PAUSE_SECONDS = 3.0  # between faults that come alone
MIXED_PAUSE_SECONDS = (0.4, 2.4)
BUSY_SPELL_SECONDS = 45.0  # of mixed faults, until there are none for so long that a stall would show:
CALM_SECONDS = 18.0


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault that will happen: from when to when, in seconds from the start, alone or among others.

    `seed` is what its choices come from.
    """

    fault: Fault
    at: float
    until: float
    seed: str
    alone: bool

    def draw(self) -> random.Random:
        """Return where its choices come from."""
        return random.Random(self.seed)


def make_plan(faults: Sequence[Fault], seed: int, duration: float) -> list[Planned]:
    """Plan a run: as many faults as fit into its first half alone, one after the other; then all mixed.

    Args:
        faults: the kinds that may happen.
        seed: decides everything.
        duration: seconds until the last fault is over.
    """
    draw = random.Random(seed)
    alone = _alone(faults, draw, duration / 2) if len(faults) > 1 else []
    begin = max((each.until for each in alone), default=0.0) + WARM_SECONDS
    return [*alone, *_mixed(faults, draw, begin, duration, Counter(each.fault.name for each in alone))]


def _alone(faults: Sequence[Fault], draw: random.Random, end: float) -> list[Planned]:
    found, at = [], WARM_SECONDS
    for fault in draw.sample(faults, len(faults)):
        planned = _planned(fault, draw, at, alone=True)
        if planned.until <= end:
            found.append(planned)
            at = planned.until + SOLO_PAUSE_SECONDS
    return found


def _mixed(
    faults: Sequence[Fault], draw: random.Random, at: float, end: float, counts: Counter[str]
) -> list[Planned]:
    found: list[Planned] = []
    free: dict[Part, float] = {}
    spell = at
    while at < end:
        if at - spell > BUSY_SPELL_SECONDS:
            at = spell = max(free.values(), default=at) + CALM_SECONDS
        fault = _least_used([each for each in faults if free.get(each.part, 0.0) <= at], draw, counts)
        if fault is not None:
            planned = _planned(fault, draw, at, alone=False)
            if planned.until <= end:
                found.append(planned)
                counts[fault.name] += 1
                free[fault.part] = planned.until + 0.5
        at += draw.uniform(*MIXED_PAUSE_SECONDS)
    return found


def _least_used(faults: Sequence[Fault], draw: random.Random, counts: Counter[str]) -> Fault | None:
    return min(faults, key=lambda each: (counts[each.name], draw.random()), default=None)


def _planned(fault: Fault, draw: random.Random, at: float, *, alone: bool) -> Planned:
    return Planned(fault, at, at + draw.uniform(*fault.seconds), f"{fault.name} {draw.getrandbits(32)}", alone)
