"""Ledgers for the ledger's own tests."""

from collections.abc import Iterator

import pytest

from outhaul_ledger.ledger import Ledger
from outhaul_ops.embedded import EmbeddedServer


@pytest.fixture
def server_retaining(server: EmbeddedServer) -> Iterator[Ledger]:
    """A ledger on the empty server that keeps finished events for 100 s."""
    with server.client() as client:
        yield Ledger(client, retention=100.0)
