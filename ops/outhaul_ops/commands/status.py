"""`outhaul status`: an event's deliveries and every attempt."""

import click

from outhaul_ops.commands.options import json_option
from outhaul_ops.output import print_json
from outhaul_ops.status import print_status, read_status
from outhaul_ops.wiring import open_ledger


@click.command("status")
@click.argument("event_id")
@json_option
def status(event_id: str, as_json: bool) -> None:
    """Show an event's deliveries and every attempt: when, what came of it, what happens next and why it waits."""
    read = read_status(open_ledger(), event_id)
    if as_json:
        print_json(read.as_json())
    else:
        print_status(read)
