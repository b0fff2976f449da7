"""The ledger as this process reaches it: built on first use, from the settings, once per process."""

import os
import threading
from dataclasses import dataclass

from outhaul_config.settings import Settings, load_settings
from outhaul_ledger.ledger import Ledger, connect


@dataclass(frozen=True, slots=True)
class Connection:
    """A ledger, and the source of events that name none."""

    ledger: Ledger
    source: str


class _Process:
    """What belongs to one process. A forked child starts with its own, so nothing crosses the fork."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def connection(self) -> Connection:
        if self._connection is None:
            with self._lock:
                if self._connection is None:
                    settings = self._settings or load_settings()
                    self._connection = Connection(connect(settings), settings.source)
        return self._connection

    def child(self) -> "_Process":
        return _Process(self._settings)


_process = _Process()


def connection() -> Connection:
    """Return this process's ledger and source; reads the settings when called for the first time.

    Raises:
        outhaul_config.problems.ConfigError: the settings are wrong.
    """
    return _process.connection()


def configure(settings: Settings | None) -> None:
    """Use these settings from now on; with None, read the environment again when they are needed next.

    Programs that take their settings from the environment need not call this.
    """
    global _process  # noqa: PLW0603 -- the one thing a process has, replaced as a whole
    _process = _Process(settings)


def _after_fork() -> None:
    global _process  # noqa: PLW0603 -- as above
    _process = _process.child()


os.register_at_fork(after_in_child=_after_fork)
