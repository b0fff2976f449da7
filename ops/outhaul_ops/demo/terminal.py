"""The demo on a terminal: a table that is redrawn while deliveries move."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from outhaul_ledger.flow import Waiting
from outhaul_ledger.model import State
from outhaul_ops.demo.screen import STEP_WIDTH, Row, Show
from outhaul_ops.demo.sighting import Sighting
from outhaul_ops.demo.tables import OK
from outhaul_ops.output import plain

_COLOURS = {
    OK: "green",
    State.SKIPPED: "cyan",
    **dict.fromkeys((State.DEAD, State.HELD), "red"),
    **dict.fromkeys((State.PENDING, State.LEASED, *Waiting), "yellow"),
}


class Terminal:
    """A screen on standard output."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)

    def say(self, step: str, text: str) -> None:
        """Tell of one step in one line."""
        self._console.print(Text.assemble((f"{step:<{STEP_WIDTH}} ", "bold"), plain(text)), soft_wrap=True)

    @contextmanager
    def watching(self, rows: Callable[[Sighting], Sequence[Row]]) -> Iterator[Show]:
        """Redraw the table at every call; it makes room for what comes after."""
        # Redrawn by hand, for a thread that redraws would be one more thing to end.
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            yield lambda sighting: live.update(_drawn(rows(sighting)), refresh=True)

    def table(self, title: str, rows: Sequence[Row]) -> None:
        """Print a table under the title."""
        self._console.print()
        self._console.print(_drawn(rows, title))


def _drawn(rows: Sequence[Row], title: str = "") -> Table:
    # Seven destinations have to fit into 120 columns.
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.title, table.title_justify = title or None, "left"
    for name in rows[0]:
        table.add_column(name, no_wrap=True)
    for row in rows[1:]:
        table.add_row(*(Text(plain(cell), style=_COLOURS.get(cell.partition(" ")[0], "")) for cell in row))
    return table
