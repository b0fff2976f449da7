"""The conformance suite of transports: every test here runs over every implementation."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from integration.transports.client import Client
from outhaul_worker.transports import Transport, open_transport
from receiver import Authority, Receiver

IMPLEMENTATIONS = ("requests",)


class Opener(Protocol):
    """Opens a client on a transport of the implementation under test, to be closed when the test ends."""

    def __call__(self, window: int = 8, ca_bundle: Path | None = None) -> Client:
        """Open one."""
        ...


@pytest.fixture(params=IMPLEMENTATIONS)
def open_client(request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Opens clients."""
    opened: list[Transport] = []

    def open_one(window: int = 8, ca_bundle: Path | None = None) -> Client:
        opened.append(open_transport(request.param, window, ca_bundle))
        return Client(opened[-1])

    yield open_one
    for transport in opened:
        transport.close()


@pytest.fixture
def client(open_client: Opener) -> Client:
    """A client with a window of 8."""
    return open_client()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that answers 200 until told otherwise."""
    with Receiver() as running:
        yield running


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """A certificate authority that nobody trusts by default."""
    return Authority(tmp_path)
