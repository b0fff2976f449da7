"""A chaos run from beginning to end: start, load, faults, rest, and the comparison of the books."""

import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import redis

from outhaul_config import keys
from outhaul_ledger.errors import LedgerUnavailable
from outhaul_ops.chaos.books import Books, Evidence, LedgerBook, reconcile
from outhaul_ops.chaos.faults.fault import Fault, Lift
from outhaul_ops.chaos.journal import read_arrivals, read_handed
from outhaul_ops.chaos.plan import Planned, Scene, make_plan, make_scenes
from outhaul_ops.chaos.site import WORKER_APP, Load, Site, open_site
from outhaul_ops.chaos.watch import Watch
from outhaul_ops.interruption import Interruption

START_SECONDS = 60.0
PRODUCER_END_SECONDS = 15.0
REST_SECONDS = 120.0
TICK_SECONDS = 0.05
HOLD_SECONDS = 20.0  # a fault that is to come alone waits so long for the traces of the one before to go

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Trial:
    """What is asked for: for how long (seconds), by which seed, which faults, under which load, on what server."""

    duration: float
    seed: int
    faults: Sequence[Fault]
    load: Load = Load()
    appendfsync: Literal["always", "everysec"] = "everysec"
    worker_app: str = WORKER_APP


@dataclass(slots=True)
class Tally:
    """How often a fault happened, and the seconds until its traces were gone: after it came alone, or among others."""

    count: int = 0
    alone: list[float] = field(default_factory=list)
    mixed: list[float] = field(default_factory=list)

    @property
    def times(self) -> list[float]:
        """All of them."""
        return [*self.alone, *self.mixed]

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.count + other.count, self.alone + other.alone, self.mixed + other.mixed)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scene came to. `findings` are the broken promises, in words; without any it has passed."""

    books: Books
    faults: dict[str, Tally]
    points: Counter[str]
    stalled: tuple[str, ...]
    findings: tuple[str, ...]

    def __add__(self, other: "Outcome") -> "Outcome":
        faults = {name: self.faults.get(name, Tally()) + tally for name, tally in other.faults.items()}
        return Outcome(
            self.books + other.books,
            self.faults | faults,
            self.points + other.points,
            self.stalled + other.stalled,
            self.findings + other.findings,
        )


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to."""

    trial: Trial
    outcome: Outcome

    @property
    def passed(self) -> bool:
        """True when every promise held."""
        return not self.outcome.findings


@dataclass
class _Under:
    """A fault that lasts."""

    planned: Planned
    lift: Lift


@dataclass
class _Clock:
    """Seconds since its start, less those it was stopped for; `stopped` is for how long that was."""

    stopped: float = 0.0
    _begun: float = field(default_factory=time.monotonic)

    @property
    def now(self) -> float:
        return time.monotonic() - self._begun

    def stop(self, meanwhile: Callable[[], None]) -> None:
        before = self.now
        meanwhile()
        passed = self.now - before
        self._begun += passed
        self.stopped += passed


