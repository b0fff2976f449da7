"""`outhaul up`: a whole installation on this machine, in one command."""

import os
from pathlib import Path

import click

from outhaul_ops.up import Plan, run


@click.command("up")
@click.option(
    "--workers", type=click.IntRange(1, 256), metavar="N", help="Worker processes; default: one for each processor."
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("outhaul-data"),
    show_default=True,
    help="Where data and logs go, and stay.",
)
def up(workers: int | None, data: Path) -> None:
    """Run an embedded server, workers and the API until Ctrl-C, and say how to use them.

    The settings hold, but for the ledger, which is the embedded server: its data are there again the next time. Without
    a file of destinations an empty one is made in the data folder.
    """
    run(Plan(data.resolve(), workers or os.cpu_count() or 1))
