"""What all contenders share in a run: a server with its AOF on, receivers, and a folder for everything."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import redis

from outhaul_ops.bench.footprint import processor_seconds
from outhaul_ops.bench.receiver import Receiver, find_nginx, quick_receiver, slow_receiver
from outhaul_ops.embedded import EmbeddedServer

# The server would otherwise rewrite its file in the middle of whichever measurement happens to be next.
_SETTINGS = ("--auto-aof-rewrite-percentage", "0", "--slowlog-max-len", "100000")
_NO_JEMALLOC = (
    "the server runs without jemalloc (Debian: libjemalloc2), which packaged servers have: everybody is slower, and a"
    " script may stop it for 40 ms"
)
PATIENCE_SECONDS = 60.0  # for an answer of a server that holds millions of keys


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a benchmark takes place. `notes` is what a reader of its results should know."""

    folder: Path
    server: EmbeddedServer
    client: redis.Redis
    receiver: Receiver
    cleanup: ExitStack
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Keep a sentence for the report, once."""
        if text not in self.notes:
            self.notes.append(text)

    def clear(self) -> None:
        """Start the server anew without its data, so that every measurement begins alike.

        Emptying it would leave its memory in the pieces that it had come to, which slows down whoever is measured next.
        """
        self.server.kill()
        shutil.rmtree(self.server.folder)
        self.server.start()

    def slow_receiver(self, manner: str) -> Receiver:
        """Open another receiver, which answers after so many seconds, or `never`, or `drip`s."""
        folder = self.folder / f"receiver-{manner}"
        folder.mkdir()
        return self.cleanup.enter_context(slow_receiver(folder, manner))

    def used_memory(self) -> int:
        """Return the bytes that the server's data takes."""
        return int(self.client.info("memory")["used_memory"])

    def server_seconds(self) -> float:
        """Return the processor time that the server has had."""
        return processor_seconds([self.server.pid])


@contextmanager
def open_stage() -> Iterator[Stage]:
    """Start server and receiver in a new folder; all ends, and the folder goes, with the context."""
    with TemporaryDirectory(prefix="outhaul-bench-", ignore_cleanup_errors=True) as name, ExitStack() as cleanup:
        folder = Path(name)
        (folder / "receiver").mkdir()
        server = cleanup.enter_context(EmbeddedServer(folder / "server", settings=_SETTINGS))
        client = cleanup.enter_context(redis.Redis.from_url(server.url, socket_timeout=PATIENCE_SECONDS))
        receiver = cleanup.enter_context(quick_receiver(folder / "receiver", find_nginx()))
        stage = Stage(folder, server, client, receiver, cleanup)
        if not _has_jemalloc(server, client):
            stage.note(_NO_JEMALLOC)
        yield stage


def _has_jemalloc(server: EmbeddedServer, client: redis.Redis) -> bool:
    """Whether it was built with jemalloc, or started with it."""
    built_in = str(client.info("memory")["mem_allocator"]).startswith("jemalloc")
    return built_in or "jemalloc" in Path(f"/proc/{server.pid}/maps").read_text()
