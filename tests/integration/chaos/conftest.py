"""One kind of server: what is tried here is the harness, which uses the embedded one."""

from collections.abc import Iterator

import pytest

from outhaul_ops.embedded import EmbeddedServer


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A running embedded server, shared by all tests that leave it running."""
    with EmbeddedServer(tmp_path_factory.mktemp("server")) as server:
        yield server
