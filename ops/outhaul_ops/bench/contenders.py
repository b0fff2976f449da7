"""Who takes part: Outhaul and its peers, as the commands that run them on a stage."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import redis

import outhaul_ops
from outhaul_config.settings import load_settings
from outhaul_ledger.ledger import connect
from outhaul_ops.bench.processes import BenchFailed
from outhaul_ops.bench.stage import Stage

PEERS = Path(outhaul_ops.__file__).parents[1] / "bench" / "peers"
PROCESSES = 2
SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="  # noqa: S105 - guards a receiver of the benchmark alone
DESTINATION = "receiver"


@dataclass(frozen=True, slots=True)
class Contender:
    """One way of delivering. `finished` asks whether so many deliveries are done, with nothing left to do."""

    name: str
    producer: tuple[str, ...]
    worker: tuple[str, ...]
    environment: Mapping[str, str]
    finished: Callable[[int], bool]


def outhaul(stage: Stage) -> Contender:
    """Outhaul with one signed webhook destination, sent through requests."""
    folder = stage.folder / "outhaul"
    folder.mkdir(exist_ok=True)
    (folder / "outhaul.toml").write_text("")
    (folder / "destinations.toml").write_text(
        f'[destinations.{DESTINATION}]\nkind = "webhook"\nurl = "{stage.receiver.url}"\nsecret = "{SECRET}"\n'
        'subscribe = ["*"]\nallow_private_addresses = true\n'
    )
    environment = _without_outhaul() | {
        "OUTHAUL_CONFIG": str(folder / "outhaul.toml"),
        "OUTHAUL_DESTINATIONS": str(folder / "destinations.toml"),
        "OUTHAUL_LEDGER_URL": stage.server.url,
        "OUTHAUL_TRANSPORT": "requests",
        # Celery says nothing of a task that went well unless asked to; neither must do more than the other.
        "OUTHAUL_LOG_LEVEL": "warning",
    }
    return Contender(
        "outhaul",
        (sys.executable, "-m", "outhaul_ops.bench.producer"),
        _celery("outhaul_worker"),
        environment,
        lambda count: _delivered(environment) == count,
    )


def celery_per_delivery(stage: Stage) -> Contender:
    """One Celery task per delivery, with a session of requests per process.

    Raises:
        BenchFailed: the peers' programs are not there.
    """
    if not PEERS.is_dir():
        raise BenchFailed(f"expected the peers' programs in {PEERS}: run the benchmark from a checkout of Outhaul")
    package = "celery_per_delivery"
    environment = _without_outhaul() | {
        "PYTHONPATH": str(PEERS),
        "PYTHONDONTWRITEBYTECODE": "1",
        "BENCH_BROKER_URL": stage.server.url,
        "BENCH_ENDPOINT": stage.receiver.url,
        "BENCH_SECRET": SECRET,
    }
    return Contender(
        "celery",
        (sys.executable, "-m", f"{package}.producer"),
        (*_celery(f"{package}.deliveries"), *_PEER_OPTIONS),
        environment,
        lambda _: _broker_is_empty(stage.client),
    )


_PEER_OPTIONS = ()


def _celery(app: str) -> tuple[str, ...]:
    # Looking for other workers costs a second at the start and nothing afterwards; there are none here.
    return (sys.executable, "-m", "celery", "-A", app, "worker", f"--concurrency={PROCESSES}", "--without-mingle")


def _without_outhaul() -> dict[str, str]:
    """Return this environment without the settings of the site that happens to be configured here."""
    return {name: value for name, value in os.environ.items() if not name.startswith("OUTHAUL_")}


def _delivered(environment: Mapping[str, str]) -> int:
    """Return how many deliveries have ended well, once all that were made are accounted for."""
    standing = connect(load_settings(environment)).survey().standings.get(DESTINATION)
    return standing.delivered if standing and standing.balanced and not standing.waiting else 0


def _broker_is_empty(client: redis.Redis) -> bool:
    return not client.llen("celery") and not client.hlen("unacked")
