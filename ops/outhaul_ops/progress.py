"""A progress bar for people, on standard error; where nobody watches there is none."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[float], None]


def watched() -> bool:
    """Say whether standard error is a terminal."""
    return sys.stderr.isatty()


@contextmanager
def progress(what: str, total: Callable[[], float | None], *, shown: bool) -> Iterator[Advance]:
    """Show how far something is; call what it gives with each amount done.

    Args:
        what: a few words in front of the bar.
        total: counts what is to be done in all, None where that is unknown; only called when the bar is shown.
        shown: whether there is a bar.
    """
    if not shown:
        yield lambda _: None
        return
    # Imported here because a quarter of a second is too much for a command without a bar.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task(what, total=total())
        yield lambda amount: bar.advance(task, amount)
