"""Fixtures of the API's tests: the application on a real ledger, keys, and a client."""

from collections.abc import Iterator, Mapping

import pytest
from flask import Flask
from flask.testing import FlaskClient

from integration.web.caller import Caller
from outhaul_config.destinations import Destination
from outhaul_ledger.keyring import Keyring, Scope
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


@pytest.fixture
def site() -> Site:
    """A site with one destination, `shop-hooks`."""
    return Site()


@pytest.fixture
def keyring(ledger: Ledger) -> Keyring:
    """The keys on the ledger's server."""
    return Keyring(ledger.client, ledger.namespace)


@pytest.fixture
def app(ledger: Ledger, keyring: Keyring, site: Site) -> Flask:
    """The application on the empty ledger."""
    return create_app(Services(ledger, keyring, site, source="/shops/main"))


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    """A client without a key."""
    with app.test_client() as made:
        yield made


@pytest.fixture
def caller(client: FlaskClient, keyring: Keyring) -> Caller:
    """A client whose key allows everything."""
    _, key = keyring.create("test", Scope)
    return Caller(client, key)
