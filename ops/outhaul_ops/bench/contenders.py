"""Who takes part in a measurement: a way of delivering, as the commands that run it on a stage."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from outhaul_ops.bench.footprint import Memory, memory_of, processes_of, processor_seconds
from outhaul_ops.bench.processes import BenchFailed, Running, run, running

PROCESSES = 2
"""How many processes deliver, for every contender."""

SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="  # noqa: S105 - guards a receiver of the benchmark alone

_NO_WORDS = re.compile(r"[^a-z0-9]+")

LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 60.0
"""How long nothing new may arrive, or stay unfinished, before a measurement is given up."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One way of delivering.

    `producer` hands events over and ends; `workers` deliver until they are told to end, each command a program.
    `unfinished` counts what is left to do, for whoever delivers.
    """

    name: str
    producer: tuple[str, ...]
    workers: tuple[tuple[str, ...], ...]
    environment: Mapping[str, str]
    folder: Path
    unfinished: Callable[[], int]

    def produce(self, mode: str, events: Path, *more: str) -> bytes:
        """Hand over the events of a file; returns what the producer printed.

        Raises:
            BenchFailed: it did not end well.
        """
        return run((*self.producer, mode, str(events), *more), self.environment, self.folder)


@dataclass(frozen=True, slots=True)
class Crew:
    """The running workers of a contender."""

    members: tuple[Running, ...]

    def require_alive(self) -> None:
        """Raise if one of them has ended.

        Raises:
            BenchFailed: one has.
        """
        for member in self.members:
            member.require_alive()

    def failed(self, what: str) -> BenchFailed:
        """Word a failure of theirs."""
        return self.members[0].failed(what)

    def processes(self) -> list[int]:
        """Return the processes they consist of now."""
        return processes_of(member.process.pid for member in self.members)

    def memory(self) -> Memory:
        """Return what they hold now."""
        return memory_of(self.processes())

    def processor_seconds(self) -> float:
        """Return the processor time they have had."""
        return processor_seconds(self.processes())

    def wait_until_finished(self, contender: Contender) -> None:
        """Wait until nothing is left to do, as long as it becomes less.

        Raises:
            BenchFailed: it stays as much, or a worker ended.
        """
        left = contender.unfinished()
        self.wait(lambda: left - contender.unfinished(), left, "left-over deliveries finished")

    def wait(self, count: Callable[[], int], wanted: int, what: str, *, look: float = LOOK_SECONDS) -> None:
        """Wait until the count is what is wanted, as long as it grows; it is looked at every `look` seconds.

        Raises:
            BenchFailed: it stopped growing, or a worker ended.
        """
        seen, deadline = 0, time.monotonic() + PATIENCE_SECONDS
        while seen < wanted:
            self.require_alive()
            if time.monotonic() > deadline:
                raise self.failed(f"{seen} of {wanted} {what}, and no more in {PATIENCE_SECONDS:g} s")
            time.sleep(look)
            now = count()
            if now > seen:
                seen, deadline = now, time.monotonic() + PATIENCE_SECONDS


@contextmanager
def at_work(contender: Contender, logs: Path, ending: signal.Signals = signal.SIGKILL) -> Iterator[Crew]:
    """Run a contender's workers for as long as the context lasts.

    Args:
        contender: whose.
        logs: the folder for their output.
        ending: how they end. By the end of most measurements nothing is left to do, so that the seconds of a warm
            shutdown would buy nothing.
    """
    with ExitStack() as stack:
        members = [
            stack.enter_context(
                running(
                    command,
                    contender.environment,
                    logs / f"{slug(contender.name)}-{number}.log",
                    folder=contender.folder,
                    ending=ending,
                )
            )
            for number, command in enumerate(contender.workers)
        ]
        yield Crew(tuple(members))


def slug(name: str) -> str:
    """Make a file name of a contender's name."""
    return _NO_WORDS.sub("-", name.lower()).strip("-")


def outside_environment() -> dict[str, str]:
    """Return this environment without the settings of the site that happens to be configured here."""
    return {name: value for name, value in os.environ.items() if not name.startswith("OUTHAUL_")}
