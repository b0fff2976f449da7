"""`outhaul dead-letters`: look at what will not be tried again; replay, discard or export it."""

import sys
from dataclasses import asdict, replace
from typing import Any

import click

from outhaul_config.moments import rfc3339
from outhaul_ledger import dead_letters as letters
from outhaul_ledger import replay as replays
from outhaul_ledger.dead_letters import Selection
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import State
from outhaul_ledger.pacing import parse_rate
from outhaul_ledger.survey import KeptEntry
from outhaul_ops.commands.options import json_option, reading, selecting
from outhaul_ops.exits import Failure
from outhaul_ops.export import export
from outhaul_ops.known import require_known
from outhaul_ops.output import counted, print_columns, print_json, print_json_array, warn, write
from outhaul_ops.progress import progress, watched
from outhaul_ops.status import print_status, read_status
from outhaul_ops.wiring import open_ledger

_HEADING = ("since", "destination", "event", "type", "attempts", "status", "reason")
_WIDTHS = (24, 16, 29, 18, 8, 6, 0)
_KEPT = (State.DEAD, State.HELD)

dry_run_option = click.option("--dry-run", is_flag=True, help="Only count what would be affected.")


@click.group("dead-letters")
def dead_letters() -> None:
    """Look at what will not be tried again; replay, discard or export it.

    Every filter may be left out. --destination, --type, --reason and --event may be repeated, which means "or".
    """


@dead_letters.command("list")
@selecting
@json_option
def list_(selection: Selection, as_json: bool) -> None:
    """List dead letters, by destination, the oldest first.

    Reasons are redacted, and event bodies are not shown; `export` has them.
    """
    ledger = _ledger_for(selection)
    found = letters.batches(ledger, selection, letters.reach_now(ledger, selection))
    if as_json:
        print_json_array(map(letters.described, batch) for batch in found)
        return
    rows = [_HEADING]
    for batch in found:
        print_columns([*rows, *map(_row, batch)], _WIDTHS)
        rows = []
    if rows:
        warn(f"{_counted(0, selection)} match")


@dead_letters.command("count")
@selecting
@json_option
def count(selection: Selection, as_json: bool) -> None:
    """Count dead letters by destination."""
    numbers = letters.count(_ledger_for(selection), selection)
    if as_json:
        print_json(_counts(numbers))
    else:
        _print_counts(numbers)


@dead_letters.command("show")
@click.argument("event_id")
@click.option("--destination", "destinations", multiple=True, metavar="NAME", help="Only of this destination.")
@json_option
def show(event_id: str, destinations: tuple[str, ...], as_json: bool) -> None:
    """Show an event's dead letters and held deliveries with every attempt."""
    status = read_status(open_ledger(), event_id)
    kept = [
        delivery
        for delivery in status.deliveries
        if delivery.state in _KEPT and delivery.destination in (destinations or [delivery.destination])
    ]
    if not kept:
        raise Failure(f"{event_id} has no dead letter there; `outhaul status {event_id}` shows all its deliveries")
    narrowed = replace(status, deliveries=tuple(kept))
    if as_json:
        print_json(narrowed.as_json())
    else:
        print_status(narrowed)


@dead_letters.command("replay")
@selecting
@click.option("--rate", callback=reading(parse_rate), metavar="N/s", help="At most so many per second (also N/m, N/h).")
@click.option("--restart", is_flag=True, help="Forget an unfinished replay with these filters, begin a new one.")
@dry_run_option
@json_option
def replay(selection: Selection, rate: float | None, restart: bool, dry_run: bool, as_json: bool) -> None:
    """Make dead letters due again, with a fresh retry budget.

    Stopped half-way, the same command goes on where it was: it leaves out what died after the first call began.
    """
    ledger = _ledger_for(selection)
    if dry_run:
        _print_dry_run(ledger, selection, as_json=as_json)
        return
    begun = replays.begin(ledger, selection, restart=restart)
    if begun.resumed:
        warn(f"going on with the replay begun at {rfc3339(begun.cutoff)}; what died later is left out")
    total = _replay(ledger, begun, rate, bar=watched() and not as_json)
    newer = replays.count_newer(ledger, begun) if begun.resumed else 0
    if as_json:
        print_json({"dry_run": False, **asdict(total), **_told(begun), "newer": newer})
        return
    click.echo(f"replayed {_counted(total.replayed, selection)}")
    if newer:
        click.echo(f"{newer} more died after {rfc3339(begun.cutoff)}; run the command again for those")


