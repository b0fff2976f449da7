"""The conformance suite of transports: every test here runs over every implementation."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from integration.transports.client import Client
from outhaul_worker.transports import Transport, addresses, curl_handle, dialing, open_transport
from receiver import Authority, Receiver

IMPLEMENTATIONS = ("requests", "curl")


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


PUBLIC = "127.0.0.5"


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> str:
    """An address of this machine that counts as a public one."""

    def why_refused(address: str) -> str:
        return "" if address == PUBLIC else addresses.why_refused(address)

    for module in (dialing, curl_handle):
        monkeypatch.setattr(module, "why_refused", why_refused)
    return PUBLIC


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that transports connect to, in order."""
    seen: list[str] = []
    connect, open_socket = socket.socket.connect, curl_handle.open_socket

    def watched_connect(sock: socket.socket, address: tuple[Any, ...]) -> None:
        seen.append(address[0])
        connect(sock, address)

    def watched_open(address: Any) -> int:
        seen.append(address.addr[0])
        return open_socket(address)

    monkeypatch.setattr(socket.socket, "connect", watched_connect)
    monkeypatch.setattr(curl_handle, "open_socket", watched_open)
    return seen
