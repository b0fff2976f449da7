"""An event's status as the command shows it."""

from collections.abc import Sequence
from dataclasses import replace

import click

from outhaul_config.problems import ConfigError
from outhaul_config.settings import load_settings
from outhaul_ledger.ledger import Ledger
from outhaul_ops.exits import Failure
from outhaul_ops.output import counted, plain, print_columns
from outhaul_ops.wiring import read_destinations
from outhaul_producers.schema.moments import written
from outhaul_producers.status import AttemptStatus, DeliveryStatus, EventStatus, status_of

UNKNOWN = (
    "expected the id of an event in the ledger, got {event_id!r}: it was never accepted, or it finished and its"
    " retention is over"
)


def read_status(ledger: Ledger, event_id: str) -> EventStatus:
    """Read an event's status; a delivery that was never attempted gets its kind from the configuration.

    Raises:
        Failure: the ledger knows no such event.
    """
    record = ledger.status(event_id)
    if record is None:
        raise Failure(UNKNOWN.format(event_id=event_id))
    status = status_of(record)
    if all(delivery.kind for delivery in status.deliveries):
        return status
    kinds = _configured_kinds()
    return replace(status, deliveries=tuple(_with_kind(delivery, kinds) for delivery in status.deliveries))


def print_status(status: EventStatus) -> None:
    """Print an event with its deliveries and every attempt."""
    click.echo(plain(f"{status.event_id}  {status.type}  from {status.source}  accepted {written(status.accepted_at)}"))
    if status.expires_at:
        click.echo(f"not wanted any more from {written(status.expires_at)} on")
    if status.cancelled_at:
        click.echo(f"cancelled {written(status.cancelled_at)}")
    if not status.routed:
        click.echo("its destinations have not been worked out yet")
    elif not status.deliveries:
        click.echo("it had no delivery yet" if status.cancelled_at else "no destination wanted it")
    for delivery in status.deliveries:
        _print_delivery(delivery)


def _print_delivery(delivery: DeliveryStatus) -> None:
    facts = [delivery.state, counted(delivery.attempts, "attempt")]
    if delivery.due_at:
        facts.append(f"due {written(delivery.due_at)}")
    if delivery.waiting_for:
        until = f" until {written(delivery.waiting_until)}" if delivery.waiting_until else ""
        ahead = f" behind {delivery.waiting_for_event}" if delivery.waiting_for_event else ""
        facts.append(f"waiting for {delivery.waiting_for}{until}{ahead}")
    if delivery.possible_duplicate:
        facts.append("possible duplicate")
    click.echo()
    click.echo(plain(f"{delivery.destination} ({delivery.kind or 'kind unknown'}): {', '.join(facts)}"))
    if delivery.last_error:
        click.echo(plain(f"  {delivery.last_error}"))
    if delivery.log:
        heading = ("  #", "at", "outcome", "status", "ms", "next", "reason")
        print_columns([heading, *map(_row, delivery.log)])


def _row(attempt: AttemptStatus) -> Sequence[str]:
    marks = [
        mark for mark, there in (("possible duplicate", attempt.possible_duplicate), ("stale", attempt.stale)) if there
    ]
    said = f"said: {attempt.answer}" if attempt.answer else ""
    return (
        f"  {attempt.attempt}",
        written(attempt.at),
        attempt.outcome,
        str(attempt.status or "-"),
        "-" if attempt.duration_ms is None else f"{attempt.duration_ms:.0f}",
        written(attempt.due_at) if attempt.due_at else "-",
        "; ".join(filter(None, (attempt.reason, *marks, *attempt.warnings, said))),
    )


def _configured_kinds() -> dict[str, str]:
    # The status must be readable while the file of destinations is broken.
    try:
        return {name: destination.kind for name, destination in read_destinations(load_settings().destinations).items()}
    except ConfigError:
        return {}


def _with_kind(delivery: DeliveryStatus, kinds: dict[str, str]) -> DeliveryStatus:
    return replace(delivery, kind=delivery.kind or kinds.get(delivery.destination, ""))
