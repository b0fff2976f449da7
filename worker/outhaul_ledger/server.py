"""What the ledger needs of its server, checked before a worker starts and by whoever looks for a fault.

What an account may not read (a managed service may forbid CONFIG, an access list also INFO) is unknown, which is warned
about and never refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import redis

from outhaul_ledger.errors import LedgerUnavailable

UNKNOWN = "unknown"
KEEPING = "noeviction"

_OLDEST = {"Redis": (7, 0), "Valkey": (8, 0)}
_WAITS_FOR_DISK = {"Redis": (7, 2), "Valkey": (8, 0)}
_FAULTY_REDIS = ((7, 4, 0), (7, 4, 3))
_CONFIGURED = ("maxmemory-policy", "appendonly", "appendfsync")


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """A server as far as the ledger depends on it; `unknown` and None stand for what could not be read.

    Refusals and warnings read "expected ..., got ...: what to do".

    Args:
        product: `Redis`, `Valkey` or `unknown`.
        version: such as `7.0.15`, or `unknown`.
        maxmemory_policy: what the server does when its memory is full.
        append_only: whether it logs every write to its disk (AOF).
        append_fsync: how often that log is forced to the disk: `always`, `everysec` or `no`.
        replica: whether it copies another server and takes no writes.
        replicas: how many servers copy it; None where that could not be read.
    """

    product: str
    version: str
    maxmemory_policy: str
    append_only: bool | None
    append_fsync: str
    replica: bool
    replicas: int | None = None

    @property
    def confirms_early(self) -> bool:
        """Whether its `WAITAOF` may say that its disk has a write while it has not: see docs/decisions/040."""
        if self.append_fsync == "always":
            return False
        faulty = self.product == "Redis" and _FAULTY_REDIS[0] <= _numbers(self.version) < _FAULTY_REDIS[1]
        return faulty or self.product == "Valkey"

    @property
    def waits_for_disk(self) -> bool | None:
        """Whether it can tell when its disk has a write, which `durability = "fsync"` needs."""
        return _at_least(self, _WAITS_FOR_DISK) if self.append_only is not False and not self.confirms_early else False

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why no worker may run on this server: it would lose events, or not work at all."""
        found = []
        if _at_least(self, _OLDEST) is False:
            found.append(f"expected Redis 7.0 or Valkey 8.0 at least, got {self.product} {self.version}: upgrade it")
        if self.maxmemory_policy not in (KEEPING, UNKNOWN):
            found.append(
                f"expected maxmemory-policy {KEEPING}, got {self.maxmemory_policy}, which throws events away when"
                f" memory is full: set `maxmemory-policy {KEEPING}` in the server's configuration"
            )
        if self.replica:
            found.append("expected a server that takes writes, got a replica: give OUTHAUL_LEDGER_URL its primary")
        return tuple(found)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What puts events at risk, and what could not be checked."""
        found = []
        if self.append_only is False:
            found.append(
                "expected the append-only file to be on, got off: a restart of the server loses what came after its"
                " last snapshot; set `appendonly yes`"
            )
        if self.append_only and self.append_fsync == "no":
            found.append(
                "expected appendfsync everysec or always, got no: a power cut loses more than a second of events; set"
                " `appendfsync everysec`"
            )
        return (*found, *self._unread())

    def __str__(self) -> str:
        written = {True: f"on, appendfsync {self.append_fsync}", False: "off", None: UNKNOWN}[self.append_only]
        policy = f"maxmemory-policy {self.maxmemory_policy}"
        return f"{self.product} {self.version}, {policy}, append-only file {written}"

    def _unread(self) -> list[str]:
        facts = {
            "version": self.version == UNKNOWN,
            "maxmemory-policy": self.maxmemory_policy == UNKNOWN,
            "append-only file": self.append_only is None,
        }
        missing = ", ".join(name for name, unread in facts.items() if unread)
        advice = "allow the account INFO (or CONFIG GET), or check by hand: noeviction, append-only file on"
        return [f"expected to read the server's {missing}, got no permission: {advice}"] if missing else []


def inspect_server(client: redis.Redis) -> ServerFacts:
    """Read what kind of server it is and how it is set up. Two round trips.

    Raises:
        LedgerUnavailable: it does not answer.
    """
    try:
        info, config = _info(client), _config(client)
    except (redis.ConnectionError, redis.TimeoutError) as error:
        raise LedgerUnavailable(f"the ledger's server is unavailable: {error}") from error
    product, version = _identity(info)
    return ServerFacts(
        product=product,
        version=version,
        maxmemory_policy=config.get("maxmemory-policy") or str(info.get("maxmemory_policy", UNKNOWN)),
        append_only=_append_only(info, config),
        append_fsync=config.get("appendfsync", UNKNOWN),
        replica=info.get("role") == "slave",
        replicas=info.get("connected_slaves"),
    )


def _info(client: redis.Redis) -> Mapping[str, Any]:
    try:
        return client.info()
    except redis.ResponseError:
        return {}


def _config(client: redis.Redis) -> dict[str, str]:
    try:
        answer = client.config_get(*_CONFIGURED)
    except redis.ResponseError:
        return {}
    return {_text(name or ""): _text(value or "") for name, value in answer.items()}


def _identity(info: Mapping[str, Any]) -> tuple[str, str]:
    if "valkey_version" in info:
        return "Valkey", str(info["valkey_version"])
    if "redis_version" in info:
        return "Redis", str(info["redis_version"])
    return UNKNOWN, UNKNOWN


def _append_only(info: Mapping[str, Any], config: Mapping[str, str]) -> bool | None:
    if "appendonly" in config:
        return config["appendonly"] == "yes"
    return bool(info["aof_enabled"]) if "aof_enabled" in info else None


def _at_least(facts: ServerFacts, versions: Mapping[str, tuple[int, int]]) -> bool | None:
    numbers = _numbers(facts.version)
    if not numbers or facts.product not in versions:
        return None
    return numbers[:2] >= versions[facts.product]


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version; none where it is unknown."""
    return tuple(map(int, version.split("."))) if re.fullmatch(r"\d+(\.\d+)+", version) else ()


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
