"""`outhaul destinations`: how each stands; check and try their configuration; pause and resume one."""

from collections.abc import Mapping
from typing import Any

import click

from outhaul_config.destinations import Destination
from outhaul_config.moments import rfc3339
from outhaul_config.redaction import redact
from outhaul_config.settings import load_settings
from outhaul_ledger.ledger import Ledger, connect
from outhaul_ledger.subscribing import SubscriptionLedger
from outhaul_ledger.survey import Standing, Survey
from outhaul_ops.commands.destinations_check import check
from outhaul_ops.commands.destinations_test import test
from outhaul_ops.commands.options import json_option
from outhaul_ops.known import require_known
from outhaul_ops.output import print_columns, print_json, warn
from outhaul_ops.wiring import open_ledger, read_configuration
from outhaul_producers.subscriptions.book import SubscriptionBook

_HEADING = ("destination", "kind", "waiting", "in flight", "dead", "held", "delivered", "oldest due", "state")


@click.group("destinations")
def destinations() -> None:
    """List destinations; check their configuration and try it; pause and resume them."""


destinations.add_command(check)
destinations.add_command(test)


@destinations.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List every destination: configured ones, subscriptions, and those that the ledger still has deliveries for."""
    configuration = read_configuration()
    for problem in configuration.problems:
        warn(str(problem))
    ledger = connect(configuration.settings or load_settings())
    survey = ledger.survey()
    known = {**configuration.destinations, **subscribed(ledger)}
    names = sorted({*known, *survey.standings})
    rows = [_described(name, known, survey) for name in names]
    if as_json:
        print_json(rows)
        return
    print_columns([_HEADING, *map(_row, rows)])


@destinations.command("pause")
@click.argument("name")
@click.option("--reason", default="paused by hand", show_default=True, help="Shown wherever its deliveries wait.")
@json_option
def pause(name: str, reason: str, as_json: bool) -> None:
    """Keep the deliveries of NAME and attempt none of them until it is resumed."""
    ledger = open_ledger()
    require_known(ledger, [name])
    ledger.pause(name, reason.strip() or "paused by hand")
    if as_json:
        print_json({"destination": name, "paused": True})
    else:
        click.echo(f"paused {name}; `outhaul destinations resume {name}` lets it go on")


@destinations.command("resume")
@click.argument("name")
@json_option
def resume(name: str, as_json: bool) -> None:
    """Let the deliveries of NAME go on."""
    ledger = open_ledger()
    require_known(ledger, [name])
    was_paused = ledger.resume(name)
    if as_json:
        print_json({"destination": name, "paused": False, "was_paused": was_paused})
    else:
        click.echo(f"resumed {name}" if was_paused else f"{name} was not paused")


def subscribed(ledger: Ledger) -> dict[str, Destination]:
    """Return the subscriptions as the destinations that they are."""
    book = SubscriptionBook(SubscriptionLedger(ledger.client, ledger.namespace))
    book.catch_up()
    return {each.name: Destination(each.name, each.draft.kind, each.draft.types) for each in book}


def _described(name: str, configured: Mapping[str, Destination], survey: Survey) -> dict[str, Any]:
    destination, standing = configured.get(name), survey.standings.get(name)
    oldest_due = standing.oldest_due if standing else None
    return {
        "destination": name,
        "kind": destination.kind if destination else None,
        "configured": destination is not None,
        "subscribe": destination.subscribe if destination else [],
        "paused": redact(standing.paused) or None if standing else None,
        "oldest_due": None if oldest_due is None else rfc3339(oldest_due),
        **_numbers(standing),
    }


def _numbers(standing: Standing | None) -> dict[str, int]:
    names = ("waiting", "in_flight", "dead", "held", "delivered", "skipped", "cancelled")
    return {name: getattr(standing, name, 0) for name in names}


def _row(told: Mapping[str, Any]) -> tuple[str, ...]:
    state = f"paused: {told['paused']}" if told["paused"] else "active" if told["configured"] else "not configured"
    numbers = (str(told[name]) for name in ("waiting", "in_flight", "dead", "held", "delivered"))
    return (told["destination"], told["kind"] or "-", *numbers, told["oldest_due"] or "-", state)
