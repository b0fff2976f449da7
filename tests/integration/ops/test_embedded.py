"""The server that Outhaul starts itself takes the allocator that packaged servers have, where the system has it."""

from pathlib import Path

import pytest

from outhaul_ops import embedded
from outhaul_ops.embedded import EmbeddedServer


def _has_jemalloc(server: EmbeddedServer) -> bool:
    return "jemalloc" in Path(f"/proc/{server.pid}/maps").read_text()


def test_it_runs_with_the_jemalloc_of_the_system(tmp_path: Path) -> None:
    assert embedded.find_jemalloc(), "Debian's redis-server, which the suite needs, comes with libjemalloc2"
    with EmbeddedServer(tmp_path) as server:
        assert _has_jemalloc(server)


def test_without_it_the_server_runs_with_its_own_allocator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "find_jemalloc", lambda: None)
    with EmbeddedServer(tmp_path) as server:
        assert not _has_jemalloc(server)
        assert server.client().ping()
