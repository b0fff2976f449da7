"""Injection points: named moments inside an operation of the ledger at which a process can be told to die.

A point is `<operation>.before`, `.sent` (the request is on its way, no answer was read) or `.after`. The harness arms
one by putting a file of its name into a folder; the first process that gets there takes the file away and does what
it says. Nothing of this is part of the product: only the harness's own programs call `watch_ledger`.
"""

import os
import signal
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from threading import local
from typing import Any

from redis.connection import AbstractConnection

from outhaul_ledger.ledger import Ledger

FOLDER_VARIABLE = "CHAOS_POINTS"
MOMENTS = ("before", "sent", "after")

KILL = "kill"
KILL_GROUP = "kill-group"


class Points:
    """The folder where points are armed, and where those that were reached are kept."""

    def __init__(self, folder: Path) -> None:
        self._armed, self._reached = folder / "armed", folder / "reached"

    def prepare(self) -> None:
        """Make the folders."""
        self._armed.mkdir(parents=True)
        self._reached.mkdir()

    def arm(self, point: str, action: str) -> None:
        """Have the next process that reaches a point do `KILL` (itself) or `KILL_GROUP`."""
        draft = self._armed / f".{point}"
        draft.write_text(action)
        draft.rename(self._armed / point)

    def disarm(self, point: str) -> bool:
        """Take a point back; False where it was reached before."""
        try:
            (self._armed / point).unlink()
        except FileNotFoundError:
            return False
        return True

    def reached(self) -> dict[str, int]:
        """Count how often each point was reached while it was armed."""
        counts: dict[str, int] = {}
        for path in self._reached.iterdir():
            point = path.name.rpartition(".")[0]
            counts[point] = counts.get(point, 0) + 1
        return counts

    def reach(self, point: str) -> None:
        """Do what was armed here, if anything was."""
        taken = self._reached / f"{point}.{os.getpid()}"
        try:
            (self._armed / point).rename(taken)
        except FileNotFoundError:
            return
        if taken.read_text() == KILL_GROUP:
            os.killpg(0, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


def watch_ledger(points: Points) -> None:
    """Make every operation of the ledger in this process pass its three points."""
    current = local()

    def watched_run(run: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(run)
        def passing(self: Ledger, name: str, *arguments: Any, **options: Any) -> Any:
            points.reach(f"{name}.before")
            current.operation = name
            try:
                answer = run(self, name, *arguments, **options)
            finally:
                current.operation = None
            points.reach(f"{name}.after")
            return answer

        return passing

    def watched_send(send: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(send)
        def passing(self: AbstractConnection, command: bytes | Sequence[bytes], *rest: Any, **options: Any) -> Any:
            done = send(self, command, *rest, **options)
            operation = getattr(current, "operation", None)
            if operation and _runs_script(command):
                points.reach(f"{operation}.sent")
            return done

        return passing

    _replace(Ledger, "_run", watched_run)
    _replace(AbstractConnection, "send_packed_command", watched_send)


def _runs_script(command: bytes | Sequence[bytes]) -> bool:
    """True for the operation itself, false for what a new connection says of itself first."""
    return any(b"EVALSHA" in part for part in ((command,) if isinstance(command, bytes) else command))


def watch_if_asked() -> None:
    """Do so where the harness started this process and named its folder."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        watch_ledger(Points(Path(folder)))


def _replace(kind: type, name: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    owner = next(each for each in kind.__mro__ if name in vars(each))
    setattr(owner, name, wrap(vars(owner)[name]))
