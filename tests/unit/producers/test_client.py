"""How a process comes by its ledger."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from outhaul_config.problems import ConfigError
from outhaul_config.settings import Settings
from outhaul_producers import client, enqueue_event


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process that has not used its ledger yet, in a folder without settings."""
    monkeypatch.chdir(tmp_path)
    client.configure(None)
    yield
    client.configure(None)


def test_threads_that_race_for_the_ledger_get_the_same_one() -> None:
    """A process builds one ledger, however many threads ask first."""
    start = Barrier(16)

    def ask(_: int) -> client.Connection:
        start.wait()
        return client.connection()

    with ThreadPoolExecutor(16) as threads:
        assert len({id(one) for one in threads.map(ask, range(16))}) == 1


def test_the_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has to be called before the first event."""
    monkeypatch.setenv("OUTHAUL_SOURCE", "/shops/ro")
    assert client.connection().source == "/shops/ro"


def test_given_settings_go_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program with settings of its own hands them in once."""
    monkeypatch.setenv("OUTHAUL_SOURCE", "/shops/ro")
    client.configure(Settings(source="/shops/de"))
    assert client.connection().source == "/shops/de"


def test_wrong_settings_are_reported_by_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in the environment is an error of its own, not an unavailable ledger."""
    monkeypatch.setenv("OUTHAUL_LEDGER_URL", "http://127.0.0.1")
    with pytest.raises(ConfigError):
        enqueue_event("custom.ping")
