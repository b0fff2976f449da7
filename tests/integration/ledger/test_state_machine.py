"""Thousands of random steps on a real server beside a plain model; after each one every book must balance.

The examples are the same in every run (derandomised), so that a failure in CI can be repeated. For a longer, random
search set OUTHAUL_TEST_EXAMPLES to a number of examples, such as 2000.
"""

import math
import os
from collections import Counter
from typing import cast

import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from integration.ledger.books import Books, check_books, read_books, unrouted
from integration.ledger.plain import TICK_MS, PlainDelivery, PlainLedger
from integration.ledger.scenario import WORKER, key, submission
from integration.ledger.time_travel import pass_time
from integration.ledger.wide import cancel_step
from outhaul_config.policy import Breaker, Policy, Rate
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Health, Lease, Route, Schedule, Settlement, State
from outhaul_ops.embedded import EmbeddedServer

EXAMPLES = int(os.environ.get("OUTHAUL_TEST_EXAMPLES", "0"))
PROFILE = settings(
    max_examples=EXAMPLES or 50,
    derandomize=not EXAMPLES,
    stateful_step_count=50,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

DESTINATIONS = ("mail", "search", "shop")
NAMES = ("ev_1", "ev_2", "ev_3", "ev_4", "two words")
DRAIN_NAMES = ("drain-a", "drain-b")
EVENTS = st.sampled_from(NAMES)
DRAINS = st.sampled_from(DRAIN_NAMES)
DESTINATION = st.sampled_from(DESTINATIONS)
TICKS = st.integers(1, 3)
PICK = st.integers(0, 10_000)
SKIPPED = st.sampled_from(("", "", "", "not for it"))
ORDER = st.sampled_from(("", "anna", "anna", "anna", "bert", "anna/1", "anna/2"))
ROUTES = st.lists(st.builds(Route, DESTINATION, SKIPPED, ORDER), min_size=1, max_size=4)
DELAYS = st.sampled_from((0, 0, 0, 1, 2))
LIVES = st.sampled_from((None, None, None, 0, 1, 3))
OUTCOMES = st.sampled_from(
    (
        {"state": State.DELIVERED},
        {"state": State.DELIVERED, "health": Health.OK, "duration_ms": 10},
        {"state": State.DELIVERED, "health": Health.OK, "duration_ms": 3000},
        {"state": State.PENDING},
        {"state": State.PENDING, "health": Health.FAILING, "duration_ms": 10},
        {"state": State.PENDING, "health": Health.OVERLOADED, "duration_ms": 10},
        {"state": State.PENDING, "delay_ms": TICK_MS, "health": Health.UNREACHABLE},
        {
            "state": State.PENDING,
            "delay_ms": 3 * TICK_MS,
            "ambiguous": True,
            "health": Health.TIMED_OUT,
            "duration_ms": 15_000,
        },
        {"state": State.PENDING, "burned": False},
        {"state": State.PENDING, "burned": False, "pause": "credentials refused"},
        {"state": State.DEAD, "status": 400, "health": Health.OK, "duration_ms": 10},
        {"state": State.DEAD, "pause": "gone"},
        {"state": State.HELD, "ambiguous": True},
        {"state": State.SKIPPED, "reason": "not for it\tat all"},
        {"state": State.CANCELLED},
    )
)

# Nothing here ends where a tick does, so that no answer depends on the milliseconds the test itself takes.
POLICIES = st.builds(
    Policy,
    concurrency=st.sampled_from((1, 2, 3, "auto", "auto")),
    rate=st.sampled_from((None, None, Rate(2, 60.0), Rate(1, 60.0))),
    burst=st.integers(1, 3),
    breaker=st.sampled_from(
        (
            None,
            Breaker(min_attempts=2, window=30.0, connection_failures=2, open_for=30.0, open_cap=70.0),
            Breaker(failure_ratio=1.0, min_attempts=1, window=50.0, open_for=50.0, open_cap=50.0),
        )
    ),
)

PLAIN = set(NAMES[::2])
"""Events whose type is enough to route them."""

Fields = dict[str, object]


class LedgerMachine(RuleBasedStateMachine):
    """The rules. Each does one thing to the ledger and to the model, and compares the answers."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__()
        client.flushall()
        self.client = client
        self.ledger = Ledger(client)
        self.plain = PlainLedger()
        self.granted: list[tuple[str, Lease]] = []
        self.line = 0

    @initialize(routes=st.fixed_dictionaries(dict.fromkeys(NAMES[:3], ROUTES)))
    def begin_with_some_events(self, routes: dict[str, list[Route]]) -> None:
        """There is work from the start."""
        self.accept([(event_id, "x") for event_id in routes])
        self.fan_out("drain-a", list(routes.items()))

    @rule(events=st.lists(st.tuples(EVENTS, st.sampled_from("xxxy")), max_size=3))
    def accept(self, events: list[tuple[str, str]]) -> None:
        """New events, known ones, and known ids with other content."""
        given = [
            submission(event_id, digest, event_id.encode())._replace(plain=event_id in PLAIN)
            for event_id, digest in events
        ]
        answers = self.ledger.accept(given)
        assert [answer.result for answer in answers] == [self.plain.accept(one) for one in given]

    @rule(drain=DRAINS, most=st.integers(0, 3), ticks=TICKS)
    def lease_inbox(self, drain: str, most: int, ticks: int) -> None:
        """A drain takes events for routing."""
        taken = [one.event_id for one in self.ledger.lease_inbox(drain, most, ticks * TICK_MS, version=None).events]
        due = self.plain.due_inbox()
        assert (len(taken), set(taken) <= due) == (min(most, len(due)), True)
        self.plain.lease_inbox(drain, taken, ticks)

    @rule(drain=DRAINS, most=st.integers(1, 3), to=st.sets(DESTINATION, max_size=3), known=st.booleans(), ticks=TICKS)
    def lease_inbox_by_type(self, drain: str, most: int, to: set[str], known: bool, ticks: int) -> None:
        """Plain events get their deliveries at once, unless somebody subscribed since the drain told of their type."""
        due = self.plain.due_inbox()
        routes = [Route(name) for name in sorted(to)]
        self.ledger.fan_out(drain, [], types={"order.created": routes})
        taken = self.ledger.lease_inbox(drain, most, ticks * TICK_MS, version=0 if known else 1)
        leased = {one.event_id for one in taken.events}
        left = {name.decode() for name in cast("list[bytes]", self.client.zrange(key("inbox"), 0, -1))}
        routed = due - leased - left
        assert (len(leased) + len(routed), taken.routed) == (min(most, len(due)), len(routed))
        assert routed <= (PLAIN if known else set())
        assert not known or leased.isdisjoint(PLAIN)
        self.plain.lease_inbox(drain, sorted(leased), ticks)
        for event_id in routed:
            self.plain.fan_out(drain, event_id, routes)

    @rule(drain=DRAINS, routes=st.lists(st.tuples(EVENTS, ROUTES), min_size=1, max_size=3), delay=DELAYS, life=LIVES)
    def fan_out(
        self, drain: str, routes: list[tuple[str, list[Route]]], delay: int = 0, life: int | None = None
    ) -> None:
        """Any drain routes any event: its own, another's, one that is routed already, one that never came."""
        expires = None if life is None else delay + life
        now = self.ledger.survey().now
        when = Schedule(now + delay * TICK_MS if delay else 0, None if expires is None else now + expires * TICK_MS)
        expected = [self.plain.fan_out(drain, event_id, of, delay, expires) for event_id, of in routes]
        assert self.ledger.fan_out(drain, routes, {event_id: when for event_id, _ in routes}) == expected

    @rule(drain=DRAINS, event_id=EVENTS, routes=ROUTES, ticks=TICKS)
    def fan_out_a_chunk(self, drain: str, event_id: str, routes: list[Route], ticks: int) -> None:
        """Any drain routes any event to some of its destinations; the rest is to follow, from it or from another."""
        expected = self.plain.fan_out_chunk(drain, event_id, routes, ticks)
        assert self.ledger.fan_out(drain, [(event_id, routes)], more_within=ticks * TICK_MS) == [expected]

    @precondition(lambda self: len(self.plain.submissions) < len(NAMES))
    @rule(drain=DRAINS, routes=ROUTES, delay=DELAYS, life=LIVES)
    def bring_in(self, drain: str, routes: list[Route], delay: int, life: int | None) -> None:
        """A new event is accepted and routed, perhaps to be sent later, or not after some time."""
        event_id = next(name for name in NAMES if name not in self.plain.submissions)
        self.accept([(event_id, "x")])
        self.lease_inbox(drain, 10, 1)
        self.fan_out(drain, [(event_id, routes)], delay, life)

    @rule(drain=DRAINS, most=st.sampled_from((6, 3, 1, 0)), ticks=TICKS)
    def lease(self, drain: str, most: int, ticks: int) -> None:
        """A drain leases what it can get; whatever can be had, some of it is."""
        before = read_books(self.client)
        obtainable = list(self.plain.obtainable(before))
        answer = self.ledger.lease(drain, WORKER, most, ticks * TICK_MS)
        self.plain.beats[drain] = self.plain.tick
        ended = self._lose_what_lapsed() + self._note_what_expired()
        for one in answer.leases:
            self.plain.grant(one, drain, ticks)
            self.granted.append((drain, one))
            assert len(self.plain.of(one.destination, State.LEASED)) <= before.gates(one.destination).limit
        self._check_gates(before, answer.leases)
        assert len(answer.leases) <= most
        assert bool(answer.leases or ended) == bool(obtainable and most)
        assert answer.wait_ms == 0 or not list(self.plain.obtainable(read_books(self.client)))

    def _check_gates(self, before: Books, leases: list[Lease]) -> None:
        """No rate is exceeded, and of a destination that is not well one attempt goes at a time."""
        for name, count in Counter(one.destination for one in leases).items():
            assert count <= before.gates(name).admits(before.scores(f"inflight:{name}"), before.now), name
            assert all(one.slow == before.gates(name).slow for one in leases if one.destination == name)

    def _lose_what_lapsed(self) -> int:
        """Note in the model which of the leases that had ended the ledger has found, which is its own choice."""
        entries = read_books(self.client).deliveries()
        found = [one for one in self.plain.lapsed() if entries[one.destination, one.event_id].lost > one.lost]
        for one in found:
            self.plain.lose(one)
        return len(found)

    def _note_what_expired(self) -> int:
        """Note in the model which of the deliveries that are not wanted any more the ledger has found."""
        entries = read_books(self.client).deliveries()
        found = [one for one in self.plain.expired() if entries[one.destination, one.event_id].state == State.DEAD]
        for one in found:
            assert entries[one.destination, one.event_id].reason == "expired"
            self.plain.expire(one)
        return len(found)

    @rule()
    def expire(self) -> None:
        """What is not wanted any more ends, wherever it waits."""
        found = self.plain.expired()
        assert self.ledger.expire().deliveries == len(found)
        for one in found:
            self.plain.expire(one)

    @rule(event_id=EVENTS)
    def cancel(self, event_id: str) -> None:
        """A sender takes an event back, whatever became of it."""
        answer = self.ledger.cancel(event_id)
        assert (answer and (answer.unrouted, set(answer.deliveries))) == self.plain.cancel(event_id)

    @rule(event_id=EVENTS, changed=st.integers(0, 2))
    def somebody_finishes_what_a_caller_began_to_cancel(self, event_id: str, changed: int) -> None:
        """A caller is lost over an event; what it came to is the same as if it had not been."""
        cancel_step(self.ledger, event_id, changed=changed)
        check_books(read_books(self.client))
        self.client.zadd(key("cancelling"), {event_id: 0}, xx=True)
        self.ledger.finish_cancelling()
        assert not self.client.exists(key("cancelling"))
        self.plain.cancel(event_id)

    @rule(drain=DRAINS)
    def lease_everything(self, drain: str) -> None:
        """One drain that goes on leasing gets all that can be had, in at most a few rounds."""
        for _ in range(3 + len(self.plain.deliveries)):
            self.lease(drain, 6, 2)
        assert not list(self.plain.obtainable(read_books(self.client)))

    @rule(drain=DRAINS)
    def a_drain_dies_with_all_it_leases(self, drain: str) -> None:
        """Leased, silent, recovered: the way to a poison pill."""
        self.lease(drain, 6, 3)
        self.time_passes(1)
        self.recover()

    @precondition(lambda self: any(self.plain.of(name, State.LEASED) for name in DESTINATIONS))
    @rule(outcomes=st.lists(st.tuples(PICK, OUTCOMES), min_size=1, max_size=4))
    def settle_what_is_leased(self, outcomes: list[tuple[int, Fields]]) -> None:
        """The holders of leases settle them, each in a call of its own."""
        for pick, fields in outcomes:
            current = [one for one in self.plain.deliveries.values() if one.state is State.LEASED]
            if current:
                one = current[pick % len(current)]
                self._settle(one.drain, [_settlement(one, one.attempts, fields, self._next_line())])

    @precondition(lambda self: self.granted)
    @rule(outcomes=st.lists(st.tuples(PICK, OUTCOMES), min_size=1, max_size=4))
    def settle_whatever_was_ever_leased(self, outcomes: list[tuple[int, Fields]]) -> None:
        """In one call of a drain: outcomes that are current, stale, repeated, or of events that have expired."""
        drain = self.granted[outcomes[0][0] % len(self.granted)][0]
        own = [one for holder, one in self.granted if holder == drain]
        chosen = [(own[pick % len(own)], fields) for pick, fields in outcomes]
        self._settle(drain, [_settlement(one, one.attempt, fields, self._next_line()) for one, fields in chosen])

    @precondition(lambda self: self.granted)
    @rule(drain=st.sampled_from((*DRAIN_NAMES, "stranger")), pick=PICK, attempt=st.integers(0, 3), fields=OUTCOMES)
    def settle_with_a_token_that_was_made_up(self, drain: str, pick: int, attempt: int, fields: Fields) -> None:
        """Another drain, or another attempt's number, does not fit, except by chance."""
        _, one = self.granted[pick % len(self.granted)]
        self._settle(drain, [_settlement(one, attempt, fields, self._next_line())])

    def _settle(self, drain: str, outcomes: list[Settlement]) -> None:
        expected = [self.plain.settle(drain, one, one.delay_ms // TICK_MS) for one in outcomes]
        assert self.ledger.settle(drain, outcomes) == expected

    def _next_line(self) -> bytes:
        self.line += 1
        return b'{"line":%d}' % self.line

    @rule()
    def recover(self) -> None:
        """What silent drains had is taken from them, all at once."""
        assert tuple(self.ledger.recover()) == self.plain.recover()

    @rule(drain=DRAINS)
    def a_drain_begins(self, drain: str) -> None:
        """A drain starts, perhaps under a name that was there before."""
        self.ledger.begin(drain)
        self.plain.beats[drain] = self.plain.tick

    @rule(drain=DRAINS)
    def a_drain_ends(self, drain: str) -> None:
        """A drain ends, perhaps leaving leases behind."""
        assert self.ledger.retire(drain) == self.plain.retire(drain)

    @rule(picks=st.lists(PICK, min_size=1, max_size=6))
    def replay(self, picks: list[int]) -> None:
        """A person replays deliveries, of which some can be."""
        chosen = self._choose(picks)
        assert self.ledger.replay(chosen) == [self.plain.replay(*one) for one in chosen]

    @rule(picks=st.lists(PICK, min_size=1, max_size=3))
    def discard(self, picks: list[int]) -> None:
        """A person gives deliveries up, of which some can be."""
        chosen = self._choose(picks)
        assert self.ledger.discard(chosen) == [self.plain.discard(*one) for one in chosen]

    def _choose(self, picks: list[int]) -> list[tuple[str, str]]:
        """Dead and held deliveries first, then all, then one that never was."""
        kept = [name for name, one in self.plain.deliveries.items() if one.state in (State.DEAD, State.HELD)]
        choices = [*kept, *self.plain.deliveries, ("mail", "ev_unknown")]
        return [choices[pick % len(choices)] for pick in picks]

    @rule(destination=DESTINATION, resume=st.booleans())
    def pause_or_resume(self, destination: str, resume: bool) -> None:
        """A person pauses a destination or lets it go on, perhaps one that is so already."""
        if resume:
            assert self.ledger.resume(destination).paused == (destination in self.plain.paused)
            self.plain.paused.discard(destination)
        else:
            self.ledger.pause(destination, "maintenance")
            self.plain.paused.add(destination)

    @rule(destination=DESTINATION, policy=POLICIES)
    def configure(self, destination: str, policy: Policy) -> None:
        """A worker with another configuration starts; a limit may fall below what is in flight."""
        self.ledger.configure([(destination, policy)])

    @precondition(lambda self: any(self.plain.of(name, State.LEASED) for name in DESTINATIONS))
    @rule(destination=DESTINATION)
    def a_drain_finds_a_destination_hanging(self, destination: str) -> None:
        """What has been in flight for long makes its lane slow."""
        self.ledger.lease("drain-a", WORKER, 0, TICK_MS, hanging=[destination])
        self.plain.beats["drain-a"] = self.plain.tick

    @rule(ticks=TICKS)
    def time_passes(self, ticks: int) -> None:
        """Leases end, retries come due, drains fall silent."""
        pass_time(self.client, ticks * TICK_MS)
        self.plain.tick += ticks

    @rule()
    def finished_events_expire(self) -> None:
        """The server drops what is finished; the ids may come again."""
        for event_id in self.plain.finished():
            self.client.delete(*(key(name, event_id) for name in ("event", "record")))
            self.plain.forget(event_id)

    @invariant()
    def the_books_balance(self) -> None:
        """The keys agree with each other, with the model, and with the survey."""
        books = read_books(self.client)
        check_books(books)
        self._compare_deliveries(books)
        self._compare_events(books)
        self._compare_survey()

    def _compare_deliveries(self, books: Books) -> None:
        entries = books.deliveries()
        assert entries.keys() == self.plain.deliveries.keys()
        for name, one in self.plain.deliveries.items():
            entry = entries[name]
            got = (entry.state, entry.attempts, entry.tries, entry.lost, entry.duplicate, entry.drain)
            assert got == (one.state, one.attempts, one.tries, one.lost, one.duplicate, one.drain), name
            assert (books.parked(*name), bool(entry.order)) == (one.parked, bool(one.key)), name
            if one.state in (State.PENDING, State.LEASED) and not one.parked:
                assert math.ceil((entry.due - books.now) / TICK_MS) == one.due - self.plain.tick, name

    def _compare_events(self, books: Books) -> None:
        assert set(books.family("record:")) == self.plain.submissions.keys()
        assert set(unrouted(books)) == self.plain.inbox.keys()
        assert books.scores("drains").keys() == self.plain.beats.keys()
        for event_id in self.plain.submissions:
            lines = sum(one.lines for one in self.plain.deliveries.values() if one.event_id == event_id)
            logs = [log for field, log in books.record(event_id).items() if field.startswith("a:")]
            assert sum(len(log.splitlines()) for log in logs) == lines

    def _compare_survey(self) -> None:
        for name, standing in self.ledger.survey().standings.items():
            assert standing.balanced
            assert standing.behind == sum(one.parked for one in self.plain.of(name, State.PENDING))
            pending, leased, dead, held = (
                len(self.plain.of(name, state)) for state in (State.PENDING, State.LEASED, State.DEAD, State.HELD)
            )
            assert (standing.waiting, standing.in_flight, standing.dead, standing.held) == (pending, leased, dead, held)
            ended = (standing.delivered, standing.skipped, standing.cancelled)
            assert ended == tuple(self.plain.tally[name, end] for end in ("delivered", "skipped", "cancelled"))
            assert standing.fanned == self.plain.tally[name, "fanned"]
            assert bool(standing.paused) == (name in self.plain.paused)


def _settlement(one: PlainDelivery | Lease, attempt: int, fields: Fields, line: bytes) -> Settlement:
    return Settlement(one.destination, one.event_id, attempt, line=line, **fields)  # type: ignore[arg-type]


def test_after_any_sequence_of_steps_every_delivery_is_accounted_for(server: EmbeddedServer) -> None:
    """In whatever order things happen, nothing is lost, doubled, miscounted, left unscheduled, or kept too long."""
    with server.client() as client:

        class OnThisServer(LedgerMachine):
            def __init__(self) -> None:
                super().__init__(client)

        run_state_machine_as_test(OnThisServer, settings=PROFILE)
