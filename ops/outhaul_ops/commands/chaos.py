"""`outhaul chaos`: break everything on purpose, and see whether the books still agree."""

import random
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import click

from outhaul_config.durations import parse_duration
from outhaul_config.problems import nearest
from outhaul_ops.chaos.faults.catalogue import CATALOGUE
from outhaul_ops.chaos.faults.fault import Fault
from outhaul_ops.chaos.report import document, fault_rows, lines, markdown
from outhaul_ops.chaos.site import WORKER_APP, Load
from outhaul_ops.chaos.trial import Result, Trial, carry_out
from outhaul_ops.commands.options import json_option, reading
from outhaul_ops.embedded import ServerMissing
from outhaul_ops.exits import ExitStatus, Failure
from outhaul_ops.interruption import Interruption
from outhaul_ops.output import print_columns, print_json, warn

ALL = "all"


def parse_faults(written: str) -> list[Fault]:
    """Return the faults of a list of names, or all.

    Raises:
        ValueError: there is none of that name.
    """
    if written == ALL:
        return list(CATALOGUE.values())
    names = [name.strip() for name in written.split(",")]
    for name in names:
        if name not in CATALOGUE:
            near = nearest(name, CATALOGUE)
            raise ValueError(f"expected {ALL} or names of --list-faults, got {name!r}" + (f": {near}?" if near else ""))
    return [CATALOGUE[name] for name in dict.fromkeys(names)]


@click.command("chaos")
@click.option(
    "--duration",
    default="60s",
    show_default=True,
    callback=reading(parse_duration),
    metavar="TIME",
    help="How long faults go on, such as 40s or 10m.",
)
@click.option("--seed", type=int, metavar="N", help="Decides which fault comes when; drawn and told unless given.")
@click.option(
    "--faults",
    default=ALL,
    show_default=True,
    callback=reading(parse_faults),
    metavar="NAME,...",
    help="Which faults; --list-faults names them.",
)
@click.option(
    "--appendfsync",
    type=click.Choice(["everysec", "always"]),
    default="everysec",
    show_default=True,
    help="When the ledger's server forces its file to the disk. With always no crash may cost an event.",
)
@click.option("--rate", type=click.FloatRange(3), default=60, show_default=True, help="Events handed over a second.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="An empty folder for books, logs and data, which stay; a temporary one unless given.",
)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the rows for the tables of docs/proof.md.")
@click.option("--list-faults", is_flag=True, help="Name the faults and say what each does.")
@click.option(
    "--worker-app",
    default=WORKER_APP,
    metavar="MODULE",
    help="The Celery application that workers run; a broken one shows that the harness finds it.",
)
@json_option
def chaos(
    duration: float,
    seed: int | None,
    faults: list[Fault],
    appendfsync: Literal["always", "everysec"],
    rate: float,
    folder: Path | None,
    as_markdown: bool,
    list_faults: bool,
    worker_app: str,
    as_json: bool,
) -> None:
    """Run load through servers, workers, producers and endpoints of its own on loopback, and break them all the time.

    In the end the faults stop, everything comes to rest, and three books are compared: what was acknowledged, what
    endpoints got, what the ledger says. Nothing that is configured is used or touched. The exit status is 1 if anything
    acknowledged is missing or counted wrongly, if a delivery repeats without being marked as a possible duplicate, or
    if anything was due for over 15 s without an owner and without a reason.
    """
    if list_faults:
        _list(as_markdown=as_markdown)
        return
    seed = random.randrange(1_000_000) if seed is None else seed
    trial = Trial(duration, seed, faults, Load(rate), appendfsync, worker_app)
    result = _carried_out(trial, folder)
    if as_json:
        print_json(document(result))
    else:
        for line in markdown(result) if as_markdown else lines(result):
            click.echo(line)
    if not result.passed:
        raise click.exceptions.Exit(ExitStatus.REFUSED)


def _list(*, as_markdown: bool) -> None:
    if as_markdown:
        for row in fault_rows(CATALOGUE.values()):
            click.echo(row)
        return
    print_columns([(fault.name, fault.part, fault.summary) for fault in CATALOGUE.values()])


def _carried_out(trial: Trial, folder: Path | None) -> Result:
    warn(f"seed {trial.seed}")
    try:
        with Interruption() as interruption:
            if folder is not None:
                return _in_folder(trial, folder, interruption, warn)
            with TemporaryDirectory(prefix="outhaul-chaos-", ignore_cleanup_errors=True) as name:
                return carry_out(trial, Path(name), interruption, warn)
    except (ServerMissing, RuntimeError) as error:
        raise Failure(str(error)) from error


def _in_folder(trial: Trial, folder: Path, interruption: Interruption, say: Callable[[str], None]) -> Result:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Failure(f"expected an empty folder, got {folder} with something in it: name another")
    return carry_out(trial, folder.resolve(), interruption, say)
