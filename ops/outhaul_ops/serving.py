"""The HTTP API as gunicorn runs it: one application a process, built after the fork."""

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

import structlog
from flask import Flask

from outhaul_config.destinations import Destination
from outhaul_config.log_events import LEDGER_UNAVAILABLE
from outhaul_config.logging import configure_logging
from outhaul_config.problems import ConfigError
from outhaul_config.sentry import start_sentry
from outhaul_config.settings import Settings, load_settings
from outhaul_config.sources import Source, load_sources
from outhaul_config.subscribers import load_subscribers
from outhaul_ledger.errors import LedgerUnavailable
from outhaul_ledger.keyring import Keyring
from outhaul_ledger.ledger import Ledger, connect
from outhaul_ledger.replay_jobs import ReplayJobs
from outhaul_ops.fetching import fetch
from outhaul_ops.receivers import SiteReceivers
from outhaul_ops.wiring import read_destinations
from outhaul_producers.subscriptions.desk import SubscriptionDesk
from outhaul_producers.web.app import create_app
from outhaul_producers.web.services import Services
from outhaul_worker.engine import subscription_ledger, target_builder

LOOK_SECONDS = 1.0
_NEVER = -1

T = TypeVar("T")


class _File(Generic[T]):
    """What a file says, read again when it has changed. While it is wrong, what it said before stays known."""

    def __init__(self, path: Path, read: Callable[[Path], T]) -> None:
        self._path, self._read = path, read
        self._seen = _NEVER
        self._said: T | None = None

    def contents(self) -> T:
        """Return what the file says.

        Raises:
            ConfigError: it is wrong.
        """
        changed = self._path.stat().st_mtime_ns if self._path.exists() else 0
        if self._said is None or changed != self._seen:
            self._said, self._seen = self._read(self._path), changed
        return self._said

    def last_contents(self) -> T:
        """Return what it says, or said before it was broken.

        Raises:
            ConfigError: it is wrong, and always was.
        """
        try:
            return self.contents()
        except ConfigError:
            if self._said is None:
                raise
            return self._said


class Site:
    """The destinations and sources of a site's files."""

    def __init__(self, settings: Settings) -> None:
        self._destinations = _File(settings.destinations, read_destinations)
        self._sources = _File(settings.sources, _read_sources)

    def destinations(self) -> Mapping[str, Destination]:
        """Return the configured destinations by name.

        Raises:
            ConfigError: the file is missing or wrong.
        """
        return self._destinations.contents()

    def sources(self) -> Mapping[str, Source]:
        """Return the sources by name; those of before while their file is broken, so that nobody is turned away.

        Raises:
            ConfigError: the file is wrong, and always was.
        """
        return self._sources.last_contents()


class ReplayThread(threading.Thread):
    """Carries replays on, whichever process began them; one thread in every process of the API."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(name="outhaul-replays", daemon=True)
        self._jobs = ReplayJobs(ledger)

    def run(self) -> None:
        """Take steps until the process ends; a step is one script, so ending within it loses nothing."""
        while True:
            try:
                wait = self._jobs.carry_on()
            except LedgerUnavailable as error:
                structlog.get_logger().warning(LEDGER_UNAVAILABLE, error=str(error))
                wait = None
            threading.Event().wait(LOOK_SECONDS if wait is None else min(wait, LOOK_SECONDS))


def build(settings: Settings | None = None) -> Flask:
    """Build the application that the settings describe, and start its thread; call it after the fork.

    Raises:
        ConfigError: the settings are wrong.
    """
    settings = settings or load_settings()
    configure_logging(settings)
    start_sentry(settings)
    site = Site(settings)
    site.sources()
    ledger = connect(settings)
    ReplayThread(ledger).start()
    return create_app(
        Services(
            ledger=ledger,
            keyring=Keyring(ledger.client, ledger.namespace),
            configured=site,
            fetch=fetch,
            desk=open_desk(settings, ledger),
            source=settings.source,
            largest_body=settings.api_largest_body,
            open_loopback=settings.api_open_loopback,
        )
    )


def _read_sources(path: Path) -> dict[str, Source]:
    return load_sources(path, os.environ)


def open_desk(settings: Settings, ledger: Ledger) -> SubscriptionDesk:
    """Build what the API manages subscriptions with.

    Raises:
        ConfigError: the table `[subscriptions]` is wrong.
    """
    subscriptions = subscription_ledger(ledger, settings)
    subscribers = load_subscribers(settings.destinations, os.environ)
    receivers = SiteReceivers(target_builder(subscriptions, settings), subscribers, settings.transport)
    return SubscriptionDesk(subscriptions, receivers, subscribers)
