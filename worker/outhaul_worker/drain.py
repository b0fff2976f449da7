"""A drain: one loop that routes what came in, leases what is due, keeps many attempts in flight, and settles them.

It goes on until nothing is due, its time slice is over, or it is asked to stop; then it finishes what is in flight.
While the ledger works at one of its calls it starts the attempts it has leased before, and takes answers.
"""

import math
import os
import random
import time
from collections import deque
from collections.abc import Hashable, Sequence
from typing import Protocol
from uuid import uuid4

from outhaul_ledger.doorbell import Doorbell
from outhaul_ledger.errors import LedgerUnavailable
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Lease, Settlement, State
from outhaul_worker.attempt import Attempt, StageFailed, Target, abandon, conclude, prepare
from outhaul_worker.attempt_log import AttemptLog
from outhaul_worker.exchange import Answer
from outhaul_worker.fanning import FanOut
from outhaul_worker.places import Places, Room
from outhaul_worker.routing import Router
from outhaul_worker.transports.contract import Transport

# Then Celery gets its process back. Seldom, as a drain that ends waits for its slowest request; jittered, so that they
# do not all end together.
SLICE_SECONDS = (480.0, 720.0)
# So many that calls are few, and so few that the server is back within some 4 ms. Fewer of slow lanes: their attempts
# mostly open connections, and whoever is quick must not wait until many of them have.
LEASE_COUNTS = Room(quick=320, slow=128)
SETTLE_COUNT = 256
# The most that outcomes and their destinations cost in one call, an outcome 1: another destination takes the server
# longer than another outcome of the same, and many that fail do so together, each moving breaker and limit.
SETTLE_COST = 320
LANE_COST = 4
FAILING_COST = 21
SETTLE_SECONDS = 0.005
LISTEN_SECONDS = 0.002  # for less of a wait it is not worth the call
POLL_SECONDS = 0.05  # how long new work may go unseen while all that is in flight hangs
AT_ONCE_SECONDS = 0.001
LINGER_MS = 50  # a lane due within this time is worth waiting for
UNCONFIGURED_DELAY_MS = 60_000
SPARE_COUNT = 160  # leased attempts that are kept back for the time in which the ledger leases more
BUSY_COUNT = 16  # leases at once, and answers come thick and fast
MEANWHILE_SECONDS = 0.001
LAUNCH_COUNT = 16  # attempts that are started before the drain looks whether the ledger has answered
OUTAGE_PAUSE_SECONDS = 0.25
OUTAGE_PATIENCE_SECONDS = 30.0  # how long a stopping drain tries to settle while the ledger is away


class Targets(Protocol):
    """Where a drain finds the destinations that it has leased deliveries of."""

    def get(self, name: str, /) -> Target | None:
        """Return the target of this name, None where this process knows none."""
        ...


