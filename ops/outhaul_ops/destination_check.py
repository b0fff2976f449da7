"""Looks at the configuration of destinations, without a network: is it right, and what are its credentials?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outhaul_config.destinations import written_tables
from outhaul_config.problems import ConfigError, Problem
from outhaul_config.redaction import redact
from outhaul_ops.credentials import Credential, credentials_of
from outhaul_ops.exits import Failure
from outhaul_ops.known import unknown_destination
from outhaul_ops.wiring import read_configuration, read_destinations
from outhaul_worker.destinations.contract import DestinationKind
from outhaul_worker.destinations.registry import kinds


@dataclass(frozen=True, slots=True)
class Checked:
    """One destination's configuration: `kind` as it is written, its credentials, and every mistake in its table."""

    name: str
    kind: str
    credentials: tuple[Credential, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was looked at. `problems` are those of no single destination: of the settings, or of the whole file."""

    file: str
    destinations: tuple[Checked, ...]
    problems: tuple[Problem, ...]

    @property
    def right(self) -> bool:
        """True when there is no mistake."""
        return not self.problems and not any(each.problems for each in self.destinations)


def inspect_destinations(name: str | None = None) -> Inspection:
    """Check every destination, or the named one whatever is wrong with the others.

    Raises:
        Failure: there is no destination of that name.
        BrokenKind: a kind of another package cannot be used.
    """
    configuration = read_configuration()
    path, tables = configuration.path, _tables(configuration.path)
    if name is not None and name not in tables and (tables or not configuration.problems):
        raise Failure(unknown_destination(name, tables))
    known = kinds()
    checked = [_checked(path, each, table, known) for each, table in tables.items()] if path else []
    placed = {problem for each in checked for problem in each.problems}
    return Inspection(
        str(path or ""),
        tuple(each for each in checked if name in (None, each.name)),
        tuple(problem for problem in configuration.problems if problem not in placed),
    )


def _tables(path: Path | None) -> Mapping[str, Mapping[str, Any]]:
    try:
        return written_tables(path) if path else {}
    except ConfigError:
        return {}  # the configuration's own problems say so


def _checked(path: Path, name: str, table: Mapping[str, Any], known: Mapping[str, type[DestinationKind]]) -> Checked:
    kind = str(table.get("kind", ""))
    credentials = credentials_of(known[kind].options(), table) if kind in known else []
    return Checked(name, kind, tuple(credentials), tuple(_problems(path, name, known)))


def _problems(path: Path, name: str, known: Mapping[str, type[DestinationKind]]) -> Iterator[Problem]:
    try:
        destination = read_destinations(path, only=name)[name]
    except ConfigError as error:
        yield from error.problems
        return
    try:
        known[destination.kind](destination)
    except Exception as error:  # noqa: BLE001 - a kind may be anybody's code
        got = redact(f"{type(error).__name__}: {error}", destination.secrets())
        yield Problem(str(path), f"destinations.{name}", "kind", "options the kind can be built with", got)
