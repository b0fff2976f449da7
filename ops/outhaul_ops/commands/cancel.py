"""`outhaul cancel`: take an event back."""

import click

from outhaul_ops.commands.options import json_option
from outhaul_ops.exits import Failure
from outhaul_ops.output import counted, plain, print_columns, print_json
from outhaul_ops.status import UNKNOWN
from outhaul_ops.wiring import open_ledger
from outhaul_producers.cancel import Cancellation, CancelledDelivery, cancellation_of

_UNDER_WAY = "an attempt is under way; it is not repeated if it fails"


@click.command("cancel")
@click.argument("event_id")
@json_option
def cancel(event_id: str, as_json: bool) -> None:
    """Stop what has not been sent of an event, and say what already was."""
    cancelled = open_ledger().cancel(event_id)
    if cancelled is None:
        raise Failure(UNKNOWN.format(event_id=event_id))
    cancellation = cancellation_of(event_id, cancelled)
    if as_json:
        print_json(cancellation.as_json())
    else:
        _print(cancellation)


def _print(cancellation: Cancellation) -> None:
    if cancellation.before_routing:
        click.echo(plain(f"cancelled {cancellation.event_id} before it had any delivery"))
        return
    stopped = sum(each.stopped for each in cancellation.deliveries)
    click.echo(f"cancelled {counted(stopped, 'delivery', 'deliveries')}")
    if cancellation.deliveries:
        print_columns([(each.destination, _told(each)) for each in cancellation.deliveries])


def _told(delivery: CancelledDelivery) -> str:
    if delivery.stopped:
        return "cancelled now"
    return _UNDER_WAY if delivery.state == "leased" else f"already {delivery.state}"
