"""Replays that outlive whoever began them: how far one has got is kept in the ledger, and any process carries it on."""

from dataclasses import astuple, dataclass
from uuid import uuid4

import orjson

from outhaul_config.moments import PointInTime
from outhaul_ledger.dead_letters import PAGE, Page, Position, Reach, Selection, pairs, walk
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import State
from outhaul_ledger.scripting import Scripts

LEASE_MS = 10_000  # a step takes milliseconds; who has not ended it by then is gone
STEP = 200  # deliveries made due in one, some 2 ms of the server's time
_STEPS_PER_SECOND = 10


@dataclass(frozen=True, slots=True)
class ReplayJob:
    """A replay as far as it has got.

    Args:
        id: its name.
        selection: what it is for; its times are fixed.
        rate: most deliveries a second, None for as fast as it goes.
        opened_at: when it was begun, Unix ms of the server.
        cutoff: what died later is left out, Unix ms.
        ended_at: when it had gone through everything, or was stopped; 0 before.
        cancelled: whether it was stopped before it had gone through everything.
        replayed: deliveries made due again.
        gone: deliveries that meanwhile were neither dead nor held.
        position: where it goes on; None before the beginning and after the end.
    """

    id: str
    selection: Selection
    rate: float | None
    opened_at: int
    cutoff: int
    ended_at: int
    cancelled: bool
    replayed: int
    gone: int
    position: Position | None

    @property
    def reach(self) -> Reach:
        """The span of time it covers."""
        return self.selection.reach(self.cutoff)

    @classmethod
    def read(cls, job: str, pairs_read: list[bytes]) -> "ReplayJob":
        """Read the fields of a job."""
        fields = {name.decode(): value for name, value in zip(pairs_read[::2], pairs_read[1::2], strict=True)}
        return cls(
            id=job,
            selection=_selection(fields["selection"]),
            rate=float(fields["rate"]) if fields["rate"] else None,
            opened_at=int(fields["opened"]),
            cutoff=int(fields["cutoff"]),
            ended_at=int(fields["ended"]),
            cancelled="cancelled" in fields,
            replayed=int(fields["replayed"]),
            gone=int(fields["gone"]),
            position=Position(*orjson.loads(fields["position"])) if fields["position"] else None,
        )


class ReplayJobs(Scripts):
    """All replays of this kind. Thread-safe and fork-safe, as the ledger's client is."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger.client, ledger.namespace)
        self._ledger = ledger

    def open(self, selection: Selection, rate: float | None, *, name: str = "") -> ReplayJob:
        """Begin a replay, or find the one that was begun under the same name; returns at once.

        Args:
            selection: what to replay, of what is dead or held by now.
            rate: most deliveries a second, None for as fast as it goes.
            name: makes calling again safe; a new one is made where it is empty.
        """
        job = name or uuid4().hex
        self._run("open_job", job, _written(selection), "" if rate is None else repr(rate))
        found = self.read(job)
        if found is None:
            raise RuntimeError(f"the replay {job} expired within a moment: the retention is too short")
        return found

    def read(self, job: str) -> ReplayJob | None:
        """Read how far a replay is; None where there is none, or its retention is over."""
        fields = self._run("read_job", job)
        return ReplayJob.read(job, fields) if fields else None

    def cancel(self, job: str) -> ReplayJob | None:
        """Stop a replay and read how far it came; None where there is none, or its retention is over.

        What it has made due again stays so. One that has ended stays as it ended; calling again is safe.
        """
        fields = self._run("cancel_job", job, self._ledger.retention_ms)
        return ReplayJob.read(job, fields) if fields else None

    def carry_on(self) -> float | None:
        """Take one step of the replay that is due; returns the seconds until the next step, None when there is none."""
        token = uuid4().hex
        wait, *taken = self._run("take_job", token, LEASE_MS)
        if not taken:
            return None if wait < 0 else wait / 1000
        job = ReplayJob.read(taken[0].decode(), taken[1])
        page = self._next(job)
        wait_ms = len(page.entries) / job.rate * 1000 if job.rate else 0.0
        position = orjson.dumps(astuple(page.position)) if page.position else b""
        flat = [part for pair in pairs(page.entries) for part in pair]
        self._run("advance_job", job.id, token, position, wait_ms, self._ledger.retention_ms, *flat)
        return wait_ms / 1000

    def _next(self, job: ReplayJob) -> Page:
        """Return the deliveries of the next step, no more than the rate and the limit allow."""
        most = STEP if job.rate is None else min(STEP, max(1, int(job.rate / _STEPS_PER_SECOND)))
        limit = job.selection.limit
        left = None if limit is None else limit - job.replayed - job.gone
        size = most if left is None else min(most, left)
        page = walk(self._ledger, job.selection, job.reach, job.position or Position(), most=size, look=10 * PAGE)
        return Page(page.entries, None) if len(page.entries) == left else page


def _written(selection: Selection) -> bytes:
    since, until = (point and point.fixed for point in (selection.since, selection.until))
    names = (selection.destinations, selection.types, selection.reasons, selection.events)
    return orjson.dumps([selection.state, *names, since, until, selection.limit])


def _selection(written: bytes) -> Selection:
    state, *names, since, until, limit = orjson.loads(written)
    destinations, types, reasons, events = map(tuple, names)
    return Selection(State(state), destinations, types, reasons, events, _point(since), _point(until), limit)


def _point(milliseconds: float | None) -> PointInTime | None:
    return None if milliseconds is None else PointInTime(fixed=milliseconds)
