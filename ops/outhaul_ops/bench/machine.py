"""What the measurement ran on: the machine, and the versions of everything that took part."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import redis

from outhaul_ops.bench.report import Machine

_PACKAGES = ("outhaul", "celery", "kombu", "redis", "requests", "urllib3", "orjson", "marshmallow", "cryptography")


def this_machine() -> Machine:
    """Describe the machine this process runs on."""
    return Machine(
        system=platform.platform(),
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)),
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        load=os.getloadavg()[0],
    )


def versions(server: redis.Redis, receiver: str) -> dict[str, str]:
    """Name the version of every part; the receiver is given as `name version`."""
    name, _, number = receiver.partition(" ")
    return {
        "python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
        **_server(server),
        name: number,
    }


def _server(server: redis.Redis) -> dict[str, str]:
    facts = server.info("server")
    if "valkey_version" in facts:
        return {"valkey": str(facts["valkey_version"])}
    return {"redis-server": str(facts["redis_version"])}


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        return platform.processor()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())
