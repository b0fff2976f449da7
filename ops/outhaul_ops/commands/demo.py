"""`outhaul demo`: watch sample events travel through a real worker to simulated vendors."""

from pathlib import Path

import click

from outhaul_ops.demo.performance import perform
from outhaul_ops.demo.scenario import load_scenario


@click.command("demo")
@click.option("--keep", is_flag=True, help="Leave everything running afterwards, and say how to look around.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where data and logs go, and stay; a temporary folder unless given.",
)
def demo(keep: bool, folder: Path | None) -> None:
    """Deliver sample events with a server, simulated vendors of every kind and a real worker, on this machine.

    Nothing that is configured is used or touched. Among the events are one that is handed in twice, one whose vendor
    fails twice, one whose answer is lost on the way, and one that its vendor refuses until it is mended. The exit
    status is 0 only if every delivery ended as the sample says it must, in the ledger and by the vendors' own records.
    Ctrl-C ends everything at any time; a second one does not wait.
    """
    perform(load_scenario(), folder=folder, keep=keep)
