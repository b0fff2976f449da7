"""Where the demo tells what happens: a terminal that is redrawn, or lines for a file or a pipe."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import click

from outhaul_ops.demo.sighting import Sighting
from outhaul_ops.output import plain, print_columns

STEP_WIDTH = 12

Row = Sequence[str]
Show = Callable[[Sighting], None]


class Screen(Protocol):
    """What the steps need of a screen."""

    def say(self, step: str, text: str) -> None:
        """Tell of one step in one line."""
        ...

    def watching(self, rows: Callable[[Sighting], Sequence[Row]]) -> AbstractContextManager[Show]:
        """Show progress while the context lasts, whenever what it gives is called; the first row is a heading."""
        ...

    def table(self, title: str, rows: Sequence[Row]) -> None:
        """Print a table whose first row is the heading, after an empty line."""
        ...


class Lines:
    """A screen that only ever adds lines."""

    def say(self, step: str, text: str) -> None:
        """Tell of one step in one line."""
        click.echo(f"{step:<{STEP_WIDTH}} {plain(text)}".rstrip())

    @contextmanager
    def watching(self, rows: Callable[[Sighting], Sequence[Row]]) -> Iterator[Show]:  # noqa: ARG002 - tables would flood a log
        """Print the number of deliveries in each state, whenever it has changed."""
        told = ""

        def show(sighting: Sighting) -> None:
            nonlocal told
            now = ", ".join(f"{number} {state}" for state, number in sighting.counts().items())
            if now != told:
                told = now
                self.say("deliveries", now)

        yield show

    def table(self, title: str, rows: Sequence[Row]) -> None:
        """Print aligned columns under the title."""
        click.echo(f"\n{title}\n")
        print_columns(rows)


def open_screen() -> Screen:
    """Return the screen that suits standard output."""
    if not sys.stdout.isatty():
        return Lines()
    # Imported here because rich takes a quarter of a second.
    from outhaul_ops.demo.terminal import Terminal

    return Terminal()
