"""Options that several commands share, and how their values are read."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from outhaul_config.moments import parse_point
from outhaul_ledger.dead_letters import Selection
from outhaul_ledger.model import State

Command = Callable[..., None]


def reading(parse: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, str | None], Any]:
    """Make an option's callback of `parse`, which raises `ValueError` with a message for the user."""

    def read(_context: click.Context, _parameter: click.Parameter, written: str | None) -> Any:
        try:
            return None if written is None else parse(written)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error

    return read


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

_SELECTING = (
    click.option("--destination", "destinations", multiple=True, metavar="NAME", help="Only of this destination."),
    click.option("--type", "types", multiple=True, metavar="TYPE", help="Only this event type, or a pattern: order.*"),
    click.option("--reason", "reasons", multiple=True, metavar="TEXT", help="Only where the reason contains this."),
    click.option("--event", "events", multiple=True, metavar="ID", help="Only this event."),
    click.option(
        "--since",
        callback=reading(parse_point),
        metavar="TIME",
        help="Only what died then or later: RFC 3339, or 2h, 7d ago.",
    ),
    click.option("--until", callback=reading(parse_point), metavar="TIME", help="Only what died then or earlier."),
    click.option("--limit", type=click.IntRange(1), metavar="N", help="At most so many, the oldest first."),
    click.option("--held", is_flag=True, help="Deliveries held for their ambiguous outcome instead of dead letters."),
)


def selecting(command: Command) -> Command:
    """Give a command the filters, and pass what they come to as `selection`."""

    @wraps(command)
    def with_selection(held: bool, **given: Any) -> None:
        names = ("destinations", "types", "reasons", "events", "since", "until", "limit")
        filters = {name: given.pop(name) for name in names}
        command(selection=Selection(State.HELD if held else State.DEAD, **filters), **given)

    wrapped: Command = with_selection
    for option in reversed(_SELECTING):
        wrapped = option(wrapped)
    return wrapped
