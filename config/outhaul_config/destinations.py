"""Where events go: the destinations a site has configured, read from `destinations.toml`."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from marshmallow import Schema, ValidationError, fields, validate

from outhaul_config.documents import Steps, Substitution, read_toml
from outhaul_config.fields import Expected, choice, flag
from outhaul_config.order_tables import order_keys, order_of
from outhaul_config.policy import Order, Policy
from outhaul_config.policy_tables import PolicyKeys, merged
from outhaul_config.problems import ConfigError, nearest
from outhaul_config.reader import Reader, show
from outhaul_config.secret import Secret

_ROOT = "destinations"
_OTHER_ROOTS = ("subscriptions",)  # read by outhaul_config.subscribers
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_NAME_EXPECTED = "a name of 1 to 64 characters a-z, 0-9, _ and -, starting with a letter or digit"
_TABLES = f"tables named [{_ROOT}.<name>]"
_PATTERN = re.compile(r"\*|[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*\.(?:\*|[a-z0-9_]+)")
_PATTERN_EXPECTED = 'an event type such as "order.created", a pattern such as "order.*", or "*"'
_SUBSCRIBE_EXPECTED = 'a list of event types or patterns, such as ["order.*", "customer.*"]'
_PRIVATE = "Whether requests may go to addresses that are private, local to a machine, or otherwise not public."
_CUSTOM = "custom"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KindSpec:
    """What the loader must know of a kind: its name, the schema of its options, its default policy."""

    name: str
    options: type[Schema]
    policy: Policy


@dataclass(frozen=True, slots=True)
class Destination:
    """One configured endpoint. `options` are the kind's own, as its schema deserialised them.

    `options` stays out of the repr: a URL or header in it may carry a credential without being a `Secret`.
    """

    name: str
    kind: str
    subscribe: tuple[str, ...]
    policy: Policy = field(default_factory=Policy)
    allow_private_addresses: bool = False
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    order: Order | None = None

    def wants(self, event_type: str) -> bool:
        """Say whether a pattern matches: the exact type, `order.*` (any depth below `order`), or `*`."""
        return any(_matches(pattern, event_type) for pattern in self.subscribe)

    def secrets(self) -> tuple[str, ...]:
        """Return every secret among the options, revealed, for masking them in what the endpoint answers."""
        return tuple(_secrets_in(self.options))


def load_destinations(
    path: Path,
    environ: Mapping[str, str],
    kinds: Mapping[str, KindSpec],
    event_types: Iterable[str] = (),
    event_paths: Iterable[str] = (),
    *,
    only: str | None = None,
) -> dict[str, Destination]:
    """Read and validate every destination of a file; the result has the file's order.

    Args:
        path: the TOML file.
        environ: where `${NAME}` in any string of it is looked up.
        kinds: the kinds there are, by name.
        event_types: the types there are beside `custom.*`; a pattern that matches none of them is refused. Without
            them patterns are only checked for their form.
        event_paths: the paths of single values that events have, `properties.*` for any below one; `order_by` must be
            one of them. Without them it is only checked for its form.
        only: the one destination to read, whatever is wrong in the rest of the file.

    Raises:
        ConfigError: with every mistake in the file.
    """
    substitution = Substitution(environ)
    document = read_toml(path)
    document = substitution.apply(document if only is None else _narrowed(document, only))
    loader = _Loader(Reader(str(path), substitution), kinds, common_keys(kinds, event_types, event_paths))
    destinations = {name: loader.destination(name, table) for name, table in loader.tables(document).items()}
    if loader.reader.problems:
        raise ConfigError(loader.reader.problems)
    return destinations


class TableReader:
    """Reads tables of single destinations that come from elsewhere than the file, such as subscriptions."""

    def __init__(self, kinds: Mapping[str, KindSpec], event_types: Iterable[str] = ()) -> None:
        """Read tables of these kinds; as `load_destinations`."""
        self._kinds = kinds
        self._common = common_keys(kinds, event_types)

    def read(self, name: str, table: Mapping[str, Any]) -> Destination:
        """Validate one table. Its name is not looked at.

        Raises:
            ConfigError: with every mistake in the table.
        """
        loader = _Loader(Reader(name, Substitution({})), self._kinds, self._common)
        destination = loader.read_table(name, table, ())
        if loader.reader.problems:
            raise ConfigError(loader.reader.problems)
        return destination


def written_tables(path: Path) -> dict[str, Mapping[str, Any]]:
    """Return the tables of a file's destinations by name as they are written: not validated, variables not filled in.

    Raises:
        ConfigError: the file cannot be read.
    """
    tables = read_toml(path).get(_ROOT)
    if not isinstance(tables, dict):
        return {}
    return {name: table if isinstance(table, dict) else {} for name, table in tables.items()}


def common_keys(kinds: Iterable[str], event_types: Iterable[str] = (), event_paths: Iterable[str] = ()) -> Schema:
    """Make the schema of the keys that every destination's table may have, whatever its kind."""
    subscribe = fields.List(
        _pattern(tuple(event_types)),
        required=True,
        validate=validate.Length(min=1, error=_SUBSCRIBE_EXPECTED),
        error_messages=dict.fromkeys(("required", "null", "invalid"), _SUBSCRIBE_EXPECTED),
        metadata={"description": "Which events the destination gets. A pattern reaches every type below its stem."},
    )
    keys: dict[str, fields.Field[Any]] = {
        "kind": choice(*sorted(kinds), required=True, metadata={"description": "What the endpoint is."}),
        "subscribe": subscribe,
        "allow_private_addresses": flag(load_default=False, metadata={"description": _PRIVATE}),
        **order_keys(event_paths),
    }
    return PolicyKeys.from_dict(keys, name="DestinationKeys")()