@dead_letters.command("discard")
@selecting
@click.option("--yes", is_flag=True, help="Do not ask.")
@dry_run_option
@json_option
def discard(selection: Selection, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Give dead letters up for good: they end as cancelled and will never be delivered."""
    ledger = _ledger_for(selection)
    if dry_run:
        _print_dry_run(ledger, selection, as_json=as_json)
        return
    if as_json and not yes:
        raise click.UsageError("--json asks no questions: give --yes as well, or --dry-run to see what it would do")
    reach = letters.reach_now(ledger, selection)
    total = sum(letters.count(ledger, selection).values())
    if total and not yes and not click.confirm(f"Discard {_counted(total, selection)} for good?", err=True):
        raise Failure("nothing was discarded")
    done = 0
    with progress("discarding", lambda: total, shown=watched() and not as_json) as advance:
        for number in letters.discard(ledger, letters.batches(ledger, selection, reach)):
            done += number
            advance(number)
    if as_json:
        print_json({"dry_run": False, "discarded": done})
    else:
        click.echo(f"discarded {_counted(done, selection)}")


@dead_letters.command("export")
@selecting
@click.option("--json", "as_json", is_flag=True, help="Accepted as everywhere; an export is always JSON.")
def export_(selection: Selection, as_json: bool) -> None:  # noqa: ARG001 - it changes nothing here
    """Write dead letters to standard output, one JSON object a line, each with its event and attempts.

    The event is written in full, personal data included: it is what was to be delivered. Reasons and answers are
    redacted.
    """
    ledger = _ledger_for(selection)
    found = letters.batches(ledger, selection, letters.reach_now(ledger, selection))
    with progress(
        "exporting", lambda: _total(ledger, selection), shown=watched() and not sys.stdout.isatty()
    ) as advance:
        for lines in export(ledger, found):
            write(b"".join(line + b"\n" for line in lines))
            advance(len(lines))


def _ledger_for(selection: Selection) -> Ledger:
    ledger = open_ledger()
    require_known(ledger, selection.destinations)
    return ledger


def _replay(ledger: Ledger, begun: replays.Begun, rate: float | None, *, bar: bool) -> replays.Step:
    replayed = gone = 0
    try:
        with progress("replaying", lambda: _total(ledger, begun.selection), shown=bar) as advance:
            for step in replays.carry_out(ledger, begun, rate):
                replayed, gone = replayed + step.replayed, gone + step.gone
                advance(step.replayed + step.gone)
    except BaseException:
        warn(f"stopped after {_counted(replayed, begun.selection)}; the same command goes on from here")
        raise
    return replays.Step(replayed, gone)


def _total(ledger: Ledger, selection: Selection) -> int:
    return sum(letters.count(ledger, selection).values())


def _print_dry_run(ledger: Ledger, selection: Selection, *, as_json: bool) -> None:
    numbers = letters.count(ledger, selection)
    if as_json:
        print_json({"dry_run": True, **_counts(numbers)})
        return
    _print_counts(numbers)
    warn("dry run: nothing was changed")


def _counts(numbers: dict[str, int]) -> dict[str, Any]:
    return {"total": sum(numbers.values()), "destinations": numbers}


def _print_counts(numbers: dict[str, int]) -> None:
    rows = [(name, str(number)) for name, number in numbers.items()]
    print_columns([*rows, ("total", str(sum(numbers.values())))])


def _told(begun: replays.Begun) -> dict[str, Any]:
    return {"resumed": begun.resumed, "cutoff": rfc3339(begun.cutoff)}


def _counted(number: int, selection: Selection) -> str:
    if selection.state is State.HELD:
        return counted(number, "held delivery", "held deliveries")
    return counted(number, "dead letter")


def _row(entry: KeptEntry) -> tuple[str, ...]:
    told = letters.described(entry)
    status = str(told["last_status"] or "-")
    return (
        told["since"],
        told["destination"],
        told["event_id"],
        told["type"],
        str(told["attempts"]),
        status,
        told["reason"],
    )
