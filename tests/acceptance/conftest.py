"""A site for each acceptance test, and a receiver in this process."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from acceptance.site import Site
from outhaul_ops.embedded import EmbeddedServer
from receiver import Receiver

# The embedded server speaks no TLS, so these run where there is another one.
collect_ignore = [] if shutil.which("redis-server") else ["test_guarded_server.py"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A scripted endpoint; ok unless told otherwise."""
    with Receiver() as running:
        yield running


@pytest.fixture
def site(tmp_path: Path, own_server: EmbeddedServer) -> Iterator[Site]:
    """An installation of the test's own, on a server of its own."""
    made = Site(tmp_path, own_server)
    made.use()
    yield made
    made.close()
