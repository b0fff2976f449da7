"""What the API works with: built once per process by whoever starts it, and found by every request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, cast

from flask import Flask, current_app

from outhaul_config.destinations import Destination
from outhaul_config.problems import ConfigError
from outhaul_config.sources import Source
from outhaul_ledger.keyring import Keyring
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.replay_jobs import ReplayJobs
from outhaul_producers.receive import Fetch
from outhaul_producers.subscriptions.desk import SubscriptionDesk

_EXTENSION = "outhaul"


class Configured(Protocol):
    """A site's configuration, as far as it needs more to be read than this package has."""

    def destinations(self) -> Mapping[str, Destination]:
        """Return the configured destinations by name.

        Raises:
            outhaul_config.problems.ConfigError: the configuration is wrong.
        """
        ...

    def sources(self) -> Mapping[str, Source]:
        """Return the sources of webhooks by name.

        Raises:
            outhaul_config.problems.ConfigError: the configuration is wrong.
        """
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a request may need.

    Args:
        ledger: where events and deliveries live.
        keyring: the API keys, on the same server.
        configured: the site's destinations and sources.
        fetch: gets documents from elsewhere, guarded.
        desk: the subscriptions.
        source: the source of events that name none.
        largest_body: the most bytes of a request's body.
        open_loopback: whether requests of this machine, straight from a loopback address, need no key.
    """

    ledger: Ledger
    keyring: Keyring
    configured: Configured
    fetch: Fetch
    desk: SubscriptionDesk
    source: str = "/"
    largest_body: int = 4 * 1024 * 1024
    open_loopback: bool = False

    @property
    def replays(self) -> ReplayJobs:
        """The replays on the ledger's server."""
        return ReplayJobs(self.ledger)

    def known_destinations(self) -> Mapping[str, Destination]:
        """Return the configured destinations; none while their file is wrong, as the ledger can be read without it."""
        try:
            return self.configured.destinations()
        except ConfigError:
            return {}


def install(app: Flask, services: Services) -> None:
    """Give an application its services."""
    app.extensions[_EXTENSION] = services


def services() -> Services:
    """Return the services of the application that answers the current request."""
    return cast("Services", current_app.extensions[_EXTENSION])
