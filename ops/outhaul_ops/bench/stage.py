"""What all contenders share in a run: a server with its AOF on, a receiver, and a folder for everything."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import redis

from outhaul_ops.bench.receiver import Receiver, receiving
from outhaul_ops.embedded import EmbeddedServer

# The server would otherwise rewrite its file in the middle of whichever measurement happens to be next.
_SETTINGS = ("--auto-aof-rewrite-percentage", "0")
REWRITE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a benchmark takes place."""

    folder: Path
    server: EmbeddedServer
    client: redis.Redis
    receiver: Receiver

    def clear(self) -> None:
        """Empty the server and its file, so that every measurement begins alike."""
        self.client.flushall()
        self.client.bgrewriteaof()
        deadline = time.monotonic() + REWRITE_SECONDS
        while self._rewriting() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _rewriting(self) -> bool:
        facts = self.client.info("persistence")
        return bool(facts["aof_rewrite_in_progress"] or facts["aof_rewrite_scheduled"])


@contextmanager
def open_stage() -> Iterator[Stage]:
    """Start server and receiver in a new folder; both end, and the folder goes, with the context."""
    with TemporaryDirectory(prefix="outhaul-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "receiver").mkdir()
        with (
            EmbeddedServer(folder / "server", settings=_SETTINGS) as server,
            server.client() as client,
            receiving(folder / "receiver") as receiver,
        ):
            yield Stage(folder, server, client, receiver)
