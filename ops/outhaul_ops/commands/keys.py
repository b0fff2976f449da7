"""`outhaul keys`: who may call the HTTP API."""

import re
from typing import Any

import click

from outhaul_config.durations import parse_duration
from outhaul_config.moments import rfc3339
from outhaul_ledger.keyring import Allowance, ApiKey, Keyring, Scope
from outhaul_ops.commands.options import json_option, reading
from outhaul_ops.exits import Failure
from outhaul_ops.output import print_columns, print_json, warn
from outhaul_ops.wiring import open_ledger

_RATE = re.compile(r"([0-9]{1,7})/([smh])")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_HEADING = ("id", "label", "scopes", "rate", "created", "expires", "last used")


def parse_allowance(written: str) -> Allowance:
    """Return what `50/s`, `10/m` or `5/h` allows.

    Raises:
        ValueError: it is none of these.
    """
    match = _RATE.fullmatch(written.strip())
    if match is None:
        raise ValueError(f'expected a rate such as "50/s", "10/m" or "5/h"; got {written!r}')
    return Allowance(int(match[1]), _SECONDS[match[2]])


@click.group("keys")
def keys() -> None:
    """Make, list and revoke the keys of the HTTP API."""


@keys.command("create")
@click.argument("label")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([str(scope) for scope in Scope]),
    help="What it allows: enqueue events, read states, or operate. May be repeated.",
)
@click.option(
    "--rate",
    callback=reading(parse_allowance),
    metavar="N/s",
    help="At most so many requests a second (also N/m, N/h), and as many at once; default: 100/s.",
)
@click.option("--expires", callback=reading(parse_duration), metavar="DURATION", help="Expire after this, such as 90d.")
@json_option
def create(label: str, scopes: tuple[str, ...], rate: Allowance | None, expires: float | None, as_json: bool) -> None:
    """Make a key and show it, once: only a digest of it is kept. LABEL says what it is for."""
    if not label.strip() or len(label) > 100 or not label.isprintable():
        raise Failure("expected a label of 1 to 100 characters: say what the key is for, people will ask")
    key_id, key = _keyring().create(label.strip(), map(Scope, scopes), rate, lasts=expires or 0.0)
    if as_json:
        print_json({"id": key_id, "key": key})
        return
    click.echo(key)
    warn(f"this is the only time it is shown; `outhaul keys revoke {key_id}` revokes it")


@keys.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List all keys, expired ones too."""
    told = [_told(key) for key in _keyring().all()]
    if as_json:
        print_json(told)
        return
    print_columns([_HEADING, *map(_row, told)])


@keys.command("revoke")
@click.argument("key_id")
@json_option
def revoke(key_id: str, as_json: bool) -> None:
    """Revoke the key of the id KEY_ID: the next request with it is refused."""
    if not _keyring().revoke(key_id):
        raise Failure(f"expected the id of a key, got {key_id!r}; `outhaul keys list` shows them")
    if as_json:
        print_json({"id": key_id, "revoked": True})
    else:
        click.echo(f"revoked {key_id}")


def _keyring() -> Keyring:
    ledger = open_ledger()
    return Keyring(ledger.client, ledger.namespace)


def _told(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "label": key.label,
        "scopes": sorted(key.scopes),
        "rate": {"requests": key.allowance.most, "seconds": key.allowance.seconds},
        "created_at": rfc3339(key.created_at),
        "expires_at": rfc3339(key.expires_at) if key.expires_at else None,
        "expired": key.expired,
        "used_at": rfc3339(key.used_at) if key.used_at else None,
    }


def _row(told: dict[str, Any]) -> tuple[str, ...]:
    rate = f"{told['rate']['requests']} per {told['rate']['seconds']:g} s"
    expires = f"{told['expires_at'] or 'never'}{' (expired)' if told['expired'] else ''}"
    return (
        told["id"],
        told["label"],
        ", ".join(told["scopes"]),
        rate,
        told["created_at"],
        expires,
        told["used_at"] or "never",
    )