def _narrowed(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    tables = document.get(_ROOT)
    return {_ROOT: {name: tables[name]}} if isinstance(tables, dict) and name in tables else {}


def _pattern(event_types: tuple[str, ...]) -> Expected[str]:
    def parse(value: Any) -> str:
        if not isinstance(value, str) or not _PATTERN.fullmatch(value):
            raise ValueError
        if event_types and not _reaches(value, event_types):
            raise ValueError
        return value

    families = {f"{each.split('.')[0]}.*" for each in (*event_types, f"{_CUSTOM}.x")}
    return Expected(parse, _PATTERN_EXPECTED, choices=(*event_types, *sorted(families)) if event_types else ())


def _reaches(pattern: str, event_types: Iterable[str]) -> bool:
    return pattern.split(".")[0] == _CUSTOM or any(_matches(pattern, each) for each in event_types)


class _Loader:
    """Reads the tables of one file. What it returns is only complete while the reader has no problems."""

    def __init__(self, reader: Reader, kinds: Mapping[str, KindSpec], common: Schema) -> None:
        self.reader = reader
        self._kinds = kinds
        self._common = common

    def tables(self, document: Mapping[str, Any]) -> dict[str, Any]:
        for key in document:
            if key not in (_ROOT, *_OTHER_ROOTS):
                self.reader.report((key,), _TABLES, "another key", nearest(key, [_ROOT, *_OTHER_ROOTS]))
        tables = document.get(_ROOT, {})
        if isinstance(tables, dict):
            return tables
        self.reader.report((_ROOT,), _TABLES, show(tables))
        return {}

    def destination(self, name: str, table: Any) -> Destination:
        steps = (_ROOT, name)
        if not _NAME.fullmatch(name):
            self.reader.report(steps, _NAME_EXPECTED, show(name))
        if not isinstance(table, dict):
            self.reader.report(steps, f"a table [{_ROOT}.{name}]", show(table))
            return Destination(name, "", ())
        return self.read_table(name, table, steps)

    def read_table(self, name: str, table: Mapping[str, Any], steps: Steps) -> Destination:
        given, options = self._parted(table)
        common = self.reader.load(self._common, given, steps)
        spec = self._kind(table.get("kind"))
        return Destination(
            name=name,
            kind=spec.name,
            subscribe=tuple(common.get("subscribe", ())),
            policy=self._sound(lambda: merged(spec.policy, common), spec.policy, table, steps),
            order=self._sound(lambda: order_of(common), None, table, steps),
            allow_private_addresses=common.get("allow_private_addresses", False),
            options=self._options(spec, options, steps),
        )

    def _kind(self, name: Any) -> KindSpec:
        # A misspelt kind is reported already; reading on as the one that was meant finds the other mistakes too.
        if not isinstance(name, str):
            return _NO_KIND
        meant = name if name in self._kinds else nearest(name, self._kinds)
        return self._kinds.get(meant, _NO_KIND)

    def _parted(self, table: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        common = {key: value for key, value in table.items() if key in self._common.fields}
        return common, {key: value for key, value in table.items() if key not in common}

    def _options(self, spec: KindSpec, given: Mapping[str, Any], steps: Steps) -> Mapping[str, Any]:
        if spec is _NO_KIND:
            return {}
        loaded = self.reader.load(spec.options(), given, steps, also_known=self._common.fields)
        return MappingProxyType(loaded)

    def _sound(self, read: Callable[[], T], default: T, table: Mapping[str, Any], steps: Steps) -> T:
        try:
            return read()
        except ValidationError as error:
            self.reader.note(error, self._common, table, steps)
            return default


# Stands in for a kind nothing is like; the keys that all kinds share are still read for mistakes.
_NO_KIND = KindSpec("", Schema, Policy())


def _matches(pattern: str, event_type: str) -> bool:
    if pattern == "*":
        return True
    if pattern.endswith(".*"):
        return event_type.startswith(pattern[:-1])
    return pattern == event_type


def _secrets_in(value: Any) -> Iterator[str]:
    if isinstance(value, Secret):
        yield value.reveal()
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _secrets_in(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _secrets_in(each)
