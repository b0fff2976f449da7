"""The HTTP API as gunicorn runs it: `gunicorn outhaul_ops.serving:app` builds one application a process."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask

from outhaul_config.destinations import Destination
from outhaul_config.settings import Settings, load_settings
from outhaul_config.subscribers import load_subscribers
from outhaul_ledger.keyring import Keyring
from outhaul_ledger.ledger import Ledger, connect
from outhaul_ops.receivers import SiteReceivers
from outhaul_ops.wiring import read_destinations
from outhaul_producers.subscriptions.desk import SubscriptionDesk
from outhaul_producers.web.app import create_app
from outhaul_producers.web.services import Services
from outhaul_worker.engine import subscription_ledger, target_builder


@dataclass
class SiteDestinations:
    """The destinations of the site's file, read again when the file has changed."""

    settings: Settings
    _read: tuple[int, Mapping[str, Destination]] | None = None

    def destinations(self) -> Mapping[str, Destination]:
        """Return the configured destinations by name.

        Raises:
            ConfigError: the file is missing or wrong.
        """
        path = self.settings.destinations
        changed = path.stat().st_mtime_ns if path.exists() else 0
        if self._read is None or self._read[0] != changed:
            self._read = changed, read_destinations(path)
        return self._read[1]


def app() -> Flask:
    """Build the application that the settings describe; call it after the fork.

    Raises:
        ConfigError: the settings are wrong.
    """
    settings = load_settings()
    ledger = connect(settings)
    return create_app(
        Services(
            ledger=ledger,
            keyring=Keyring(ledger.client, ledger.namespace),
            configured=SiteDestinations(settings),
            desk=open_desk(settings, ledger),
            source=settings.source,
        )
    )


def open_desk(settings: Settings, ledger: Ledger) -> SubscriptionDesk:
    """Build what the API manages subscriptions with.

    Raises:
        ConfigError: the table `[subscriptions]` is wrong.
    """
    subscriptions = subscription_ledger(ledger, settings)
    subscribers = load_subscribers(settings.destinations, os.environ)
    receivers = SiteReceivers(target_builder(subscriptions, settings), subscribers, settings.transport)
    return SubscriptionDesk(subscriptions, receivers, subscribers)
