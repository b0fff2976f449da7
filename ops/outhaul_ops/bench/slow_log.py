"""How long the server was busy with one command: nobody else is answered meanwhile."""

import redis

from outhaul_ledger.operations import load, names
from outhaul_ops.bench.report import Metric
from outhaul_ops.bench.stage import Stage

LONGEST = Metric("longest script", "ms")
_NOTED_MICROSECONDS = 200
"""What takes less is not noted; a run in which nothing was is told as having taken so long."""


def watch_scripts(client: redis.Redis) -> None:
    """Begin to note what takes long."""
    client.config_set("slowlog-log-slower-than", _NOTED_MICROSECONDS)
    client.slowlog_reset()


def longest_script(stage: Stage) -> float:
    """Return the milliseconds of the longest script since then; the stage notes which it was."""
    noted = stage.client.slowlog_get(-1)
    stage.client.config_set("slowlog-log-slower-than", -1)
    scripts = [entry for entry in noted if entry["command"].upper().startswith(b"EVAL")]
    if not scripts:
        return _NOTED_MICROSECONDS / 1000
    longest = max(scripts, key=lambda entry: int(entry["duration"]))
    known = {load(name).sha: name for name in names()}
    sha = longest["command"].split()[1].decode()
    stage.note(f"the longest script of a round was {known.get(sha, sha)}")
    return float(longest["duration"]) / 1000
