"""Who may hand events over as webhooks: the sources a site has configured, read from `sources.toml`."""

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal

from marshmallow import Schema, ValidationError, fields

from outhaul_config.documents import Steps, Substitution, read_toml
from outhaul_config.durations import Duration
from outhaul_config.fields import Expected, choice, flag, text
from outhaul_config.problems import ConfigError, nearest
from outhaul_config.reader import Reader, show
from outhaul_config.secret import Secret, SecretField

_ROOT = "sources"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_NAME_EXPECTED = "a name of 1 to 32 characters a-z, 0-9, _ and -, starting with a letter or digit"
_KEY_EXPECTED = "a secret whsec_ (base64 of 24 to 64 bytes) or a public key whpk_ (base64 of 32 bytes)"
_NETWORKS_EXPECTED = (
    'the list of IP addresses and networks it sends from, such as ["198.51.100.7", "2001:db8::/32"];'
    ' ["0.0.0.0/0", "::/0"] for any'
)
_BYTES = {"whsec_": range(24, 65), "whpk_": range(32, 33)}

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class StandardWebhookSource:
    """A sender of Standard Webhooks. `keys` are its secrets or public keys, of which one must fit."""

    name: str
    keys: tuple[Secret, ...]
    holds: Literal["event", "data"] = "event"
    tolerance: float = 300.0


@dataclass(frozen=True, slots=True)
class OkanjoSource:
    """A sender of Okanjo webhooks, whose API is asked whether it sent them.

    `allow_from` are the networks it may send from. `allow_private_addresses` lets its API be at such.
    """

    name: str
    api_url: str
    key: Secret
    passphrase: Secret
    allow_from: tuple[Network, ...]
    allow_private_addresses: bool = False


Source = StandardWebhookSource | OkanjoSource


def load_sources(path: Path, environ: Mapping[str, str]) -> dict[str, Source]:
    """Read and validate every source of a file; none where there is no file.

    Raises:
        ConfigError: with every mistake in the file.
    """
    if not path.exists():
        return {}
    substitution = Substitution(environ)
    document = substitution.apply(read_toml(path))
    reader = Reader(str(path), substitution)
    found = {name: _source(reader, name, table) for name, table in _tables(reader, document).items()}
    if reader.problems:
        raise ConfigError(reader.problems)
    return {name: source for name, source in found.items() if source}


def decoded_key(written: str) -> tuple[str, bytes]:
    """Return the prefix and the bytes of a Standard Webhooks key.

    Raises:
        ValueError: it is none; the message does not repeat it.
    """
    for prefix, lengths in _BYTES.items():
        if written.startswith(prefix):
            body = written.removeprefix(prefix)
            try:
                raw = b64decode(body + "=" * (-len(body) % 4), validate=True)
            except ValueError:
                break
            if len(raw) in lengths:
                return prefix, raw
    raise ValueError(f"expected {_KEY_EXPECTED}")


def _networks(value: Any) -> tuple[Network, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
        raise ValueError
    return tuple(ip_network(each) for each in value)


def _check_key(secret: Secret) -> None:
    try:
        decoded_key(secret.reveal())
    except ValueError:
        raise ValidationError(_KEY_EXPECTED) from None


class _Keys(fields.Field[tuple[Secret, ...]]):
    """One key, or a list of them while they are rotated."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[Secret, ...]:
        one = SecretField(_KEY_EXPECTED, required=True, validate=_check_key)
        given = value if isinstance(value, list) and value else [value]
        return tuple(key for key in map(one.deserialize, given) if key)


class _StandardWebhooks(Schema):
    key = _Keys(required=True, error_messages=dict.fromkeys(("required", "null"), _KEY_EXPECTED))
    holds = choice("event", "data", load_default="event")
    tolerance = Duration(1.0, 3600.0, load_default=300.0)


class _Okanjo(Schema):
    api_url = text(r"https?://[^\s?#]+", "the address of its API, such as https://api.example", required=True)
    key = SecretField("the API key its API knows you by", required=True)
    passphrase = SecretField("the passphrase that belongs to the key", required=True)
    allow_from = Expected(_networks, _NETWORKS_EXPECTED, required=True)
    allow_private_addresses = flag(load_default=False)


_KINDS: Mapping[str, type[Schema]] = {"standard-webhooks": _StandardWebhooks, "okanjo": _Okanjo}


class _Kind(Schema):
    kind = choice(*_KINDS, required=True)


def _tables(reader: Reader, document: Mapping[str, Any]) -> dict[str, Any]:
    expected = f"tables named [{_ROOT}.<name>]"
    for key in document:
        if key != _ROOT:
            reader.report((key,), expected, "another key", nearest(key, [_ROOT]))
    tables = document.get(_ROOT, {})
    if isinstance(tables, dict):
        return tables
    reader.report((_ROOT,), expected, show(tables))
    return {}


def _source(reader: Reader, name: str, table: Any) -> Source | None:
    steps: Steps = (_ROOT, name)
    if not _NAME.fullmatch(name):
        reader.report(steps, _NAME_EXPECTED, show(name))
    if not isinstance(table, dict):
        reader.report(steps, f"a table [{_ROOT}.{name}]", show(table))
        return None
    before = len(reader.problems)
    kind = reader.load(_Kind(), {"kind": table.get("kind")}, steps).get("kind")
    if kind is None:
        return None
    options = {key: value for key, value in table.items() if key != "kind"}
    given = reader.load(_KINDS[kind](), options, steps, also_known=["kind"])
    if len(reader.problems) > before:
        return None
    if kind == "okanjo":
        return OkanjoSource(name, **given)
    return StandardWebhookSource(name, given["key"], given["holds"], given["tolerance"])
