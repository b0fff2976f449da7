"""What those who subscribe themselves may do: the table `[subscriptions]` of `destinations.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields

from outhaul_config.documents import Substitution, read_toml
from outhaul_config.durations import Duration
from outhaul_config.fields import flag, text
from outhaul_config.problems import ConfigError
from outhaul_config.reader import Reader, show
from outhaul_config.secret import Secret, SecretField

_ROOT = "subscriptions"
_DAY = 86400.0


def _about(description: str) -> dict[str, str]:
    return {"description": description}


class AccountTable(Schema):
    """`[subscriptions.okanjo.accounts.<name>]`: one caller of the Okanjo API."""

    key = text(
        r"[A-Za-z0-9_-]{1,100}",
        "1 to 100 letters, digits, _ and -",
        required=True,
        metadata=_about("The API key, which callers send as `key`."),
    )
    passphrase = SecretField(required=True, metadata=_about("What callers sign their requests with."))


class OkanjoTable(Schema):
    """`[subscriptions.okanjo]`: the API of the Okanjo marketplace."""

    accounts = fields.Dict(
        keys=text(r"[a-z0-9][a-z0-9_-]{0,63}", "a name of 1 to 64 characters a-z, 0-9, _ and -"),
        values=fields.Nested(AccountTable),
        load_default=dict,
        metadata=_about("Who may call it, by a name of your own. Subscriptions belong to the account."),
    )
    statuses = fields.Raw(load_default=dict, metadata=_about("As the option of the kind `okanjo`."))
    names = fields.Raw(load_default=dict, metadata=_about("As the option of the kind `okanjo`."))


class SubscribersTable(Schema):
    """`[subscriptions]`."""

    allow_private_addresses = flag(
        load_default=False,
        metadata=_about("Whether subscribers may be at addresses that are private, local, or otherwise not public."),
    )
    disable_after = Duration(
        1.0,
        365 * _DAY,
        load_default=5 * _DAY,
        metadata=_about("How long every delivery to a subscription may fail until it is disabled."),
    )
    keep_parked = Duration(
        1.0,
        365 * _DAY,
        load_default=30 * _DAY,
        metadata=_about("How long deliveries wait for a disabled subscription until they are cancelled."),
    )
    okanjo = fields.Nested(OkanjoTable, metadata=_about("The API of the Okanjo marketplace, and who may call it."))


@dataclass(frozen=True, slots=True)
class Account:
    """One caller of the Okanjo API: its name here, its key, and what it signs with."""

    name: str
    key: str
    passphrase: Secret


@dataclass(frozen=True, slots=True)
class Subscribers:
    """What is configured for subscribers. Times are seconds; `accounts` are by API key."""

    allow_private_addresses: bool = False
    disable_after: float = 5 * _DAY
    keep_parked: float = 30 * _DAY
    accounts: Mapping[str, Account] = field(default_factory=dict)
    okanjo_options: Mapping[str, Any] = field(default_factory=dict)


def load_subscribers(path: Path, environ: Mapping[str, str]) -> Subscribers:
    """Read the table; without it, or without the file, all is as by default.

    Raises:
        ConfigError: with every mistake in the table.
    """
    document = read_toml(path) if path.exists() else {}
    substitution = Substitution(environ)
    given = substitution.apply({_ROOT: document.get(_ROOT, {})})[_ROOT]
    reader = Reader(str(path), substitution)
    if not isinstance(given, dict):
        reader.report((_ROOT,), f"a table [{_ROOT}]", show(given))
        raise ConfigError(reader.problems)
    found = reader.load(SubscribersTable(), given, (_ROOT,))
    okanjo = found.pop("okanjo", {"accounts": {}})
    accounts = _by_key(okanjo.pop("accounts"), reader)
    if reader.problems:
        raise ConfigError(reader.problems)
    return Subscribers(**found, accounts=accounts, okanjo_options=okanjo)


def _by_key(tables: Mapping[str, Mapping[str, Any]], reader: Reader) -> dict[str, Account]:
    accounts: dict[str, Account] = {}
    for name, table in tables.items():
        account = Account(name, table.get("key", ""), table.get("passphrase", Secret("")))
        if account.key in accounts:
            steps = (_ROOT, "okanjo", "accounts", name, "key")
            reader.report(steps, "a key of its own", f"that of {accounts[account.key].name}")
        accounts[account.key] = account
    return accounts