class Drain:
    """One drain: `worker` is the worker whose stop it obeys, `window` the most attempts it keeps in flight
    to lanes that answer quickly, and likewise to all others. With nothing left to do it stays for `linger` seconds,
    as work that comes in then has no other way to go than to it."""

    def __init__(
        self,
        ledger: Ledger,
        transport: Transport,
        targets: Targets,
        router: Router,
        log: AttemptLog,
        *,
        worker: str,
        window: int,
        lease_ms: int,
        linger: float = 0.0,
    ) -> None:
        # Short, because it is part of every packed delivery: one of over 64 bytes costs the server twice the memory.
        self.name = uuid4().hex[:12]
        self._ledger, self._transport, self._targets = ledger.attended(self._serve), transport, targets
        self._bell = Doorbell(ledger, self.name)
        self._fan_out, self._log = FanOut(self._ledger, self.name, router), log
        self._events = router.events
        self._worker, self._lease_ms, self._linger = worker, lease_ms, linger
        self._draw = random.Random()
        self._parent = os.getppid()
        self._until = time.monotonic() + self._draw.uniform(*SLICE_SECONDS)
        self._flying = Places(window)
        self._ready: deque[Lease] = deque()
        self._launched = 0
        self._settlements: list[Settlement] = []
        # Half of a small window, so that the other half is busy meanwhile.
        self._settle_count = max(1, min(SETTLE_COUNT, window // 2))
        self._settle_at = self._look_at = 0.0
        self._settled = True
        self._busy = False
        self._closing = False
        self._give_up_at = math.inf
        self._work_expected = True
        self._clock_offset = 0.0

    def run(self) -> None:
        """Work until nothing was to be done for a while or it is time to stop; what was leased is settled by then.

        Raises:
            LedgerUnavailable: the ledger went away and did not come back while the drain had to end.
        """
        self._ledger.begin(self.name)
        try:
            self._work()
            while self._lingered():
                self._work()
        finally:
            self._bell.close()
        self._ledger.retire(self.name)

    def stop(self) -> None:
        """Lease no more, finish what is in flight, and end even if the ledger is away. Signal handlers may call it."""
        self._closing = True
        self._give_up_at = min(self._give_up_at, time.monotonic() + OUTAGE_PATIENCE_SECONDS)

    def _lingered(self) -> bool:
        """Wait for more work; True when there is some."""
        if self._closing or not self._linger:
            return False
        try:
            self._bell.listen(self._linger)
            self._work_expected, self._look_at = self._bell.wait(), 0.0
        except LedgerUnavailable:
            return False
        return self._work_expected

    def _work(self) -> None:
        while self._ready or self._flying or self._settlements or (self._work_expected and not self._closing):
            self._turn()

    def _turn(self) -> None:
        if os.getppid() != self._parent:
            self.stop()
        self._closing = self._closing or time.monotonic() > self._until
        try:
            self._collect()
            self._settle()
            self._look()
        except LedgerUnavailable:
            # The answer that was lost may have carried leases. Only a drain that has ended gives up what it never saw.
            self._closing = True
            if time.monotonic() > self._give_up_at:
                raise
            time.sleep(OUTAGE_PAUSE_SECONDS)

    def _collect(self) -> None:
        patience = self._patience()
        # Only with room for whatever it may be rung for: else no other drain would be sent for what this one cannot do.
        if patience > LISTEN_SECONDS and self._linger and all(self._room()):
            self._bell.listen(self._linger)
        # One that waits for what hangs is rung for as well.
        bell = self._bell.descriptor
        rung_already = self._bell.listening and bell is None
        self._hear(self._transport.completed(0.0 if rung_already else patience, bell))
        if self._bell.listening and self._bell.heard():
            self._work_expected, self._look_at, self._settled = True, 0.0, True  # there is room without settling

    def _serve(self) -> bool:
        """While the ledger works at a call, start attempts and take answers; False when there are none."""
        if self._ready:
            for _ in range(min(len(self._ready), LAUNCH_COUNT)):
                self._launch(self._ready.popleft())
            return True
        # Where many answers are near, a moment of waiting brings more of them at once, and the server its turn.
        soon = MEANWHILE_SECONDS if self._busy else 0.0
        return bool(self._flying) and self._hear(self._transport.completed(soon))

    def _hear(self, answers: Sequence[tuple[Hashable, Answer]]) -> bool:
        for key, answer in answers:
            attempt = self._flying.leave(key)
            if attempt is None:
                continue  # an answer to a drain that died; what it had leased is recovered
            self._conclude(conclude(attempt, answer, self._log, now=self._now(), draw=self._draw))
        return bool(answers)

    def _patience(self) -> float:
        if self._ready or not self._flying:
            return 0.0
        moment = self._settle_at if self._settlements else self._look_at
        return min(max(moment - time.monotonic(), 0.0), POLL_SECONDS)

    def _conclude(self, settlement: Settlement) -> None:
        if not self._settlements:
            self._settle_at = time.monotonic() + SETTLE_SECONDS
        self._settlements.append(settlement)

    def _settle(self) -> None:
        idle = not self._flying and not self._ready
        due = len(self._settlements) >= self._settle_count or idle or time.monotonic() >= self._settle_at
        if self._settlements and due:
            left = len(self._settlements)
            while left > 0:
                portion = _portion(self._settlements)
                self._ledger.settle(self.name, portion)
                del self._settlements[: len(portion)]  # more may have come meanwhile
                left -= len(portion)
            self._settled, self._look_at = True, 0.0
            self._settle_at = time.monotonic() + SETTLE_SECONDS

    def _look(self) -> None:
        # Not before the next settling, which makes room; else each look would find room for one or two.
        if time.monotonic() < self._look_at or (self._settlements and not self._settled):
            self._launch_down_to(0)
            return
        self._settled = False
        backlog = not self._closing and self._fan_out.step()
        # Once it ends, as it does when the ledger goes away, nothing that is leased may wait for a call.
        self._launch_down_to(0 if self._closing else SPARE_COUNT)
        hanging = self._flying.overstayers(time.monotonic())
        room = self._room()
        leased = self._ledger.lease(
            self.name, self._worker, sum(room), self._lease_ms, quick=room.quick, slow=room.slow, hanging=hanging
        )
        self._clock_offset = leased.now / 1000 - time.monotonic()
        if leased.stopping:
            self.stop()
        self._ready.extend(leased.leases)
        self._busy = len(leased.leases) >= BUSY_COUNT
        self._plan(leased.wait_ms, full=backlog or (leased.wait_ms == 0 and bool(leased.leases)))

    def _plan(self, wait_ms: int, *, full: bool) -> None:
        """Decide when to look for work again, and whether there is any to wait for."""
        self._work_expected = full or 0 <= wait_ms <= LINGER_MS
        pause = min(wait_ms / 1000, POLL_SECONDS) if wait_ms > 0 else POLL_SECONDS
        busy = self._flying or self._ready
        if wait_ms == 0 and not busy:
            pause = AT_ONCE_SECONDS
        self._look_at = time.monotonic() + (0.0 if full else pause)
        if self._work_expected and not busy and not full:
            time.sleep(pause)

    def _room(self) -> Room:
        if self._closing:
            return Room(0, 0)
        slow = sum(lease.slow for lease in self._ready)
        free = self._flying.room()
        taken = Room(len(self._ready) - slow, slow)
        return Room(
            *(
                max(0, min(places - spoken_for, most))
                for places, spoken_for, most in zip(free, taken, LEASE_COUNTS, strict=True)
            )
        )

    def _launch_down_to(self, spare: int) -> None:
        while len(self._ready) > spare:
            self._launch(self._ready.popleft())

    def _launch(self, lease: Lease) -> None:
        target = self._targets.get(lease.destination)
        if target is None:
            self._conclude(_unconfigured(lease))
            return
        attempt = Attempt(lease, target, self._now())
        try:
            attempt = prepare(attempt, self._events)
        except StageFailed as failure:
            self._conclude(abandon(attempt, failure.decision, self._log))
            return
        assert attempt.request is not None  # noqa: S101 - prepare has made it
        self._launched += 1
        key = (self.name, self._launched)  # unlike any of another drain, as the transport outlives drains
        self._flying.take(key, attempt, time.monotonic())
        self._transport.submit(key, attempt.request)

    def _now(self) -> float:
        """Return the ledger's clock, Unix seconds."""
        return self._clock_offset + time.monotonic()


def _portion(settlements: Sequence[Settlement]) -> Sequence[Settlement]:
    """Take what is settled in one call."""
    destinations: set[str] = set()
    failing: set[str] = set()
    for number, one in enumerate(settlements[:SETTLE_COUNT]):
        destinations.add(one.destination)
        if one.state is not State.DELIVERED:
            failing.add(one.destination)
        if number + 1 + LANE_COST * len(destinations) + FAILING_COST * len(failing) > SETTLE_COST:
            return settlements[:number]
    return settlements[:SETTLE_COUNT]


def _unconfigured(lease: Lease) -> Settlement:
    return Settlement(
        lease.destination,
        lease.event_id,
        lease.attempt,
        State.PENDING,
        reason="destination is not configured in this worker",
        delay_ms=UNCONFIGURED_DELAY_MS,
        burned=False,  # nor has it a line in the log, as it would get one each minute
    )
