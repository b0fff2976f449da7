"""The Python face of the ledger: one method per operation, every change of state one script on the server."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain, islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

import redis

from outhaul_config import keys
from outhaul_config.connections import open_client
from outhaul_ledger.flow import pack_policy
from outhaul_ledger.model import (
    AT_ONCE,
    Acceptance,
    Accepted,
    Dispatch,
    Inbound,
    Intake,
    Lease,
    Leased,
    Recovered,
    Resumed,
    Route,
    Schedule,
    Settlement,
    State,
    Submission,
    Swept,
)
from outhaul_ledger.portions import Portions
from outhaul_ledger.record import Contents, DeliveryRecord
from outhaul_ledger.scripting import Confirmation
from outhaul_ledger.survey import KeptEntry, Survey, WorkerStanding

if TYPE_CHECKING:
    from outhaul_config.policy import Policy
    from outhaul_config.settings import Settings

SILENCE_MS = 10_000  # a drain or worker that has not beaten for so long is dead
ASK_MS = 3_000  # a drain that was asked for and has not begun by then is asked for again
POISON = 3  # lost leases in a row that make a dead letter
ATTEMPT_LINES = 50  # kept per delivery
CONFIGURED_AT_ONCE = 200  # about a millisecond of the server's time
CHANGED_AT_ONCE = 100  # kept deliveries, some 2 ms where they are in orders
RECOVERED = 128  # leases taken away in one call, some 2 ms of the server's time
UNBOUNDED = 1_000_000  # more deliveries than any drain has places for


class Ledger(Portions):
    """All state of events and deliveries. Thread-safe and fork-safe, as its client is.

    Every method raises `LedgerUnavailable` when the server cannot be reached or refuses; all are safe to call again.
    """

    def __init__(
        self,
        client: redis.Redis,
        namespace: str = "outhaul",
        *,
        retention: float = 7 * 86400.0,
        durability: Literal["server", "fsync"] = "server",
        replicas: int = 0,
        confirm_timeout: float = 2.0,
    ) -> None:
        """Use `client`, which must answer bytes.

        Args:
            client: a client of the server, or of a pool.
            namespace: what all keys begin with.
            retention: seconds a finished event stays readable and its id stays known.
            durability: `fsync` makes `accept` wait until the server's disk has the events (Redis >= 7.2, Valkey with
                `appendfsync always`); the first call asks the server whether it can, three round trips more.
            replicas: how many replicas `accept` waits for as well; with `fsync` their disks must have the events.
            confirm_timeout: seconds to wait for the disk and the replicas.
        """
        waits = Confirmation(durability == "fsync", replicas, int(confirm_timeout * 1000))
        super().__init__(client, namespace, waits)
        self.retention_ms = int(retention * 1000)

    # producers

    def accept(self, submissions: Sequence[Submission]) -> list[Accepted]:
        """Store events, each once; one answer per submission, in order. One round trip, however many.

        Raises:
            DurabilityMissing: the server cannot do what `durability="fsync"` asks for; nothing was stored.
        """
        confirmed = self._must_be_confirmed()
        arguments = [part for *parts, plain in submissions for part in (*parts, int(plain))]
        answer = self._run("accept", int(confirmed), *arguments, confirmed=confirmed)
        return [Accepted(Acceptance(result.decode()), at) for result, at in answer]

    # drains

    def begin(self, drain: str) -> None:
        """Register a drain that starts to work."""
        self._run("begin", drain)

    def retire(self, drain: str) -> int:
        """Unregister a drain that ends; returns how many leases it left behind, which the next `recover` takes."""
        return int(self._run("retire", drain))

    def listen(self, drain: str, listens_ms: int) -> bool:
        """Say that a drain listens (`Doorbell`); True where an event came in already, for which nobody will ring."""
        return bool(self._run("listen", drain, listens_ms) == 1)

    def lease_inbox(
        self,
        drain: str,
        most: int,
        lease_ms: int,
        *,
        whole: bool = True,
        version: int | None = 0,
        most_work: int = UNBOUNDED,
    ) -> Intake:
        """Take up to `most` accepted events for routing, in the order of their acceptance.

        Plain ones of the types that the drain has told `fan_out` get their deliveries at once. All others are leased.

        Args:
            drain: who takes them.
            most: how many at most.
            lease_ms: how long those are leased that do not get their deliveries at once.
            whole: without it, plain events come with an empty body, which costs the server less.
            version: that of the subscriptions by which a type says where an event goes, None for none: while the
                ledger's is another, all are leased.
            most_work: how much at most is done for deliveries that are made at once, one event's at least: some 2 us of
                the server each.
        """
        by_type = "" if version is None else version
        arguments = (drain, most, lease_ms, int(whole), self.retention_ms, by_type, most_work)
        current, routed, events, bodies, more = self._run("lease_inbox", *arguments)
        inbound = [_inbound(body, *event) for event, body in zip(events, bodies, strict=True)]
        return Intake(current, routed, inbound, bool(more))

    def fan_out(
        self,
        drain: str,
        routes: Sequence[tuple[str, Sequence[Route]]],
        schedules: Mapping[str, Schedule] = MappingProxyType({}),
        *,
        types: Mapping[str, Sequence[Route]] = MappingProxyType({}),
        more_within: int | None = None,
    ) -> list[bool]:
        """Give each event its deliveries; False where that had been done before.

        Args:
            drain: whose lease of the inbox it is.
            routes: `(event id, routes)`.
            schedules: those of the events, by id, that are delayed or expire.
            types: where all plain events of some types go, from which this drain's next ones get their deliveries as
                they are taken from the inbox. None of the routes is skipped or keeps an order.
            more_within: where these are not all routes of the events: ms until the next chunk must have come, else the
                fan-out begins anew with another drain, which gives nothing twice.
        """
        numbers: dict[int, int] = {}
        entries: list[Any] = []
        events: list[Any] = []
        for event_id, each in routes:
            number = numbers.get(id(each))  # those of one type have the very same
            if number is None:
                number = numbers[id(each)] = len(numbers) + 1
                entries += (len(each), *chain.from_iterable(each))
            when = schedules.get(event_id, AT_ONCE)
            events += (event_id, number, when.not_before, when.expires or "")
        learnt = [part for each, to in types.items() for part in (each, " ".join(route.destination for route in to))]
        head = (drain, self.retention_ms, "" if more_within is None else more_within, len(types), *learnt)
        return [bool(done) for done in self._run("fan_out", *head, len(numbers), *entries, *events)]

    def lease(
        self,
        drain: str,
        worker: str,
        most: int,
        lease_ms: int,
        *,
        quick: int = UNBOUNDED,
        slow: int = UNBOUNDED,
        hanging: Collection[str] = (),
    ) -> Leased:
        """Lease due deliveries, round robin over lanes, and beat.

        Args:
            drain: who leases.
            worker: the worker whose stop it obeys.
            most: how many at most; 0 only beats.
            lease_ms: how long the leases last.
            quick: how many at most of lanes that answer quickly.
            slow: how many at most of all other lanes.
            hanging: quick destinations of which an attempt has been under way for long; they count as slow from now on.
        """
        arguments = (drain, worker, most, lease_ms, POISON, ATTEMPT_LINES, self.retention_ms, quick, slow)
        now, wait, stopping, lanes, columns, bodies = self._run("lease", *arguments, " ".join(hanging))
        read = dict(zip(dict.fromkeys(columns[::6]), bodies, strict=True))
        rows = zip(*[iter(columns)] * 6, strict=True)
        leases: list[Lease] = []
        for name, slow, count in zip(*[iter(lanes)] * 3, strict=True):
            destination = name.decode()
            leases += [_lease(destination, bool(slow), read, *row) for row in islice(rows, count)]
        return Leased(now, wait, bool(stopping), leases)

    def settle(self, drain: str, settlements: Sequence[Settlement]) -> list[bool]:
        """Write outcomes; False where the lease was no longer this drain's (only the attempt's line is kept).

        Called again with the same outcomes, it answers as before and changes nothing.

        Raises:
            ValueError: the state of one is LEASED, which no attempt leads to; nothing is written.
        """
        results: dict[tuple[Any, ...], int] = {}
        outcomes: list[Any] = []
        for one in settlements:
            reason = one.reason.replace("\t", " ")
            result = (one.destination, one.state, reason, one.status, one.delay_ms, one.pause, one.flags)
            number = results.setdefault(result, len(results) + 1)  # most attempts have the same
            outcomes += (number, one.event_id, one.attempt, one.line, one.duration_ms)
        head = (drain, self.retention_ms, ATTEMPT_LINES, len(results))
        return [done == 1 for done in self._run("settle", *head, *chain.from_iterable(results), *outcomes)]

    # dispatchers

    def dispatch(self, worker: str, slots: int, *, stopping: bool = False) -> Dispatch:
        """Beat for a worker with `slots` processes, and learn whether to send one more drain and what else to do."""
        answer = self._run("dispatch", worker, slots, int(stopping), SILENCE_MS, ASK_MS, uuid4().hex)
        send, wait, running, *chores = answer
        return Dispatch(bool(send), wait, running, *map(bool, chores))

    def wait_for_wake(self, timeout: float) -> bool:
        """Sleep until work is announced, at most `timeout` seconds; True when it was.

        `timeout` must stay below the client's socket time-out.
        """
        try:
            return self.client.blpop([keys.stem("wake", self.namespace)], timeout=timeout) is not None
        except redis.RedisError as error:
            raise self._translated(error) from error

    def recover(self, most: int = RECOVERED) -> Recovered:
        """Take up to `most` leases away from drains that stopped beating 10 s ago."""
        return Recovered(*self._run("recover", SILENCE_MS, POISON, ATTEMPT_LINES, most, self.retention_ms))

    def sweep(self, begin: int, most: int = 1000) -> Swept:
        """Take expired events out of the index of events, looking at up to `most`, 1000 at most, from `begin` on."""
        return Swept(*self._run("sweep", self.retention_ms, begin, most))

    def configure(self, policies: Iterable[tuple[str, "Policy"]]) -> int:
        """Make `(destination, policy)` those of all workers; returns how many differ from what they were.

        In pieces, so that a server with other things to do is not kept from them by a hundred thousand destinations.

        Raises:
            ValueError: a limit is below 1; to stop a destination, pause it.
        """
        packed = [(destination, _packed(destination, policy)) for destination, policy in policies]
        return sum(int(self._run("configure", *_flat(piece))) for piece in _pieces(packed, CONFIGURED_AT_ONCE))

    # operators

    def kept(self, state: State, destination: str, *, since: float, until: float, most: int) -> list[KeptEntry]:
        """Read a page of dead letters or held deliveries, oldest first; those of one instant by their event ids.

        Args:
            state: DEAD or HELD.
            destination: whose.
            since: ms; entries that came before are left out.
            until: ms; likewise for later ones.
            most: entries on the page.
        """
        rows = self._run("list_kept", state, destination, repr(since), repr(until), most)
        return [
            KeptEntry(event_id.decode(), float(at), kind.decode(), DeliveryRecord.unpack(destination, packed))
            for event_id, at, kind, packed in rows
        ]

    def contents(self, deliveries: Sequence[tuple[str, str]]) -> list[Contents]:
        """Read event body and attempt log of each `(destination, event id)`; an unknown event has an empty body."""
        answer = self._run("contents", *_flat(deliveries))
        return [Contents.read(pair[0], *read) for pair, read in zip(deliveries, answer, strict=True)]

    def body(self, event_id: str) -> bytes:
        """Read an event as it was accepted, canonical JSON; empty when it is unknown."""
        (read,) = self.contents([("", event_id)])
        return read.body

    def replay(self, deliveries: Iterable[tuple[str, str]]) -> list[bool]:
        """Make dead or held `(destination, event id)` due again, piece by piece; False where one was neither."""
        pieces = _pieces(list(deliveries), CHANGED_AT_ONCE)
        return [bool(done) for piece in pieces for done in self._run("replay", *_flat(piece))]

    def discard(self, deliveries: Iterable[tuple[str, str]]) -> list[bool]:
        """End dead or held `(destination, event id)` as cancelled, piece by piece; False where one was neither."""
        pieces = _pieces(list(deliveries), CHANGED_AT_ONCE)
        return [bool(done) for piece in pieces for done in self._run("discard", self.retention_ms, *_flat(piece))]

    def open_replay(self, digest: str) -> tuple[int, bool]:
        """Begin the replay of a filter; returns its cut-off (ms) and whether it had been begun before.

        What was dead or held by then is what it is for; what dies again later is not.
        """
        cutoff, resumed = self._run("open_replay", digest)
        return cutoff, bool(resumed)

    def close_replay(self, digest: str) -> None:
        """Forget a replay that has gone through."""
        self._run("close_replay", digest)

    def pause(self, destination: str, reason: str) -> None:
        """Keep a destination's deliveries and attempt none of them.

        Raises:
            ValueError: the reason is empty.
        """
        if not reason:
            raise ValueError(f"{destination}: expected a reason to pause it, got none: say why, people will ask")
        self._run("pause", destination, reason)

    def resume(self, destination: str) -> Resumed:
        """Let a destination go on: lift a pause, and let an open breaker's probe go at once."""
        return Resumed(*map(bool, self._run("resume", destination)))

    def survey(self) -> Survey:
        """Read how every destination stands."""
        return Survey.read(list(self._pages("survey")))

    def workers(self) -> dict[str, WorkerStanding]:
        """Read which workers are known and when each last beat, by name; the dead disappear after a while."""
        now, *pairs = self._run("workers")
        standings = (WorkerStanding.read(now, *pair) for pair in zip(pairs[::2], pairs[1::2], strict=True))
        return {standing.worker: standing for standing in sorted(standings, key=lambda each: each.worker)}


