"""The server that Outhaul starts itself takes the allocator that packaged servers have, where the system has it."""

from pathlib import Path

import pytest

from outhaul_ops import embedded
from outhaul_ops.embedded import EmbeddedServer


@pytest.fixture(autouse=True)
def _nothing_preloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LD_PRELOAD", raising=False)


def has_jemalloc(server: EmbeddedServer) -> bool:
    """Whether the running server has loaded it."""
    return "jemalloc" in Path(f"/proc/{server.pid}/maps").read_text()


def test_it_runs_with_jemalloc_where_the_system_has_it(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path) as server:
        assert has_jemalloc(server) == bool(embedded.find_jemalloc())


def test_without_it_the_server_runs_with_its_own_allocator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "find_jemalloc", lambda: None)
    with EmbeddedServer(tmp_path) as server:
        assert not has_jemalloc(server)
        assert server.client().ping()


def test_what_the_environment_preloads_goes_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty value turns it off, for a system whose jemalloc does not fit."""
    monkeypatch.setenv("LD_PRELOAD", "")
    with EmbeddedServer(tmp_path) as server:
        assert not has_jemalloc(server)
