"""`outhaul destinations`: how each stands; check and try their configuration; pause and resume one."""

from collections.abc import Mapping
from typing import Any

import click

from outhaul_config.destinations import Destination
from outhaul_config.moments import rfc3339
from outhaul_config.redaction import redact
from outhaul_config.settings import load_settings
from outhaul_ledger.flow import BreakerState, Flow, Waiting
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

_HEADING = (
    "destination",
    "kind",
    "waiting",
    "in flight",
    "limit",
    "rate",
    "dead",
    "held",
    "delivered",
    "oldest due",
    "state",
)


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
    """Let the deliveries of NAME go on; where its breaker is open, one attempt goes at once."""
    ledger = open_ledger()
    require_known(ledger, [name])
    was = ledger.resume(name)
    if as_json:
        print_json({"destination": name, "paused": False, "was_paused": was.paused, "breaker_was_open": was.opened})
        return
    click.echo(f"resumed {name}" if was.paused else f"{name} was not paused")
    if was.opened:
        click.echo("its breaker was open: one attempt goes now, and when that is answered the others follow")


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
        **_limits(destination),
        **_flow(standing, survey.now),
        **_numbers(standing),
    }


def _limits(destination: Destination | None) -> dict[str, Any]:
    policy = destination.policy if destination else None
    return {
        "concurrency": policy.concurrency if policy else None,
        "rate": str(policy.rate) if policy and policy.rate else None,
    }


def _flow(standing: Standing | None, now: int) -> dict[str, Any]:
    flow = standing.flow if standing else Flow()
    waiting = standing.waiting_for(now) if standing else None
    return {
        "limit": flow.limit,
        "waiting_for": str(waiting) if waiting else None,
        "breaker": str(flow.breaker),
        "breaker_until": rfc3339(flow.reopen_at) if flow.breaker is BreakerState.OPEN else None,
        "slow": flow.slow,
    }


def _numbers(standing: Standing | None) -> dict[str, int]:
    names = ("waiting", "behind", "in_flight", "dead", "held", "delivered", "skipped", "cancelled")
    return {name: getattr(standing, name, 0) for name in names}


def _row(told: Mapping[str, Any]) -> tuple[str, ...]:
    limits = ("-" if told[name] is None else str(told[name]) for name in ("limit", "rate"))
    numbers = (str(told[name]) for name in ("dead", "held", "delivered"))
    load = (str(told["waiting"]), str(told["in_flight"]))
    return (told["destination"], told["kind"] or "-", *load, *limits, *numbers, told["oldest_due"] or "-", _state(told))


def _state(told: Mapping[str, Any]) -> str:
    if told["paused"]:
        return f"paused: {told['paused']}"
    if told["breaker"] == BreakerState.HALF_OPEN:
        return f"{Waiting.BREAKER_OPEN}: one attempt is under way"
    if told["breaker"] == BreakerState.OPEN:
        return f"{Waiting.BREAKER_OPEN} until {told['breaker_until']}"
    if told["waiting_for"] == Waiting.RATE_LIMITED:
        return str(Waiting.RATE_LIMITED)
    return "active" if told["configured"] else "not configured"
