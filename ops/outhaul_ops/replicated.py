"""A primary, two replicas and three Sentinels that watch them, as a site on several machines would have them."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis

from outhaul_ops.embedded import EmbeddedServer, end_with_parent, find_binary, free_port

SERVICE = "shop"
REPLICAS = 2
SENTINELS = 3
QUORUM = 2
# A primary that is silent for a second is lost; the second is also what the next election waits for.
DOWN_MS = 1000
FAILOVER_MS = 1000
WHOLE_SECONDS = 15.0


@dataclass
class Sentinel:
    """One Sentinel on loopback; it writes what it learns into its own configuration file.

    `lines` are further ones of that file, in which the primary is called `shop`.
    """

    folder: Path
    binary: Path = field(default_factory=find_binary)
    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = None

    def start(self, watched: int, *, quorum: int = QUORUM, lines: tuple[str, ...] = ()) -> None:
        """Watch the primary on the port `watched`."""
        self.folder.mkdir(parents=True)
        configuration = self.folder / "sentinel.conf"
        standard = (
            f"port {self.port}",
            "bind 127.0.0.1",
            f"dir {self.folder}",
            f"sentinel monitor {SERVICE} 127.0.0.1 {watched} {quorum}",
            f"sentinel down-after-milliseconds {SERVICE} {DOWN_MS}",
            f"sentinel failover-timeout {SERVICE} {FAILOVER_MS}",
        )
        configuration.write_text("\n".join((*standard, *lines, "")))
        with (self.folder / "sentinel.log").open("wb") as log:
            self._process = subprocess.Popen(
                [str(self.binary), str(configuration), "--sentinel"],
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent,
            )

    def stop(self) -> None:
        """End it."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def state(self) -> dict[str, Any]:
        """What it knows of the primary; nothing while it does not answer."""
        try:
            with redis.Redis(port=self.port, decode_responses=True) as client:
                return dict(client.sentinel_masters()[SERVICE])
        except redis.ConnectionError:
            return {}


@dataclass
class ReplicatedServer:
    """Starts everything; `url` finds the primary through the Sentinels. `settings` are further ones of each server."""

    folder: Path
    settings: tuple[str, ...] = ()
    servers: list[EmbeddedServer] = field(default_factory=list)
    sentinels: list[Sentinel] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address that survives a failover."""
        hosts = ",".join(f"127.0.0.1:{each.port}" for each in self.sentinels)
        return f"redis+sentinel://{hosts}/{SERVICE}/0"

    @property
    def primary(self) -> EmbeddedServer:
        """The server that the Sentinels call the primary."""
        port = next(state["port"] for each in self.sentinels if (state := each.state()))
        return next(each for each in self.servers if each.port == port)

    def __enter__(self) -> Self:
        at_once = ("--repl-diskless-sync-delay", "0", *self.settings)
        first = EmbeddedServer(self.folder / "server-0", settings=at_once).start()
        self.servers.append(first)
        follow = ("--replicaof", f"127.0.0.1 {first.port}", *at_once)
        for number in range(1, 1 + REPLICAS):
            self.servers.append(EmbeddedServer(self.folder / f"server-{number}", settings=follow).start())
        self.sentinels += [Sentinel(self.folder / f"sentinel-{number}") for number in range(SENTINELS)]
        for sentinel in self.sentinels:
            sentinel.start(first.port)
        self.wait_until_whole()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for sentinel in self.sentinels:
            sentinel.stop()
        for server in self.servers:
            if server.pid:
                server.kill()

    def wait_until_whole(self) -> None:
        """Wait until all replicas follow the primary and all Sentinels know all of them and each other.

        Raises:
            RuntimeError: it took more than 15 s.
        """
        deadline = time.monotonic() + WHOLE_SECONDS
        while not self.whole():
            if time.monotonic() > deadline:
                raise RuntimeError(f"no primary with its replicas and Sentinels within {WHOLE_SECONDS:g} s")
            time.sleep(0.02)

    def whole(self) -> bool:
        """True while all replicas follow the primary and all Sentinels know all of them and each other."""
        known = [each.state() for each in self.sentinels]
        if any(
            not state or state["num-slaves"] < REPLICAS or state["num-other-sentinels"] < SENTINELS - 1
            for state in known
        ):
            return False
        if len({state["port"] for state in known}) > 1:
            return False
        try:
            with self.primary.client() as client:
                return int(client.info("replication")["connected_slaves"]) == REPLICAS
        except redis.ConnectionError:
            return False


def freeze(server: EmbeddedServer) -> None:
    """Let it keep its connections and answer nothing, as a machine that hangs does."""
    os.kill(server.pid, signal.SIGSTOP)


def thaw(server: EmbeddedServer) -> None:
    """Let it go on."""
    os.kill(server.pid, signal.SIGCONT)
