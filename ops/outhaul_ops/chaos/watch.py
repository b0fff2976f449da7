"""Watching the ledger while the run lasts: what is due and nobody's, and how long recovering from each fault takes."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, cast

import redis

from outhaul_config import keys
from outhaul_ledger.errors import LedgerUnavailable
from outhaul_ledger.flow import Waiting
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.survey import Standing

STALL_SECONDS = 15.0
SILENCE_MS = 1500  # a drain that has not beaten for so long is not at work
PROMPT_MS = 1000  # what is due longer than this is not taken up as it should be
SETTLED_SECONDS = 2.0  # the ledger must look well for so long, as it takes a moment until a dead drain is a silent one
EVERY_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Recovering:
    """A fault that is over, since a moment of the monotonic clock, and whose traces are not."""

    fault: str
    alone: bool
    since: float


class Recovered(NamedTuple):
    """How long it took until the traces of a fault were gone; `alone` tells that no other came with it."""

    fault: str
    alone: bool
    seconds: float


@dataclass
class Watch:
    """Samples the ledger. `stalled` names what was due for too long without an owner and without a reason.

    `patience` is how long is too long, in seconds, counted from the last disturbance at the earliest.
    """

    ledger: Ledger
    patience: float = STALL_SECONDS
    stalled: set[str] = field(default_factory=set)
    recovered: list[Recovered] = field(default_factory=list)
    _healthy_since: float = field(default_factory=time.monotonic)
    _recovering: list[Recovering] = field(default_factory=list)
    _well_since: float | None = None
    _next: float = 0.0

    def disturb(self) -> None:
        """Note that from now on it may take a while until what is due is taken up."""
        self._healthy_since = time.monotonic()

    def fault_over(self, fault: str, *, alone: bool) -> None:
        """Begin to measure how long the traces of a fault last."""
        self._recovering.append(Recovering(fault, alone, time.monotonic()))

    @property
    def well(self) -> bool:
        """True when all that was due at the last look had been taken up, and no dead drain had leases."""
        return self._well_since is not None

    @property
    def unrecovered(self) -> list[str]:
        """The faults whose traces are still there."""
        return [each.fault for each in self._recovering]

    def sample(self) -> None:
        """Look, if it is time to."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + EVERY_SECONDS
        try:
            self._look(now)
        except (LedgerUnavailable, redis.RedisError):
            self._well_since = None
            self.disturb()

    def _look(self, now: float) -> None:
        overdue = dict(self._overdue())
        healthy_ms = (now - self._healthy_since) * 1000
        for what, since_ms in overdue.items():
            if min(since_ms, healthy_ms) > self.patience * 1000 and not self._excused(what):
                self.stalled.add(what)
        self._note_recoveries(now, max(overdue.values(), default=0.0))

    def _note_recoveries(self, now: float, oldest_ms: float) -> None:
        if oldest_ms > PROMPT_MS or self.orphaned():
            self._well_since = None
            return
        if self._well_since is None:
            self._well_since = now
        for each in tuple(self._recovering):
            well_since = max(self._well_since, each.since)
            if now - well_since > SETTLED_SECONDS:
                self._recovering.remove(each)
                self.recovered.append(Recovered(each.fault, each.alone, round(well_since - each.since, 2)))

    def _overdue(self) -> Iterator[tuple[str, float]]:
        """Yield what is due and leased by nobody, with how long it has been, ms."""
        survey = self.ledger.survey()
        for name, standing in survey.standings.items():
            if standing.oldest_due is not None and _waits_for_nobody(standing, survey.now):
                yield name, survey.now - standing.oldest_due
            ended = self._first_score(f"{keys.stem('inflight', self.ledger.namespace)}{name}")
            if ended is not None:
                yield f"{name} (leased)", survey.now - ended
        yield from self._unrouted(survey.now)

    def _unrouted(self, now: int) -> Iterator[tuple[str, float]]:
        namespace = self.ledger.namespace
        for event_id in cast("list[bytes]", self.ledger.client.zrange(keys.stem("inbox", namespace), 0, 0)):
            leased = self.ledger.client.zscore(keys.stem("routing", namespace), event_id)
            record = self.ledger.status(event_id.decode())
            if leased is not None:
                yield "inbox (leased)", now - leased
            elif record is not None:
                yield "inbox", now - record.accepted_at

    def _excused(self, what: str) -> bool:
        """True when the oldest delivery of a lane says itself why it waits."""
        if what.startswith("inbox") or what.endswith("(leased)"):
            return False
        lane = f"{keys.stem('lane', self.ledger.namespace)}{what}"
        for event_id in cast("list[bytes]", self.ledger.client.zrange(lane, 0, 99)):
            record = self.ledger.status(event_id.decode())
            if record is not None and record.waiting_for(what) is Waiting.DUE:
                return False
        return True

    def _first_score(self, name: str) -> float | None:
        head = self.ledger.client.zrange(name, 0, 0, withscores=True)
        return float(head[0][1]) if head else None

    def orphaned(self) -> bool:
        """True while a drain that does not beat still has leases."""
        client, namespace = self.ledger.client, self.ledger.namespace
        seconds, micros = client.time()
        before = seconds * 1000 + micros / 1000 - SILENCE_MS
        silent = cast("list[bytes]", client.zrangebyscore(keys.stem("drains", namespace), "-inf", before))
        stem = keys.stem("leases", namespace)
        return any(client.scard(f"{stem}{drain.decode()}") for drain in silent)


def _waits_for_nobody(standing: Standing, now: int) -> bool:
    full = standing.flow.limit is not None and standing.in_flight >= standing.flow.limit
    return not full and standing.waiting_for(now) in (Waiting.DUE, Waiting.BACKOFF)
