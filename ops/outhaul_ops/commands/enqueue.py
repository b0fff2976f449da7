"""`outhaul enqueue`: accept events from a file."""

import os
import stat
from typing import IO

import click

from outhaul_config.settings import load_settings
from outhaul_ops.commands.options import json_option
from outhaul_ops.enqueue import Outcome, Rejection, enqueue_lines
from outhaul_ops.exits import ExitStatus, Unavailable
from outhaul_ops.output import JsonObject, warn
from outhaul_ops.progress import progress, watched
from outhaul_producers import client


@click.command("enqueue")
@click.argument("file", type=click.File("rb"))
@json_option
def enqueue(file: IO[bytes], as_json: bool) -> None:
    """Accept events from FILE, or from standard input for "-": one JSON object a line, as `enqueue_event` takes it.

    A line that is refused is reported with its number and costs the others nothing; the exit status is then 1. Running
    a file again is safe where every event in it has an id: what was accepted before counts as a duplicate.
    """
    client.configure(load_settings())
    report = _JsonReport() if as_json else _Report()
    with progress("enqueueing", lambda: _size(file), shown=watched() and not as_json) as advance:
        for outcome in enqueue_lines(file):
            report.add(outcome)
            advance(outcome.size)
    report.finish()
    if report.unanswered:
        raise Unavailable(_stopped(report.unanswered, report.silence))
    if report.rejected:
        raise click.exceptions.Exit(ExitStatus.REFUSED)


class _Report:
    """Tells people what became of the lines: refused ones on standard error, the numbers on standard output."""

    def __init__(self) -> None:
        self.accepted = self.duplicates = self.rejected = self.unanswered = 0
        self.silence = ""

    def add(self, outcome: Outcome) -> None:
        """Count a batch and tell of its refused lines."""
        self.accepted += outcome.accepted
        self.duplicates += outcome.duplicates
        self.rejected += len(outcome.rejections)
        self.unanswered, self.silence = outcome.unanswered, outcome.silence
        for rejection in outcome.rejections:
            self.tell(rejection)

    def tell(self, rejection: Rejection) -> None:
        """Print one refused line."""
        warn(f"line {rejection.line}: {rejection.reason}")

    def finish(self) -> None:
        """Print the numbers."""
        known = f", {self.duplicates} known before" if self.duplicates else ""
        click.echo(f"accepted {self.accepted}{known}, rejected {self.rejected}")


class _JsonReport(_Report):
    """Tells programs the same as one JSON object, whose list of refused lines is printed as it grows."""

    def __init__(self) -> None:
        super().__init__()
        self._document = JsonObject("rejections")

    def tell(self, rejection: Rejection) -> None:
        """Print one refused line."""
        self._document.add({"line": rejection.line, "reason": rejection.reason, "problems": rejection.problems})

    def finish(self) -> None:
        """Print the numbers."""
        self._document.close(
            accepted=self.accepted,
            duplicates=self.duplicates,
            rejected=self.rejected,
            unanswered_from_line=self.unanswered or None,
        )


def _size(file: IO[bytes]) -> int | None:
    try:
        facts = os.fstat(file.fileno())
    except OSError:
        return None
    return facts.st_size if stat.S_ISREG(facts.st_mode) else None


def _stopped(line: int, silence: str) -> str:
    return (
        f"expected an answer of the ledger's server, got {silence}\n"
        f"Lines from {line} on are not accepted, or it is not known: enqueue them again (`tail -n +{line} FILE |"
        " outhaul enqueue -`). Events without an id of their own may then be stored twice."
    )
