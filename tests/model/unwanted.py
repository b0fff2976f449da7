"""Events that are not wanted any more: taken back by their sender, or expired; and what must be true of them then."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from model.action import Action, Size, Violation, expect
from model.snapshot import Snapshot, field_of, moment_of
from model.world import Held, Pairs, Situation, World, including
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Cancelled, Lease, Schedule, State
from outhaul_ledger.record import DeliveryRecord

EXPIRED, LOST = "expired", "worker_lost"  # reasons of dead letters that no endpoint gave
_STATE, _SINCE = 0, 5  # columns of a packed delivery


def actions(situation: Situation, size: Size) -> Iterator[Action]:
    """Yield what senders and dispatchers can do now."""
    world = situation.world
    if world.can("cancels"):
        for event in world.offered:
            yield Action(f"take {event} back", False, partial(_cancel, world=world, event=event, size=size))
    if size.expires_ms:
        yield Action("end what has expired", True, partial(_expire, situation=situation, size=size))


def schedules(ledger: Ledger, events: Sequence[str], size: Size) -> dict[str, Schedule]:
    """Say when these events expire, which are fanned out now."""
    if not size.expires_ms:
        return {}
    return {event: Schedule(expires=int(ledger.survey().now) + size.expires_ms) for event in events}


def check_lease(situation: Situation, lease: Lease) -> None:
    """What was taken back is not leased again, nor what has expired and was not asked for since."""
    pair = (lease.destination, lease.event_id)
    expect(pair not in situation.world.stopped, f"{pair} was taken back and is leased again")
    expect(not _is_over(situation.ledger, *pair), f"{pair} has expired and is leased")


def check_ends(*, ledger_before: Snapshot, ledger: Ledger, size: Size) -> None:
    """What became a dead letter without an attempt did so because it expired, or as a killer of workers."""
    for destination, event, is_now in _deliveries(ledger, size):
        if is_now.state is State.DEAD and _state(ledger_before, destination, event) != State.DEAD:
            reasons = (EXPIRED, LOST) if _is_over(ledger_before, destination, event) else (LOST,)
            expect(is_now.reason in reasons, f"{event} at {destination} is dead with the reason {is_now.reason!r}")


def check_settled(world: World, held: Held, found: DeliveryRecord | None, *, done: bool) -> None:
    """What was taken back ends with the attempt that was under way."""
    if done and found and held[:2] in world.stopped:
        expect(found.state in (State.DELIVERED, State.CANCELLED), f"{held[:2]} was taken back and is {found.state}")


def _cancel(ledger: Ledger, world: World, event: str, size: Size) -> World:
    answer, again, record = ledger.cancel(event), ledger.cancel(event), ledger.status(event)
    if not answer or not again or not record:
        raise Violation(f"{event} is known and cannot be taken back")
    expect(not again.unrouted and not any(each.now for each in again.deliveries), f"{event} is taken back twice")
    told = {each.destination: each.state for each in answer.deliveries}
    found = {name: each.state for name, each in record.deliveries.items()}
    expect(told == found, f"{event} is told as {told} and is {found}")
    for destination, state in told.items():
        delivered = (destination, event) in world.settled
        expect(not delivered or state is State.DELIVERED, f"{event} was delivered to {destination}, told as {state}")
        expect(state is not State.PENDING, f"{event} was taken back and is pending at {destination}")
    return replace(world.spending("cancels"), stopped=including(world.stopped, *_stopped(answer, event, size)))


def _stopped(answer: Cancelled, event: str, size: Size) -> Pairs:
    """What will not be tried again: all of an event without deliveries, else what ended now or is in flight."""
    if answer.unrouted:
        return tuple((destination, event) for destination in size.destinations)
    return tuple((each.destination, event) for each in answer.deliveries if each.now or each.state is State.LEASED)


def _expire(ledger: Ledger, situation: Situation, size: Size) -> World:
    done = ledger.expire()
    ended = 0
    for destination, event, is_now in _deliveries(ledger, size):
        before = _state(situation.ledger, destination, event)
        due = _is_over(situation.ledger, destination, event) and _is_looked_at(situation.ledger, event)
        over = before == State.PENDING and due
        expect(over == (before != is_now.state), f"{event} at {destination} was {before} and is {is_now.state}")
        expect(not over or (is_now.state, is_now.reason) == (State.DEAD, EXPIRED), f"{event}: {is_now}")
        ended += over
    expect(done.deliveries == ended, f"{done.deliveries} ended by the answer, {ended} by the records")
    return situation.world


def _deliveries(ledger: Ledger, size: Size) -> Iterator[tuple[str, str, DeliveryRecord]]:
    for event in size.events:
        record = ledger.status(event)
        for destination, delivery in record.deliveries.items() if record else ():
            yield destination, event, delivery


def _state(ledger: Snapshot, destination: str, event: str) -> str:
    return _columns(ledger, destination, event)[_STATE]


def _columns(ledger: Snapshot, destination: str, event: str) -> list[str]:
    return field_of(ledger, f"record:{event}", f"d:{destination}").split("\t")


def _is_over(ledger: Snapshot, destination: str, event: str) -> bool:
    """Whether the event has expired, and no one has asked for this delivery since."""
    expires = moment_of(field_of(ledger, f"record:{event}", "expires"))
    wanted = moment_of(_columns(ledger, destination, event)[_SINCE]) if expires is not None else None
    return expires is not None and expires <= 0 and (wanted is None or wanted < expires)


def _is_looked_at(ledger: Snapshot, event: str) -> bool:
    """Whether it is time to: not for a second after something of it was found in flight."""
    looked_at = moment_of(field_of(ledger, "expiring", event))
    return looked_at is not None and looked_at <= 0
