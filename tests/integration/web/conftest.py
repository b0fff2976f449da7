"""Fixtures of the API's tests: the application on a real ledger, keys, and a client."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from integration.web.caller import Caller
from integration.web.site import Site, application
from outhaul_ledger.keyring import Keyring, Scope
from outhaul_ledger.ledger import Ledger


@pytest.fixture
def site() -> Site:
    """A site with one destination, `shop-hooks`."""
    return Site()


@pytest.fixture
def keyring(ledger: Ledger) -> Keyring:
    """The keys on the ledger's server."""
    return Keyring(ledger.client, ledger.namespace)


@pytest.fixture
def app(ledger: Ledger, site: Site) -> Flask:
    """The application on the empty ledger."""
    return application(ledger, site)


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
