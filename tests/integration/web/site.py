"""A site whose API a test runs in its own process."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from outhaul_config.destinations import Destination
from outhaul_ledger.keyring import Keyring
from outhaul_ledger.ledger import Ledger
from outhaul_producers.web.app import create_app
from outhaul_producers.web.services import Services


class Site:
    """The destinations of a site, which a test may change."""

    def __init__(self) -> None:
        self.configured: dict[str, Destination] = {
            "shop-hooks": Destination("shop-hooks", "webhook", ("order.*", "custom.*"))
        }

    def destinations(self) -> Mapping[str, Destination]:
        """What is configured."""
        return self.configured


def application(ledger: Ledger, site: Site | None = None, **options: Any) -> Flask:
    """The API on a ledger, with its keys on the same server; `options` are further services."""
    keyring = Keyring(ledger.client, ledger.namespace)
    return create_app(Services(ledger, keyring, site or Site(), **{"source": "/shops/main", **options}))
