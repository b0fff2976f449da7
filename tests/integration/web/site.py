"""A site whose API a test runs in its own process."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import redis
from flask import Flask

from outhaul_config.destinations import Destination, TableReader
from outhaul_config.secret import Secret
from outhaul_config.sources import Source
from outhaul_config.subscribers import Account, Subscribers
from outhaul_ledger.keyring import Keyring
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.subscribing import SubscriptionLedger
from outhaul_ops.receivers import SiteReceivers
from outhaul_producers.operational import OPERATIONAL
from outhaul_producers.receive import Fetched, SourceUnavailable
from outhaul_producers.subscriptions.desk import SubscriptionDesk
from outhaul_producers.types import TYPES
from outhaul_producers.web.app import create_app
from outhaul_producers.web.services import Services, install
from outhaul_worker.destinations.registry import kind_specs
from outhaul_worker.targets import TargetBuilder

ERP = Account("erp", "AK_demo", Secret("open-sesame"))
OTHER = Account("other", "AK_other", Secret("another one"))


class Site:
    """The destinations of a site, which a test may change."""

    def __init__(self) -> None:
        self.configured: dict[str, Destination] = {
            "shop-hooks": Destination("shop-hooks", "webhook", ("order.*", "custom.*"))
        }
        self.subscribers = Subscribers(
            allow_private_addresses=True,
            accounts={each.key: each for each in (ERP, OTHER)},
        )
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
    here = site or Site()
    given = {"source": "/shops/main", "fetch": nowhere, "desk": open_desk(ledger, here.subscribers), **options}
    app = _only_app()
    install(app, Services(ledger, keyring, here, **given))
    return app


def open_desk(ledger: Ledger, subscribers: Subscribers) -> SubscriptionDesk:
    """What subscriptions are managed with, as the API has it."""
    subscriptions = SubscriptionLedger(ledger.client, ledger.namespace)

    def keep(document_id: str, body: bytes) -> bytes:
        return subscriptions.keep_document(document_id, body, lasts=60.0)

    build = TargetBuilder(TableReader(kind_specs(), (*TYPES, *OPERATIONAL)), subscribers, keep)
    return SubscriptionDesk(subscriptions, SiteReceivers(build, subscribers, "requests"), subscribers)


@cache
def _only_app() -> Flask:
    unused, site = Ledger(redis.Redis(port=1)), Site()
    return create_app(Services(unused, Keyring(unused.client, ""), site, nowhere, open_desk(unused, site.subscribers)))
