"""What can happen next: every call of a drain, of a producer, of a dispatcher, of an operator; faults; and time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from model import unwanted
from model.action import Action, Size, expect
from model.snapshot import Snapshot, field_of, older, with_another_run
from model.world import REFUSED, TAKEN, UNSURE, Drain, Held, Situation, World, excluding, including
from model.writing import FRESH
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Acceptance, Health, Lease, Route, Settlement, State, Submission
from outhaul_ledger.record import DeliveryRecord

TICK_MS = 11_000  # more than a drain may be silent, and than a retry waits
LEASE_MS = 15_000  # two ticks
RETRY_MS = 5_000
MOST_TRIES = 2
_ORDER = -2  # column of a packed delivery
WORKER = "worker"


def actions(situation: Situation, size: Size) -> Iterator[Action]:
    """Yield everything that can happen now."""
    world = situation.world
    yield from _producer(world, size)
    yield from _beginning(world, size)
    for drain in world.drains:
        yield from _routing(world, drain, size)
        yield from _leasing(situation, drain, size)
        yield from _sending(situation, drain, size)
        yield from _settling(world, drain)
        yield from _ending(situation, drain)
    yield from _standing_by(situation, size)
    yield from unwanted.actions(situation, size)


def _producer(world: World, size: Size) -> Iterator[Action]:
    for event in size.events:
        if event not in world.offered:
            accept = partial(_accept, world=world, event=event)
            yield Action(f"accept {event}", True, accept, synced=True)
            return  # the others differ in name only


def _accept(ledger: Ledger, world: World, event: str) -> World:
    submission = Submission(event, "digest", "/", "custom.ping", b"{}")
    (first,), (again,) = ledger.accept([submission]), ledger.accept([submission])
    expect(first.result is Acceptance.ACCEPTED and again.result is Acceptance.DUPLICATE, f"{event}: {first}, {again}")
    return replace(world, offered=tuple(sorted((*world.offered, event))))


def _beginning(world: World, size: Size) -> Iterator[Action]:
    if len(world.drains) < size.drains:

        def begin(ledger: Ledger) -> World:
            ledger.begin(FRESH)
            return replace(world, drains=(*world.drains, Drain(FRESH)))

        yield Action("begin", True, begin)


def _routing(world: World, drain: Drain, size: Size) -> Iterator[Action]:
    lost = world.with_drain(drain._replace(closing=True, inbound=()))
    if drain.inbound:

        def fan_out(ledger: Ledger) -> None:
            routes = [Route(destination, order=size.order) for destination in size.destinations]
            schedules = unwanted.schedules(ledger, drain.inbound, size)
            ledger.fan_out(drain.name, [(event, routes) for event in drain.inbound], schedules)

        yield from _heard_or_lost(
            f"{drain.name} fans out", world, fan_out, world.with_drain(drain._replace(inbound=())), lost
        )
    elif not drain.closing:

        def look(ledger: Ledger) -> World:
            found = ledger.lease_inbox(drain.name, len(size.events), LEASE_MS).events
            return world.with_drain(drain._replace(inbound=tuple(sorted(each.event_id for each in found))))

        yield Action(f"{drain.name} looks into the inbox", True, look)
        if world.can("losses"):
            yield Action(
                f"{drain.name} looks into the inbox, answer lost",
                False,
                lambda ledger: _after(look(ledger), lost.spending("losses")),
            )


def _heard_or_lost(
    label: str, world: World, call: Callable[[Ledger], object], heard: World, lost: World
) -> Iterator[Action]:
    yield Action(label, True, lambda ledger: _after(call(ledger), heard))
    if world.can("losses"):
        yield Action(f"{label}, answer lost", False, lambda ledger: _after(call(ledger), lost.spending("losses")))


def _after(_: object, world: World) -> World:
    return world


def _leasing(situation: Situation, drain: Drain, size: Size) -> Iterator[Action]:
    world = situation.world
    yield Action(f"{drain.name} beats", True, lambda led: _after(led.lease(drain.name, WORKER, 0, LEASE_MS), world))
    room = size.batch - len(drain.held)
    if drain.closing or drain.inbound or room < 1:
        return

    def lease(led: Ledger) -> World:
        leases = led.lease(drain.name, WORKER, room, LEASE_MS).leases
        for each in leases:
            _check_lease(world, each)
            _check_turn(situation.ledger, each)
            unwanted.check_lease(situation, each)
        unwanted.check_ends(ledger_before=situation.ledger, ledger=led, size=size)
        held = tuple(sorted((*drain.held, *(_held(each) for each in leases))))
        return world.with_drain(drain._replace(held=held))

    yield Action(f"{drain.name} leases", True, lease)
    if world.can("losses"):
        lost = world.with_drain(drain._replace(closing=True)).spending("losses")
        yield Action(f"{drain.name} leases, answer lost", False, lambda led: _after(lease(led), lost))


def _held(lease: Lease) -> Held:
    return Held(lease.destination, lease.event_id, lease.attempt, lease.tries, lease.possible_duplicate)


def _check_lease(world: World, lease: Lease) -> None:
    pair = (lease.destination, lease.event_id)
    expect(pair not in world.settled, f"{pair} was settled as delivered and is leased again")
    for drain in world.drains:
        for held in drain.held:
            if held[:2] == pair:
                expect(held.attempt < lease.attempt, f"{pair}: attempt {lease.attempt} was leased before")
                marked = lease.possible_duplicate or held.fate == REFUSED
                expect(marked, f"{pair} is in flight elsewhere, and is leased again unmarked")


def _check_turn(ledger: Snapshot, lease: Lease) -> None:
    """No delivery with the same key that was accepted before it may still have its place."""
    mine = int(field_of(ledger, f"record:{lease.event_id}", "sequence"))
    for entry in ledger:
        if entry.name.startswith("record:") and int(field_of([entry], entry.name, "sequence")) < mine:
            columns = field_of([entry], entry.name, f"d:{lease.destination}").split("\t")
            waiting = columns[0] in ("pending", "leased") and columns[_ORDER]
            expect(not waiting, f"{lease.event_id} is leased before {entry.name}, which was accepted before it")


def _sending(situation: Situation, drain: Drain, size: Size) -> Iterator[Action]:
    for index, held in enumerate(drain.held):
        if held.fate:
            continue

        for fate in size.fates:
            jump = partial(_send, situation, drain, index, fate)
            yield Action(f"{drain.name} sends {held[:2]}: {fate}", fate == TAKEN, None, jump)
        return  # a drain's other sends commute with this one


def _send(situation: Situation, drain: Drain, index: int, fate: str) -> Situation:
    world, held = situation.world, drain.held[index]
    pair = (held.destination, held.event)
    # A drain that hung before it sent cannot know of the other that sent meanwhile; then that one is marked.
    told = held.duplicate or pair in world.marked
    expect(pair not in world.taken or told, f"{pair} reaches its endpoint again and is not marked")
    sent = (*drain.held[:index], held._replace(fate=fate), *drain.held[index + 1 :])
    taken = world.taken if fate == REFUSED else including(world.taken, pair)
    marked = including(world.marked, pair) if held.duplicate and fate != REFUSED else world.marked
    return replace(situation, world=replace(world, taken=taken, marked=marked).with_drain(drain._replace(held=sent)))


def _settling(world: World, drain: Drain) -> Iterator[Action]:
    for held in drain.held:
        if not held.fate:
            continue
        left = drain._replace(held=tuple(each for each in drain.held if each is not held))
        pair = held[:2]
        label = f"{drain.name} settles {pair}: {held.fate}"
        yield Action(label, True, partial(_settle, held=held, drain=drain, after=world.with_drain(left)))
        if world.can("losses"):
            kept = world.with_drain(drain._replace(closing=True)).spending("losses")
            yield Action(f"{label}, answer lost", False, partial(_settle, held=held, drain=drain, after=kept))


def _settle(ledger: Ledger, held: Held, drain: Drain, after: World) -> World:
    before = _delivery(ledger, held)
    (done,) = ledger.settle(drain.name, [_settlement(held)])
    after_it = _delivery(ledger, held)
    expect(done or after_it == before, f"{held}: a lease that was no longer current changed the delivery")
    unwanted.check_settled(after, held, after_it, done=done)
    if done and held.fate == TAKEN:
        return replace(after, settled=including(after.settled, held[:2]))
    return after


def _delivery(ledger: Ledger, held: Held) -> DeliveryRecord | None:
    record = ledger.status(held.event)
    return record.deliveries.get(held.destination) if record else None


def _settlement(held: Held) -> Settlement:
    state, status, health = State.PENDING, 0, Health.TIMED_OUT
    if held.fate == TAKEN:
        state, status, health = State.DELIVERED, 200, Health.OK
    elif held.fate == REFUSED:
        state = State.DEAD if held.tries >= MOST_TRIES else State.PENDING
        status, health = 500, Health.FAILING
    return Settlement(
        held.destination,
        held.event,
        held.attempt,
        state,
        held.fate,
        status,
        delay_ms=RETRY_MS if state is State.PENDING else 0,
        ambiguous=held.fate == UNSURE,
        health=health,
        duration_ms=10,
    )


def _ending(situation: Situation, drain: Drain) -> Iterator[Action]:
    world = situation.world
    if drain.idle:
        yield Action(
            f"{drain.name} ends",
            True,
            lambda ledger: _after(ledger.retire(drain.name), world.without_drain(drain.name)),
        )
    if world.can("crashes"):
        gone = world.without_drain(drain.name).spending("crashes")
        yield Action(f"{drain.name} dies", False, None, lambda: replace(situation, world=gone))


def _standing_by(situation: Situation, size: Size) -> Iterator[Action]:
    world = situation.world
    yield Action("recover", True, lambda ledger: _after(ledger.recover(), world))
    yield Action(
        "time passes",
        True,
        None,
        lambda: replace(situation, ledger=older(situation.ledger, TICK_MS), durable=older(situation.durable, TICK_MS)),
    )
    if world.can("restarts"):
        back = replace(world.spending("restarts"), settled=(), stopped=())
        yield Action(
            "the server falls back to its disk",
            False,
            None,
            lambda: Situation(back, with_another_run(situation.durable), situation.durable),
        )
        yield Action("the disk catches up", False, None, lambda: replace(situation, durable=situation.ledger))
    for destination in size.destinations:
        yield from _operating(world, situation.ledger, destination, size)


def _operating(world: World, ledger: Snapshot, destination: str, size: Size) -> Iterator[Action]:
    paused = field_of(ledger, f"destination:{destination}", "paused")
    if paused:
        yield Action(f"resume {destination}", True, lambda led: _after(led.resume(destination), world))
    if not world.can("wishes"):
        return
    spent = world.spending("wishes")
    if not paused:
        yield Action(f"pause {destination}", False, partial(_pause, world=spent, destination=destination))
    dead = [row[0] for entry in ledger if entry.name == f"dead:{destination}" for row in entry.value]
    for event in dead:
        yield Action(f"replay {event}", False, partial(_replay, world=spent, destination=destination, event=event))
        yield Action(f"discard {event}", False, partial(_discard, world=spent, destination=destination, event=event))


def _pause(ledger: Ledger, world: World, destination: str) -> World:
    ledger.pause(destination, "why")
    return world


def _replay(ledger: Ledger, world: World, destination: str, event: str) -> World:
    expect(ledger.replay([(destination, event)]) == [True], f"{event} at {destination} is dead and is not replayed")
    expect(ledger.replay([(destination, event)]) == [False], f"{event} at {destination} is replayed twice")
    pair = (destination, event)
    return replace(world, settled=excluding(world.settled, pair), stopped=excluding(world.stopped, pair))


def _discard(ledger: Ledger, world: World, destination: str, event: str) -> World:
    expect(ledger.discard([(destination, event)]) == [True], f"{event} at {destination} is dead and is not discarded")
    return world
