"""When which fault happens: decided by a seed before anything starts."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from outhaul_ops.chaos.faults.fault import Fault, Part

WARM_SECONDS = 3.0  # before the first fault
SOLO_PAUSE_SECONDS = 0.5  # between faults that come alone; each also waits for the traces of the one before to go
PART_PAUSE_SECONDS = 0.5  # between two faults of one part
MIXED_PAUSE_SECONDS = (0.4, 2.4)
BUSY_SPELL_SECONDS = 45.0  # of mixed faults, until there are none for so long that a stall would show:
CALM_SECONDS = 18.0
REPLICATED_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Scene:
    """A part of a run, on a site of its own: which faults, for how many seconds, on what kind of server."""

    name: str
    faults: tuple[Fault, ...]
    duration: float
    replicated: bool


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


def make_scenes(faults: Sequence[Fault], duration: float) -> list[Scene]:
    """Divide a run: faults of a primary with replicas need a site of their own, and get a fifth of the time."""
    replicated = tuple(fault for fault in faults if fault.replicated or fault.any_site)
    single = tuple(fault for fault in faults if not fault.replicated)
    if not any(fault.replicated for fault in faults):
        return [Scene("single", single, duration, replicated=False)]
    if len(replicated) == len(faults):
        return [Scene("replicated", replicated, duration, replicated=True)]
    share = duration * REPLICATED_SHARE
    return [
        Scene("single", single, duration - share, replicated=False),
        Scene("replicated", replicated, share, replicated=True),
    ]


def make_plan(scene: Scene, seed: int) -> list[Planned]:
    """Plan a scene: each fault alone, one after the other, if that takes no more than half of it; then all mixed.

    Where replicas keep the ledger, only what needs them comes alone; the other scene has the rest.
    """
    draw = random.Random(f"{scene.name} {seed}")
    own = [fault for fault in scene.faults if fault.replicated is scene.replicated]
    alone = _alone(own, draw)
    if len(scene.faults) == 1 or alone[-1].until > scene.duration / 2:
        alone = []
    begin = alone[-1].until + SOLO_PAUSE_SECONDS if alone else WARM_SECONDS
    return [*alone, *_mixed(scene.faults, draw, begin, scene.duration)]


def _alone(faults: Sequence[Fault], draw: random.Random) -> list[Planned]:
    found, at = [], WARM_SECONDS
    for fault in draw.sample(faults, len(faults)):
        found.append(_planned(fault, draw, at, alone=True))
        at = found[-1].until + SOLO_PAUSE_SECONDS
    return found


def _mixed(faults: Sequence[Fault], draw: random.Random, at: float, end: float) -> list[Planned]:
    found: list[Planned] = []
    free: dict[Part, float] = {}
    counts: Counter[str] = Counter()
    spell = at
    while at < end:
        if at - spell > BUSY_SPELL_SECONDS:
            at = spell = max(free.values(), default=at) + CALM_SECONDS
        fault = _least_used([each for each in faults if free.get(each.part, 0.0) <= at], draw, counts)
        if fault is not None:
            planned = _planned(fault, draw, at, alone=len(faults) == 1)
            if planned.until <= end:
                found.append(planned)
                counts[fault.name] += 1
                free[fault.part] = planned.until + PART_PAUSE_SECONDS
        at += draw.uniform(*MIXED_PAUSE_SECONDS)
    return found


def _least_used(faults: Sequence[Fault], draw: random.Random, counts: Counter[str]) -> Fault | None:
    """Choose one of the least used faults of any part that is free."""
    if not faults:
        return None
    part = draw.choice(sorted({fault.part for fault in faults}))
    return min((each for each in faults if each.part is part), key=lambda each: (counts[each.name], draw.random()))


def _planned(fault: Fault, draw: random.Random, at: float, *, alone: bool) -> Planned:
    return Planned(fault, at, at + draw.uniform(*fault.seconds), f"{fault.name} {draw.getrandbits(32)}", alone)
