"""A site whose API a test runs in its own process."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import redis
from flask import Flask

from outhaul_config.destinations import Destination
from outhaul_config.sources import Source
from outhaul_ledger.keyring import Keyring
from outhaul_ledger.ledger import Ledger
from outhaul_producers.receive import Fetched, SourceUnavailable
from outhaul_producers.web.app import create_app
from outhaul_producers.web.services import Services, install


class Site:
    """The destinations of a site, which a test may change."""

    def __init__(self) -> None:
        self.configured: dict[str, Destination] = {
            "shop-hooks": Destination("shop-hooks", "webhook", ("order.*", "custom.*"))
        }
        self.senders: dict[str, Source] = {}

    def destinations(self) -> Mapping[str, Destination]:
        """What is configured."""
        return self.configured

    def sources(self) -> Mapping[str, Source]:
        """Who may send webhooks."""
        return self.senders


def nowhere(url: str, *, allow_private_addresses: bool) -> Fetched:
    """Fetch nothing."""
    raise SourceUnavailable(f"expected no request, got one for {url}")


def application(ledger: Ledger, site: Site | None = None, **options: Any) -> Flask:
    """The API on a ledger, with its keys on the same server; `options` are further services.

    There is one application in a process, as building one takes as long as a whole test; the last call has it.
    """
    keyring = Keyring(ledger.client, ledger.namespace)
    services = Services(ledger, keyring, site or Site(), **{"source": "/shops/main", "fetch": nowhere, **options})
    app = _only_app()
    install(app, services)
    return app


@cache
def _only_app() -> Flask:
    unused = Ledger(redis.Redis(port=1))
    return create_app(Services(unused, Keyring(unused.client, ""), Site(), nowhere))
