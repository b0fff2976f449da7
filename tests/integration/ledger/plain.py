"""What the ledger should do, as a plain Python model. Time is counted in ticks, each longer than a drain's silence."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from integration.ledger.books import Books
from outhaul_ledger.ledger import ATTEMPT_LINES, POISON
from outhaul_ledger.model import Acceptance, Lease, Route, Settlement, State, Stopped, Submission

TICK_MS = 20_000
LONG_AGO = -1_000_000
_ENDED = (State.DELIVERED, State.SKIPPED, State.CANCELLED)
_KEPT = (State.DEAD, State.HELD)


@dataclass
class PlainDelivery:
    """One delivery; `due` is a tick: of the retry, or of the lease's end.

    `key` names the order it has a place in, empty when it has none; `parked` means that it waits for its turn there.
    """

    destination: str
    event_id: str
    due: int
    state: State = State.PENDING
    attempts: int = 0
    tries: int = 0
    lost: int = 0
    drain: str = ""
    duplicate: bool = False
    since: int = LONG_AGO
    lines: int = 0
    key: str = ""
    patience: int = 10**6
    parked: bool = False
    taken_back: bool = False

    def log(self) -> None:
        """Note that a line was added to the attempt log."""
        self.lines = min(self.lines + 1, ATTEMPT_LINES)


@dataclass
class PlainLedger:
    """The model. Its methods say what the ledger is to answer."""

    tick: int = 0
    accepted: int = 0
    submissions: dict[str, Submission] = field(default_factory=dict)
    inbox: dict[str, int] = field(default_factory=dict)
    routing: set[str] = field(default_factory=set)
    inbox_leases: dict[str, set[str]] = field(default_factory=dict)
    sequence: dict[str, int] = field(default_factory=dict)
    expires: dict[str, int] = field(default_factory=dict)
    deliveries: dict[tuple[str, str], PlainDelivery] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)
    tally: Counter[tuple[str, str]] = field(default_factory=Counter)
    beats: dict[str, int] = field(default_factory=dict)

    def accept(self, submission: Submission) -> Acceptance:
        """Store an event whose id is new."""
        known = self.submissions.setdefault(submission.event_id, submission)
        if known is submission:
            self.inbox[submission.event_id] = self.tick
            self.accepted += 1
            self.sequence[submission.event_id] = self.accepted
            return Acceptance.ACCEPTED
        return Acceptance.DUPLICATE if known.digest == submission.digest else Acceptance.CONFLICT

    def due_inbox(self) -> set[str]:
        """Events that may be leased for routing."""
        return {event_id for event_id, due in self.inbox.items() if due <= self.tick}

    def lease_inbox(self, drain: str, event_ids: Sequence[str], ticks: int) -> None:
        """Take events for routing."""
        self.beats[drain] = self.tick
        self.routing -= self.due_inbox()
        self.routing.update(event_ids)
        self.inbox_leases.setdefault(drain, set()).update(event_ids)
        self.inbox.update(dict.fromkeys(event_ids, self.tick + ticks))

    def _leave_inbox(self, event_id: str) -> bool:
        self.routing.discard(event_id)
        return self.inbox.pop(event_id, None) is not None

    def fan_out(
        self, drain: str, event_id: str, routes: Sequence[Route], delay: int = 0, expires: int | None = None
    ) -> bool:
        """Give an event of the inbox its deliveries; `delay` and `expires` in ticks from now."""
        self.inbox_leases.get(drain, set()).discard(event_id)
        if not self._leave_inbox(event_id):
            return False
        if expires is not None:
            self.expires[event_id] = self.tick + expires
        self._route(event_id, routes, delay)
        self._release()
        return True

    def fan_out_chunk(self, drain: str, event_id: str, routes: Sequence[Route], ticks: int) -> bool:
        """Give an event of the inbox some of its deliveries."""
        if event_id not in self.inbox:
            self.inbox_leases.get(drain, set()).discard(event_id)
            return False
        self._route(event_id, routes, 0)
        self.routing.add(event_id)
        self.inbox[event_id] = self.tick + ticks
        return True

    def _route(self, event_id: str, routes: Sequence[Route], delay: int) -> None:
        for route in routes:
            if (route.destination, event_id) in self.deliveries:
                continue
            delivery = PlainDelivery(route.destination, event_id, self.tick + delay)
            delivery.since = self.tick + delay if delay else LONG_AGO
            self.deliveries[route.destination, event_id] = delivery
            self.tally[route.destination, "fanned"] += 1
            if route.skipped:
                self._end(delivery, State.SKIPPED)
            elif route.order:
                delivery.key, _, patience = route.order.partition("/")
                delivery.patience, delivery.parked = int(patience or delivery.patience), True

    def _release(self) -> None:
        """Let those have their turn that nothing precedes any more."""
        for one in self.deliveries.values():
            if one.parked and not any(self._precedes(other, one) for other in self._unfinished()):
                wanted = self.expires.get(one.event_id, self.tick + 1) > self.tick
                one.parked, one.due = False, max(one.due, self.tick) if wanted else one.due

    def _unfinished(self) -> Iterator["PlainDelivery | str"]:
        yield from self.inbox
        yield from self.deliveries.values()

    def _precedes(self, other: PlainDelivery | str, one: PlainDelivery) -> bool:
        if isinstance(other, str):
            return self.sequence[other] <= self.sequence[one.event_id]
        earlier = self.sequence[other.event_id] < self.sequence[one.event_id]
        return earlier and (other.destination, other.key) == (one.destination, one.key)

    def has_expired(self, delivery: PlainDelivery, ticks: int = 0) -> bool:
        """Whether a delivery will not be wanted any more when `ticks` have passed."""
        expires = self.expires.get(delivery.event_id)
        return expires is not None and expires <= self.tick + ticks and delivery.since < expires

    def expired(self) -> list[PlainDelivery]:
        """Deliveries that wait and are not wanted any more."""
        return [one for one in self.deliveries.values() if one.state is State.PENDING and self.has_expired(one)]

    def expire(self, delivery: PlainDelivery) -> None:
        """Make a dead letter of a delivery that waits."""
        delivery.state, delivery.parked, delivery.key = State.DEAD, False, ""
        self._release()

    def cancel(self, event_id: str) -> tuple[bool, set[Stopped]] | None:
        """Take an event back."""
        if event_id not in self.submissions:
            return None
        unrouted = self._leave_inbox(event_id)
        answer = {self._stop(one) for one in self.deliveries.values() if one.event_id == event_id}
        self._release()
        return unrouted, answer

    def _stop(self, delivery: PlainDelivery) -> Stopped:
        stopped = delivery.state is State.PENDING
        if stopped:
            self._end(delivery, State.CANCELLED)
        delivery.taken_back = delivery.state is State.LEASED
        return Stopped(delivery.destination, delivery.state, stopped)

    def of(self, destination: str, *states: State) -> list[PlainDelivery]:
        """A destination's deliveries in one of the states."""
        return [one for one in self.deliveries.values() if one.destination == destination and one.state in states]

    def lapsed(self) -> list[PlainDelivery]:
        """Deliveries that have outlived their lease."""
        return [one for one in self.deliveries.values() if one.state is State.LEASED and one.due <= self.tick]

    def obtainable(self, books: Books) -> Iterator[PlainDelivery]:
        """Deliveries that the next lease may take or take back, as far as limits, rates and breakers let it."""
        for one in self.deliveries.values():
            if one.destination in self.paused or one.due > self.tick or one.parked:
                continue
            gates, inflight = books.gates(one.destination), books.scores(f"inflight:{one.destination}")
            if gates.admits(inflight, books.now):
                full = len(self.of(one.destination, State.LEASED)) >= gates.limit
                if one.state is State.LEASED or (one.state is State.PENDING and not full):
                    yield one

    def lose(self, delivery: PlainDelivery) -> State:
        """Take a lease away; returns what that made of it."""
        delivery.lost += 1
        delivery.duplicate, delivery.drain, delivery.due = True, "", self.tick
        delivery.log()
        if delivery.taken_back:
            self._end(delivery, State.CANCELLED)
        else:
            self._fail(delivery, State.DEAD if delivery.lost >= POISON else State.PENDING)
        self._release()
        return delivery.state

    def _fail(self, delivery: PlainDelivery, state: State) -> None:
        """Put an unsuccessful delivery where it waits; it keeps its place in an order while others wait for it."""
        delivery.state = state
        limited = delivery.patience < 10**6
        if limited and (state is not State.PENDING or delivery.tries >= delivery.patience):
            delivery.key = ""

    def grant(self, lease: Lease, drain: str, ticks: int) -> None:
        """Check that a lease was due to be given, as it was given, and note it."""
        delivery = self.deliveries[lease.destination, lease.event_id]
        assert delivery.state is State.PENDING
        assert delivery.due <= self.tick
        assert delivery.destination not in self.paused
        assert not delivery.parked
        assert not self.has_expired(delivery)
        delivery.attempts += 1
        delivery.tries += 1
        got = (lease.attempt, lease.tries, lease.possible_duplicate, lease.body)
        body = self.submissions[lease.event_id].body
        assert got == (delivery.attempts, delivery.tries, delivery.duplicate, body)
        assert lease.since > lease.accepted_at or delivery.since == LONG_AGO
        delivery.state, delivery.drain, delivery.due = State.LEASED, drain, self.tick + ticks

    def settle(self, drain: str, outcome: Settlement, ticks: int) -> bool:
        """Write an outcome; True when it is, or had been, this drain's to write."""
        delivery = self.deliveries.get((outcome.destination, outcome.event_id))
        if delivery is None:
            return False
        if (delivery.attempts, delivery.drain) != (outcome.attempt, drain):
            delivery.log()
            return False
        if delivery.state is State.LEASED:
            self._write(delivery, outcome, ticks)
        return True

    def _write(self, delivery: PlainDelivery, outcome: Settlement, ticks: int) -> None:
        delivery.log()
        delivery.lost = 0
        delivery.due = self.tick + ticks
        delivery.tries -= not outcome.burned
        delivery.duplicate |= outcome.ambiguous
        if outcome.pause:
            self.paused.add(delivery.destination)
        if outcome.state in _ENDED:
            self._end(delivery, outcome.state)
        elif delivery.taken_back and outcome.state is not State.HELD:
            self._end(delivery, State.CANCELLED)
        elif outcome.state is State.PENDING and self.has_expired(delivery, ticks):
            self.expire(delivery)
        else:
            self._fail(delivery, outcome.state)
        delivery.taken_back = False
        self._release()

    def _end(self, delivery: PlainDelivery, state: State) -> None:
        delivery.state, delivery.key, delivery.parked = state, "", False
        self.tally[delivery.destination, state] += 1

    def recover(self) -> tuple[int, int, int]:
        """Take everything from the drains that have been silent for a tick."""
        silent = [drain for drain, beat in self.beats.items() if beat < self.tick]
        routed = {event_id for drain in silent for event_id in self.inbox_leases.pop(drain, ())} & self.routing
        self.routing -= routed
        self.inbox.update(dict.fromkeys(routed, self.tick))
        taken = [one for one in self.deliveries.values() if one.state is State.LEASED and one.drain in silent]
        states = Counter(self.lose(one) for one in taken)
        for drain in silent:
            del self.beats[drain]
        return len(routed) + states[State.PENDING], states[State.DEAD], len(silent)

    def retire(self, drain: str) -> int:
        """Unlist a drain; one that has something leased falls silent. Returns how much it has."""
        own = [one for one in self.deliveries.values() if one.state is State.LEASED and one.drain == drain]
        left = len(own) + len(self.inbox_leases.get(drain, ()))
        self.beats.pop(drain, None)
        if left:
            self.beats[drain] = LONG_AGO
        return left

    def replay(self, destination: str, event_id: str) -> bool:
        """Make a dead or held delivery due."""
        delivery = self.deliveries.get((destination, event_id))
        if delivery is None or delivery.state not in _KEPT:
            return False
        delivery.state, delivery.due, delivery.since = State.PENDING, self.tick, self.tick
        delivery.tries = delivery.lost = 0
        return True

    def discard(self, destination: str, event_id: str) -> bool:
        """End a dead or held delivery."""
        delivery = self.deliveries.get((destination, event_id))
        if delivery is None or delivery.state not in _KEPT:
            return False
        self._end(delivery, State.CANCELLED)
        self._release()
        return True

    def finished(self) -> list[str]:
        """Events of which nothing is left to do."""
        busy = {one.event_id for one in self.deliveries.values() if one.state not in _ENDED}
        return [event_id for event_id in self.submissions if event_id not in busy and event_id not in self.inbox]

    def forget(self, event_id: str) -> None:
        """Let a finished event expire."""
        del self.submissions[event_id], self.sequence[event_id]
        self.expires.pop(event_id, None)
        for key in [key for key in self.deliveries if key[1] == event_id]:
            del self.deliveries[key]
