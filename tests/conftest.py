"""Fixtures of all tests: real servers, a fresh ledger each, and bounded waiting."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from outhaul_ledger.ledger import Ledger
from outhaul_ops.embedded import EmbeddedServer, find_binary


def server_binaries() -> list[Path]:
    """Return every server program this machine has: the embedded one, and redis-server where it is installed."""
    other = shutil.which("redis-server")
    return [find_binary(), *([Path(other)] if other else [])]


@pytest.fixture(scope="session", params=server_binaries(), ids=lambda path: path.name)
def shared_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A running server of each kind, shared by all tests that leave it running."""
    with EmbeddedServer(tmp_path_factory.mktemp("server"), binary=request.param) as server:
        yield server


@pytest.fixture
def server(shared_server: EmbeddedServer) -> EmbeddedServer:
    """An empty running server; `.url`, `.client()`."""
    with shared_server.client() as client:
        client.flushall()
    return shared_server


@pytest.fixture
def ledger(server: EmbeddedServer) -> Iterator[Ledger]:
    """A ledger on the empty server."""
    with server.client() as client:
        yield Ledger(client)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    """A server of the test's own, which it may stop, kill and restart."""
    with EmbeddedServer(tmp_path / "server") as server:
        yield server
