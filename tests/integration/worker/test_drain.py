"""One drain over a real ledger, with a transport that answers what the test says."""

import threading
from collections.abc import Hashable
from dataclasses import replace

import orjson
import pytest
import redis

from eventually import eventually
from integration.ledger.scenario import key
from outhaul_config.destinations import Destination
from outhaul_config.policy import Order, Policy
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Route, State, Submission
from outhaul_worker.attempt import Target
from outhaul_worker.attempt_log import AttemptLog
from outhaul_worker.drain import Drain
from outhaul_worker.exchange import Answer, Request
from outhaul_worker.routing import Router
from outhaul_worker.transports.waiting import readable
from unit.destinations.canonical import SAMPLES
from unit.destinations.configured import built, destination

HOOKS = "hooks"


class Canned:
    """A transport that answers every request with the same status, after whatever it held before."""

    def __init__(self, status: int, *held: tuple[Hashable, Answer]) -> None:
        self._status = status
        self.sent: list[str] = []
        self._answers: list[tuple[Hashable, Answer]] = list(held)

    def submit(self, key: Hashable, request: Request) -> None:
        """Answer at once."""
        self.sent.append(request.headers["webhook-id"])
        self._answers.append((key, Answer(status=self._status)))

    def completed(self, timeout: float, wake: int | None = None) -> list[tuple[Hashable, Answer]]:
        """Hand out what there is."""
        answers, self._answers = self._answers, []
        return answers

    @property
    def in_flight(self) -> int:
        """What was not handed out yet."""
        return len(self._answers)

    def close(self) -> None:
        """Nothing to close."""


def endpoint(order: Order | None = None) -> Destination:
    """A webhook that wants everything."""
    return Destination(HOOKS, "webhook", ("*",), order=order, options=destination("webhook").options)


class Stuck(Canned):
    """A transport that holds all answers back until it is told not to."""

    def __init__(self) -> None:
        super().__init__(200)
        self.released = threading.Event()
        self.looks = 0

    def completed(self, timeout: float, wake: int | None = None) -> list[tuple[Hashable, Answer]]:
        """Wait for the word, and count how often."""
        self.looks += 1
        return super().completed(timeout, wake) if self.released.wait(timeout) else []


def drain(ledger: Ledger, transport: Canned, order: Order | None = None, linger: float = 0.0) -> None:
    """Run one drain over the destination `hooks` until nothing is due, or nothing has been for `linger` seconds."""
    hooks = endpoint(order)
    log = AttemptLog("worker", lambda **_: None, lambda *_: None)
    router = Router({HOOKS: hooks})
    Drain(
        ledger,
        transport,
        {HOOKS: Target(hooks, built("webhook"))},
        router,
        log,
        worker="worker",
        window=8,
        lease_ms=60_000,
        linger=linger,
    ).run()


def accept(ledger: Ledger, event_id: str = "") -> str:
    """Accept one event; returns its id."""
    sample = SAMPLES["order.created"]
    name = event_id or sample.id
    ledger.accept([Submission(name, "digest", "/", sample.type, orjson.dumps({**sample.body, "id": name}))])
    return name


def test_an_accepted_event_is_routed_sent_and_settled_by_one_drain(ledger: Ledger) -> None:
    """The whole way in one process: nothing is left in the inbox, the lane or among the leases."""
    event_id = accept(ledger)
    drain(ledger, Canned(200))
    record = ledger.status(event_id)
    assert record is not None
    assert record.deliveries[HOOKS].state is State.DELIVERED
    assert ledger.survey().standings[HOOKS].balanced


def test_events_of_one_key_are_sent_one_after_another_by_one_drain(ledger: Ledger) -> None:
    """Each is leased as soon as the one before it is settled; a drain does not end in between."""
    sample, names = SAMPLES["order.created"], [f"ev_{number}" for number in range(20)]
    bodies = (orjson.dumps({**sample.body, "id": name}) for name in names)
    submissions = [Submission(name, "digest", "/", sample.type, body) for name, body in zip(names, bodies, strict=True)]
    ledger.accept(submissions[::2])
    ledger.accept(submissions[1::2])
    transport = Canned(200)
    drain(ledger, transport, Order("customer.id"))
    assert transport.sent == [*names[::2], *names[1::2]]
    assert ledger.survey().standings[HOOKS].delivered == 20


def test_an_answer_to_a_drain_that_died_is_not_taken_for_ones_own(ledger: Ledger) -> None:
    """The transport outlives drains: what is left in it from a dead one says nothing about this drain's deliveries."""
    event_id = accept(ledger)
    drain(ledger, Canned(500, (1, Answer(status=200)), (("dead", 1), Answer(status=200))))
    record = ledger.status(event_id)
    assert record is not None
    assert (record.deliveries[HOOKS].state, record.deliveries[HOOKS].status) == (State.PENDING, 500)


def test_a_delivery_of_a_destination_this_worker_does_not_know_waits_unburned(ledger: Ledger) -> None:
    """During a roll-out of new configuration another worker may know it; here it costs no try and comes back later."""
    event_id = accept(ledger)
    ledger.lease_inbox("router", 1, 1000)
    ledger.fan_out("router", [(event_id, [Route("newer")])])
    drain(ledger, Canned(200))
    record = ledger.status(event_id)
    assert record is not None
    newer = record.deliveries["newer"]
    assert (newer.state, newer.tries) == (State.PENDING, 0)
    assert newer.due > record.now
    assert (newer.reason, record.attempts) == ("destination is not configured in this worker", ())


