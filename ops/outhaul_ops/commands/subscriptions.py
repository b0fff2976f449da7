"""`outhaul subscriptions`: who has subscribed to what, and how each stands."""

from typing import Any

import click

from outhaul_config.moments import rfc3339
from outhaul_config.redaction import redact
from outhaul_ledger.subscribing import Standing, SubscriptionLedger
from outhaul_ops.commands.options import json_option
from outhaul_ops.exits import Failure
from outhaul_ops.output import plain, print_columns, print_json
from outhaul_ops.wiring import open_ledger
from outhaul_producers.subscriptions.book import SubscriptionBook
from outhaul_producers.subscriptions.model import Subscription

_HEADING = ("subscription", "kind", "owner", "types", "address", "state")


@click.group("subscriptions")
def subscriptions() -> None:
    """List and show subscriptions, and remove one. To stop one and let it go on: outhaul destinations pause, resume."""


@subscriptions.command("list")
@click.option("--owner", help="Only those of `api`, or of `okanjo:` and an account.")
@json_option
def list_(owner: str | None, as_json: bool) -> None:
    """List subscriptions, the oldest first."""
    ledger = _ledger()
    found = [each for each in _all(ledger) if owner in (None, each.draft.owner)]
    standings = ledger.standings([each.name for each in found])
    rows = [_described(each, standing) for each, standing in zip(found, standings, strict=True)]
    if as_json:
        print_json(rows)
        return
    print_columns([_HEADING, *map(_row, rows)])


@subscriptions.command("show")
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show the subscription NAME, without its secrets."""
    ledger = _ledger()
    found = next((each for each in _all(ledger) if each.name == name), None)
    if found is None:
        raise _unknown(name)
    told = _described(found, ledger.standings([name])[0])
    if as_json:
        print_json(told)
        return
    width = max(map(len, told))
    for field, value in told.items():
        click.echo(f"{field:<{width}}  {plain(str('-' if value is None else value))}")


@subscriptions.command("remove")
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Remove the subscription NAME; what it has not got yet is cancelled."""
    if not _ledger().unsubscribe(name):
        raise _unknown(name)
    if as_json:
        print_json({"subscription": name, "removed": True})
    else:
        click.echo(f"removed {name}")


def _ledger() -> SubscriptionLedger:
    ledger = open_ledger()
    return SubscriptionLedger(ledger.client, ledger.namespace)


def _all(ledger: SubscriptionLedger) -> list[Subscription]:
    book = SubscriptionBook(ledger)
    book.catch_up()
    return sorted(book, key=lambda each: (each.entry.created_at, each.name))


def _unknown(name: str) -> Failure:
    return Failure(f"expected a subscription, got {name!r}; `outhaul subscriptions list` shows them")


def _described(subscription: Subscription, standing: Standing) -> dict[str, Any]:
    draft = subscription.draft
    return {
        "subscription": subscription.name,
        "kind": draft.kind,
        "owner": draft.owner,
        "types": list(draft.types),
        "filter": draft.filter,
        "address": draft.url,
        "headers": sorted(draft.options.get("headers", {})),
        "description": draft.description,
        "created_at": rfc3339(subscription.entry.created_at),
        "disabled": redact(standing.reason) or None,
        "disabled_at": rfc3339(standing.since) if standing.since else None,
        "failing_since": rfc3339(standing.failing_since) if standing.failing_since else None,
    }


def _row(told: dict[str, Any]) -> tuple[str, ...]:
    types = told["types"]
    shown = ", ".join(types[:3]) + (f" and {len(types) - 3} more" if len(types) > 3 else "")
    state = f"disabled: {told['disabled']}" if told["disabled"] else "enabled"
    return (told["subscription"], told["kind"], told["owner"], shown, told["address"], state)