class Run:
    """One scene over a site that has been started."""

    def __init__(self, scene: Scene, seed: int, site: Site, interruption: Interruption, say: Say) -> None:
        self._scene, self._seed, self._site = scene, seed, site
        self._interruption, self._say = interruption, say
        self._watch = Watch(site.ledger())
        self._under: list[_Under] = []
        self._tallies = {fault.name: Tally() for fault in scene.faults}

    def carry_out(self) -> Outcome:
        """Do everything.

        Raises:
            RuntimeError: the workers did not come up, or the process with the endpoints has ended.
            KeyboardInterrupt: there was a signal.
        """
        self._until(self._workers_are_there, START_SECONDS, "the workers did not come up")
        self._say("workers are up; faults begin")
        self._suffer(make_plan(self._scene, self._seed))
        self._say("faults are over; producers end")
        rested = self._come_to_rest()
        self._say("comparing the books")
        return self._conclude(rested)

    def _suffer(self, plan: Sequence[Planned]) -> None:
        waiting = deque(sorted(plan, key=lambda each: each.at))
        clock = _Clock()
        while clock.now < self._scene.duration or waiting or self._under:
            # What is over ends first, however late this loop may be: two faults must not meet on one part.
            for each in [each for each in self._under if each.planned.until <= clock.now]:
                self._lift(each)
            if not waiting or waiting[0].at > clock.now:
                self._tick()
            elif waiting[0].alone and self._watch.unrecovered and clock.stopped < HOLD_SECONDS:
                clock.stop(self._tick)
            else:
                clock.stopped = 0.0
                self._strike(waiting.popleft())

    def _strike(self, planned: Planned) -> None:
        self._say(f"{planned.at:6.1f} s  {planned.fault.name}, {planned.until - planned.at:.1f} s")
        self._under.append(_Under(planned, planned.fault.strike(self._site, planned.draw())))

    def _lift(self, under: _Under) -> None:
        self._under.remove(under)
        fault = under.planned.fault
        if under.lift() is False:
            return
        self._tallies[fault.name].count += 1
        self._watch.fault_over(fault.name, alone=under.planned.alone)
        if fault.disturbs:
            self._watch.disturb()

    def _tick(self) -> None:
        started = self._site.supervise()
        if started or any(each.planned.fault.disturbs for each in self._under):
            self._watch.disturb()
        self._watch.sample()
        self._interruption.pause(TICK_SECONDS)

    def _until(self, holds: Callable[[], bool], seconds: float, otherwise: str = "") -> bool:
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                if otherwise:
                    raise RuntimeError(f"{otherwise} within {seconds:g} s; their logs are in {self._site.folder}")
                return False
            self._tick()
        return True

    def _workers_are_there(self) -> bool:
        known = self._site.ledger().workers()
        return all(any(name.endswith(f":{each.pid}") for name in known) for each in self._site.workers)

    def _come_to_rest(self) -> bool:
        """Let producers finish and all that is due be done; False where it was not within two minutes."""
        for producer in self._site.producers.values():
            producer.retire(signal.SIGTERM)
        self._until(lambda: not any(each.alive for each in self._site.producers.values()), PRODUCER_END_SECONDS)
        for producer in self._site.producers.values():
            producer.end()
        return self._until(self._at_rest, REST_SECONDS)

    def _at_rest(self) -> bool:
        try:
            ledger = self._site.ledger()
            standings = ledger.survey().standings.values()
            busy = any(each.waiting or each.in_flight for each in standings)
            if any(each.behind and each.dead for each in standings) and not self._site.mender.alive:
                self._site.mender.start()
            accepted = ledger.client.zcard(keys.stem("inbox", ledger.namespace))
        except (LedgerUnavailable, redis.RedisError):
            return False
        whole = self._site.replicated is None or self._site.replicated.whole()
        return whole and not busy and not accepted and not self._replaying() and not self._watch.unrecovered

    def _replaying(self) -> bool:
        return self._site.operator.alive or self._site.mender.alive

    def _conclude(self, rested: bool) -> Outcome:
        books = reconcile(self._evidence())
        for each in self._watch.recovered:
            tally = self._tallies[each.fault]
            (tally.alone if each.alone else tally.mixed).append(each.seconds)
        stalled = tuple(sorted(self._watch.stalled))
        findings = [
            *books.findings,
            *(f"{what}: was due for over 15 s, had no owner, and no reason is given" for what in stalled),
            *([] if rested else [f"there was no rest within {REST_SECONDS:g} s after the last fault"]),
            *self._site.complaints(),
        ]
        points = Counter(self._site.points.reached())
        return Outcome(books, self._tallies, points, stalled, tuple(findings))

    def _evidence(self) -> Evidence:
        site = self._site
        handed = {
            event_id: each
            for name in site.producers
            for event_id, each in read_handed(site.journal(name), durable=name in site.durable).items()
        }
        return Evidence(handed, read_arrivals(site.arrivals), _read_ledger(site), site.crashes)


def _read_ledger(site: Site) -> LedgerBook:
    ledger = site.ledger()
    stem = keys.stem("record", ledger.namespace)
    names = (name.decode().removeprefix(stem) for name in ledger.client.scan_iter(f"{stem}*", count=1000))
    records = ((event_id, ledger.status(event_id)) for event_id in set(names))
    return LedgerBook({event_id: record for event_id, record in records if record}, ledger.survey())


def carry_out(trial: Trial, folder: Path, interruption: Interruption, say: Say) -> Result:
    """Run a trial in an empty folder. What it started is gone when this returns, however it returns.

    Raises:
        ServerMissing: there is no server program.
        RuntimeError: something did not start.
        KeyboardInterrupt: there was a signal.
    """
    outcomes = []
    for scene in make_scenes(trial.faults, trial.duration):
        here = folder / scene.name
        here.mkdir()
        say(f"scene {scene.name}, {scene.duration:.0f} s")
        with open_site(
            here,
            trial.load,
            trial.seed,
            replicated=scene.replicated,
            appendfsync=trial.appendfsync,
            worker_app=trial.worker_app,
        ) as site:
            outcomes.append(Run(scene, trial.seed, site, interruption, say).carry_out())
    first, *others = outcomes
    return Result(trial, sum(others, first))