def test_a_drain_that_lingers_takes_what_comes_in_meanwhile(ledger: Ledger) -> None:
    """It is rung for, so nobody has to be asked for another one."""
    transport = Canned(200)
    lingering = threading.Thread(target=drain, args=(ledger, transport), kwargs={"linger": 2.0})
    lingering.start()
    eventually(lambda: ledger.client.exists(key("idle")), within=5)
    event_id = accept(ledger)
    eventually(lambda: transport.sent == [event_id], within=1)
    lingering.join(10)
    assert ledger.client.zcard(key("drains")) == 0


class Late(Canned):
    """A transport whose answers come one at a time, so that most are heard while the ledger is asked something."""

    def completed(self, timeout: float, wake: int | None = None) -> list[tuple[Hashable, Answer]]:
        """Hand out the first there is."""
        answers, self._answers = self._answers[:1], self._answers[1:]
        return answers


def test_answers_that_come_while_the_ledger_settles_others_are_settled_too(ledger: Ledger) -> None:
    """What is heard during a call is neither lost with it nor taken for a part of it."""
    sample, names = SAMPLES["order.created"], [f"ev_{number}" for number in range(40)]
    bodies = (orjson.dumps({**sample.body, "id": name}) for name in names)
    ledger.accept(
        [Submission(name, "digest", "/", sample.type, body) for name, body in zip(names, bodies, strict=True)]
    )
    transport = Late(200)
    drain(ledger, transport)
    assert sorted(transport.sent) == sorted(names)
    standing = ledger.survey().standings[HOOKS]
    assert (standing.delivered, standing.waiting) == (40, 0)


class Unheard(Late):
    """A transport during whose work the connection that the drain listens on breaks, each time."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(200)
        self._client = client

    def completed(self, timeout: float, wake: int | None = None) -> list[tuple[Hashable, Answer]]:
        """Hand out an answer in the moment in which the bell breaks."""
        if timeout > 0:
            self._client.client_kill_filter(_type="normal", skipme=True)
        return super().completed(timeout, wake)


def test_an_answer_is_not_lost_with_the_bell(ledger: Ledger) -> None:
    """The ledger goes away in the moment an answer comes: it is settled when the ledger is back."""
    event_id = accept(ledger)
    drain(ledger, Unheard(ledger.client), linger=0.1)
    record = ledger.status(event_id)
    assert record is not None
    assert record.deliveries[HOOKS].state is State.DELIVERED


def test_a_drain_without_a_place_left_is_not_rung_for(ledger: Ledger) -> None:
    """Everything it sends hangs: for what it cannot take a dispatcher sends another drain, and does not ring here."""
    endpoints = [replace(endpoint(), name=f"hooks-{number}") for number in range(9)]
    targets = {each.name: Target(each, built("webhook")) for each in endpoints}
    transport = Stuck()
    log = AttemptLog("worker", lambda **_: None, lambda *_: None)
    router = Router({each.name: each for each in endpoints})
    run = Drain(ledger, transport, targets, router, log, worker="worker", window=8, lease_ms=60_000, linger=1.0).run
    accept(ledger)
    hanging = threading.Thread(target=run)
    hanging.start()
    try:
        eventually(lambda: len(transport.sent) == 8, within=5)
        looks = transport.looks
        eventually(lambda: transport.looks > looks + 20, within=5)
        assert not ledger.client.exists(key("idle"))
        assert ledger.dispatch("worker", 2).send
    finally:
        transport.released.set()
        hanging.join(10)


class Halting(Canned):
    """A transport whose first answer comes at once, and of whose others none comes until it is told to."""

    def __init__(self) -> None:
        super().__init__(200)
        self.released = threading.Event()
        self.handed_out = 0

    def completed(self, timeout: float, wake: int | None = None) -> list[tuple[Hashable, Answer]]:
        """Hand out what may be, or wait to be woken."""
        if self.handed_out and not self.released.is_set():
            readable([wake], min(timeout, 0.1))
            return []
        answers = super().completed(timeout, wake)
        self._answers = [] if self.released.is_set() else answers[1:]
        taken = answers if self.released.is_set() else answers[:1]
        self.handed_out += len(taken)
        return taken


def test_what_comes_in_is_taken_at_once_though_outcomes_wait_to_be_written(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something hangs, something was answered, and it is not yet time to settle: whoever rings is not kept waiting."""
    monkeypatch.setattr("outhaul_worker.drain.SETTLE_SECONDS", 30.0)
    endpoints = [replace(endpoint(), name=f"hooks-{number}") for number in range(2)]
    targets = {each.name: Target(each, built("webhook")) for each in endpoints}
    transport = Halting()
    log = AttemptLog("worker", lambda **_: None, lambda *_: None)
    router = Router({each.name: each for each in endpoints})
    run = Drain(ledger, transport, targets, router, log, worker="worker", window=8, lease_ms=60_000, linger=1.0).run
    ledger.configure([(each.name, Policy(concurrency=8)) for each in endpoints])
    accept(ledger)
    working = threading.Thread(target=run)
    working.start()
    try:
        eventually(lambda: transport.handed_out == 1, within=5)
        accept(ledger, "ev_2")
        eventually(lambda: transport.sent.count("ev_2") == 2, within=5)
    finally:
        transport.released.set()
        working.join(10)
    assert {name: standing.delivered for name, standing in ledger.survey().standings.items()} == {
        "hooks-0": 2,
        "hooks-1": 2,
    }
