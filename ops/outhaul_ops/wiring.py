"""The one place where the command reads the configuration and builds its clients."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from outhaul_config.destinations import Destination, load_destinations
from outhaul_config.problems import ConfigError, Problem
from outhaul_config.settings import CONFIG_VARIABLE, DESTINATIONS_FILE, Settings, load_settings
from outhaul_config.sources import load_sources
from outhaul_config.subscribers import load_subscribers
from outhaul_ledger.ledger import Ledger, connect

_DESTINATIONS_VARIABLE = "OUTHAUL_DESTINATIONS"


@dataclass(frozen=True, slots=True)
class Configuration:
    """All that is configured, as far as it can be read, and every mistake in it; no settings when these have one.

    `path` is the file of destinations, None where wrong settings leave it unknown.
    """

    settings: Settings | None
    destinations: Mapping[str, Destination]
    problems: tuple[Problem, ...]
    path: Path | None = None


def open_ledger() -> Ledger:
    """Return the ledger that the settings name; it connects on first use.

    Raises:
        ConfigError: the settings are wrong.
    """
    return connect(load_settings())


def read_destinations(path: Path, *, only: str | None = None) -> dict[str, Destination]:
    """Return the configured destinations by name; with `only` that one, whatever is wrong with the others.

    Raises:
        ConfigError: the file is missing or wrong.
        BrokenKind: a kind of another package cannot be used.
    """
    # Imported here because few commands need the kinds, and these import their whole contracts.
    from outhaul_producers.operational import OPERATIONAL
    from outhaul_producers.schema.paths import value_paths
    from outhaul_producers.types import TYPES
    from outhaul_worker.destinations.registry import kind_specs

    event_types = (*TYPES, *OPERATIONAL)
    return load_destinations(path, os.environ, kind_specs(), event_types, value_paths(), only=only)


def read_configuration() -> Configuration:
    """Read settings, destinations, subscribers and sources, and collect the mistakes of all.

    Raises:
        BrokenKind: a kind of another package cannot be used.
    """
    settings, problems = None, list[Problem]()
    try:
        settings = load_settings()
    except ConfigError as error:
        problems += error.problems
    path = settings.destinations if settings else _likely_path()
    for load, where in ((load_subscribers, path), (load_sources, settings and settings.sources)):
        try:
            load(where, os.environ) if where else None
        except ConfigError as error:
            problems += error.problems
    try:
        return Configuration(settings, read_destinations(path) if path else {}, tuple(problems), path)
    except ConfigError as error:
        return Configuration(settings, {}, (*problems, *error.problems), path)


def _likely_path() -> Path | None:
    """Return where the destinations are expected while the settings, which could say otherwise, are wrong."""
    named = os.environ.get(_DESTINATIONS_VARIABLE)
    if named:
        return Path(named)
    beside = Path(os.environ.get(CONFIG_VARIABLE, "")).parent / DESTINATIONS_FILE
    return beside if beside.is_file() else None
