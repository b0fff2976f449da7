"""Outhaul as a contender: sites that are made for a measurement."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import redis

from outhaul_config.keys import stem
from outhaul_ops.bench.contenders import PROCESSES, SECRET, Contender, outside_environment, slug
from outhaul_ops.bench.stage import Stage
from outhaul_worker.transports.opening import open_transport

DESTINATION = "receiver"
NAMESPACE = "outhaul"
# Looking for other workers costs a second at the start and nothing afterwards; there are none here.
_WORKER = (sys.executable, "-m", "celery", "-A", "outhaul_worker", "worker", "--without-mingle")
_ONE_THREAD = ("--pool=threads", "--concurrency=1")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A webhook destination. `more` are further lines of its table in `destinations.toml`."""

    name: str
    url: str
    subscribe: str = "*"
    more: str = ""

    def table(self) -> str:
        """Return its table."""
        return (
            f'[destinations.{self.name}]\nkind = "webhook"\nurl = "{self.url}"\nsecret = "{SECRET}"\n'
            f'subscribe = ["{self.subscribe}"]\nallow_private_addresses = true\n{self.more}\n'
        )


def transports() -> tuple[str, ...]:
    """Name the transports that can be measured here, the quickest first."""
    try:
        open_transport("curl", 1).close()
    except ValueError:
        return ("requests",)
    return ("curl", "requests")


def label(transport: str) -> str:
    """Return what Outhaul with this transport is called in results."""
    return f"outhaul ({transport})"


def site(
    stage: Stage,
    transport: str,
    endpoints: Iterable[Endpoint] = (),
    *,
    name: str = "",
    processes: int = PROCESSES,
    settings: Mapping[str, str] | None = None,
) -> Contender:
    """Make a site of webhook destinations, one that gets everything unless others are given.

    Args:
        stage: where its server and receiver are.
        transport: how it sends.
        endpoints: its destinations.
        name: what it is called in results; the label of its transport unless given.
        processes: how many pool processes deliver; 0 for one thread in the worker's own process.
        settings: more variables of its environment.
    """
    title = name or label(transport)
    folder = stage.folder / slug(title)
    folder.mkdir(exist_ok=True)
    (folder / "outhaul.toml").write_text("")
    tables = [each.table() for each in endpoints] or [Endpoint(DESTINATION, stage.receiver.url).table()]
    (folder / "destinations.toml").write_text("".join(tables))
    environment = outside_environment() | {
        "OUTHAUL_CONFIG": str(folder / "outhaul.toml"),
        "OUTHAUL_DESTINATIONS": str(folder / "destinations.toml"),
        "OUTHAUL_LEDGER_URL": stage.server.url,
        "OUTHAUL_NAMESPACE": NAMESPACE,
        "OUTHAUL_TRANSPORT": transport,
        # Celery says nothing of a task that went well unless asked to; neither must do more than the other.
        "OUTHAUL_LOG_LEVEL": "warning",
        **(settings or {}),
    }
    return Contender(
        title,
        (sys.executable, "-m", "outhaul_ops.bench.producer"),
        ((*_WORKER, *((f"--concurrency={processes}",) if processes else _ONE_THREAD)),),
        environment,
        folder,
        lambda: unfinished(stage.client),
    )


def unfinished(client: redis.Redis) -> int:
    """Count accepted events that are not fanned out, and lanes that hold unfinished deliveries."""
    return int(client.zcard(stem("inbox", NAMESPACE))) + int(client.zcard(stem("lanes", NAMESPACE)))
