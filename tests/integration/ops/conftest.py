"""Fixtures of the command's tests: a site in an empty folder, the command, and dead letters to work on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.ops.console import Console
from integration.ops.graveyard import Graveyard
from outhaul_ledger.ledger import Ledger
from outhaul_ops.embedded import EmbeddedServer
from outhaul_producers import client

DESTINATIONS = """
[destinations.shop-hooks]
kind = "webhook"
url = "https://hooks.example/in"
secret = "${SHOP_HOOKS_SECRET}"
subscribe = ["order.*"]
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: an empty one but for one destination, with nothing of the outside in the environment."""
    for name in ("CONFIG", "LEDGER_URL", "BROKER_URL", "DESTINATIONS"):
        monkeypatch.delenv(f"OUTHAUL_{name}", raising=False)
    monkeypatch.setenv("SHOP_HOOKS_SECRET", "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "destinations.toml").write_text(DESTINATIONS)
    return tmp_path


@pytest.fixture
def console(site: Path, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Console]:
    """The `outhaul` command on the empty server."""
    monkeypatch.setenv("OUTHAUL_LEDGER_URL", server.url)
    yield Console(site)
    client.configure(None)


@pytest.fixture
def graveyard(ledger: Ledger) -> Graveyard:
    """Makes dead letters in the console's ledger."""
    return Graveyard(ledger)