def connect(settings: "Settings", *, timeout: float | None = None) -> Ledger:
    """Build the ledger that the settings name; connects on first use.

    Args:
        settings: where it is and how durable it must be.
        timeout: the longest a call may take, in seconds; default: `settings.ledger_timeout`.
    """
    client = open_client(settings.ledger_url, timeout or settings.ledger_timeout)
    return Ledger(
        client,
        settings.namespace,
        retention=settings.retention,
        durability=settings.durability,
        replicas=settings.replicas,
        # Less than the half that the client waits for an answer, so that the server can say what was missing.
        confirm_timeout=settings.ledger_timeout * 0.4,
    )


def _lease(
    destination: str,
    slow: bool,
    bodies: Mapping[bytes, bytes | None],
    event_id: bytes,
    attempt: int,
    tries: int,
    at: int,
    since: int,
    duplicate: int,
) -> Lease:
    name, body = event_id.decode(), bodies[event_id] or b""
    return Lease(destination, name, attempt, tries, at, since, bool(duplicate), slow, body)


def _inbound(body: bytes | None, event_id: bytes, at: bytes, event_type: bytes, plain: int) -> Inbound:
    return Inbound(event_id.decode(), int(at), event_type.decode(), plain == 1, body or b"")


def _packed(destination: str, policy: "Policy") -> str:
    if policy.concurrency != "auto" and policy.concurrency < 1:
        got = policy.concurrency
        raise ValueError(f"{destination}: expected a limit of at least 1, got {got}: to stop it, pause it")
    return pack_policy(policy)


def _pieces(pairs: list[tuple[str, str]], size: int) -> Iterable[list[tuple[str, str]]]:
    return (pairs[start : start + size] for start in range(0, len(pairs), size))


def _flat(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [part for pair in pairs for part in pair]
