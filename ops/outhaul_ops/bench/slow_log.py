"""How long the server was busy with one command: nobody else is answered meanwhile."""

import redis

from outhaul_ops.bench.report import Metric

LONGEST = Metric("longest script", "ms")
_NOTED_MICROSECONDS = 200
"""What takes less is not noted; a run in which nothing was is told as having taken so long."""


def watch_scripts(client: redis.Redis) -> None:
    """Begin to note what takes long."""
    client.config_set("slowlog-log-slower-than", _NOTED_MICROSECONDS)
    client.slowlog_reset()


def longest_script(client: redis.Redis) -> float:
    """Return the milliseconds of the longest script since then."""
    noted = client.slowlog_get(-1)
    scripts = [entry["duration"] for entry in noted if entry["command"].upper().startswith(b"EVAL")]
    client.config_set("slowlog-log-slower-than", -1)
    return max(scripts, default=_NOTED_MICROSECONDS) / 1000
