"""`outhaul bench`: one question a command, answered side by side with the peers in one run."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import orjson

from outhaul_config.durations import parse_duration
from outhaul_ops.bench.processes import BenchFailed
from outhaul_ops.bench.question import DURATION, Amount, Asked, Question, ask
from outhaul_ops.bench.questions import deliver, deliver_slowly, soak
from outhaul_ops.bench.questions.all import QUESTIONS
from outhaul_ops.bench.report import Report
from outhaul_ops.bench.table import markdown, print_report, put_into
from outhaul_ops.commands.options import json_option, reading
from outhaul_ops.embedded import ServerMissing
from outhaul_ops.exits import ExitStatus, Failure
from outhaul_ops.output import print_json, warn
from outhaul_ops.progress import watched

LATENCY = 0.1

_QUICK_HELP = "Measure less, in under 45 s; good for a first impression."

latency_option = click.option(
    "--latency",
    callback=reading(parse_duration),
    metavar="DURATION",
    help="Deliver to an endpoint that takes so long to answer, such as 100ms.",
)
quick_option = click.option("--quick", is_flag=True, help=_QUICK_HELP)
only_option = click.option(
    "--only", multiple=True, metavar="TEXT", help="Only who has this in the name takes part; may be repeated."
)
page_option = click.option(
    "--page",
    type=click.Path(exists=True, dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Also put the tables into this page, such as docs/performance.md.",
)
check_option = click.option("--check", is_flag=True, help="End with status 1 when a mark does not hold.")
markdown_option = click.option("--markdown", "as_markdown", is_flag=True, help="Print tables in Markdown.")

_ENDING = (quick_option, only_option, page_option, check_option, markdown_option, json_option)


@click.group("bench")
def bench() -> None:
    """Measure Outhaul beside its peers: same machine, same server, same receiver, one after the other in rounds.

    Everything runs on loopback in a folder of its own; no configured site is touched. A peer that is not part of
    Outhaul's own installation is installed into ops/bench/.cache when it is measured first.
    """


def _amount_option(amount: Amount) -> Callable[..., Any]:
    if amount.unit == DURATION:
        return click.option(
            "--duration",
            "amount",
            callback=reading(_whole_seconds),
            metavar="DURATION",
            help=f"How long it lasts, such as 10m; {amount.usual} s unless given, {amount.quick} s with --quick.",
        )
    return click.option(
        f"--{amount.unit.replace('_', '-')}",
        "amount",
        type=click.IntRange(amount.least),
        metavar="N",
        help=f"What a measurement is made of; {amount.usual} unless given, {amount.quick} with --quick.",
    )


def _whole_seconds(written: str) -> int:
    seconds = parse_duration(written)
    if seconds < soak.QUESTION.amount.least:
        raise ValueError(f"expected at least {soak.QUESTION.amount.least} s, got {written}")
    return round(seconds)


def _asking(question: Question, *more: Callable[..., Any]) -> Callable[[Callable[..., None]], click.Command]:
    """Make a function the command of a question: with the options that all have, and `more`."""
    amount = question.amount
    rounds = (question.usual_rounds, question.quick_rounds)
    options = (
        _amount_option(amount),
        *more,
        click.option(
            "--rounds",
            type=click.IntRange(1),
            metavar="N",
            help=f"How often each is measured; {rounds[0]} unless given, {rounds[1]} with --quick.",
        ),
        *_ENDING,
    )

    def make(function: Callable[..., None]) -> click.Command:
        wrapped = function
        for option in reversed(options):
            wrapped = option(wrapped)
        return bench.command(question.name.partition(" ")[0], help=f"{question.about}.")(wrapped)

    return make


@_asking(deliver.QUESTION, latency_option)
def _deliver(latency: float | None, **given: Any) -> None:
    if latency:
        _answer(deliver_slowly.QUESTION, {"latency": latency}, **given)
    else:
        _answer(deliver.QUESTION, {}, **given)


def _add(question: Question) -> None:
    @_asking(question)
    def _command(**given: Any) -> None:
        _answer(question, {}, **given)


for _question in QUESTIONS:
    if _question.name.partition(" ")[0] not in bench.commands:
        _add(_question)


@bench.command("all")
@quick_option
@page_option
@click.option(
    "--json-dir",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Also write each answer's JSON into this folder.",
)
def all_(quick: bool, page: Path | None, json_dir: Path | None) -> None:
    """Ask every question, one after the other, and print all answers; hours unless --quick.

    A question that cannot be answered is told on standard error, and the others are asked all the same.
    """
    failed = []
    for question in QUESTIONS:
        options = {"latency": LATENCY} if question is deliver_slowly.QUESTION else {}
        try:
            report = _ask(question, options, None, None, quick, ())
        except Failure as failure:
            failed.append(question.name)
            warn(f"{question.name}: {failure.message}")
            continue
        print_report(report)
        click.echo()
        _keep(report, page, json_dir)
    if failed:
        raise Failure(f"not answered: {', '.join(failed)}")


def _keep(report: Report, page: Path | None, folder: Path | None) -> None:
    if page:
        try:
            page.write_text(put_into(page.read_text(), report))
        except ValueError as error:
            raise Failure(f"{page}: {error}") from error
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{report.question.replace(' --', '-')}.json"
        file.write_bytes(orjson.dumps(report.document(), option=orjson.OPT_INDENT_2))


def _answer(
    question: Question,
    options: Mapping[str, Any],
    *,
    amount: int | None,
    rounds: int | None,
    quick: bool,
    only: tuple[str, ...],
    page: Path | None,
    check: bool,
    as_markdown: bool,
    as_json: bool,
) -> None:
    report = _ask(question, options, amount, rounds, quick, only)
    _keep(report, page, None)
    if as_json:
        print_json(report.document())
    elif as_markdown:
        click.echo(markdown(report), nl=False)
    else:
        print_report(report)
    if check and not all(mark.holds for mark in report.marks):
        raise click.exceptions.Exit(ExitStatus.REFUSED)


def _ask(
    question: Question,
    options: Mapping[str, Any],
    amount: int | None,
    rounds: int | None,
    quick: bool,
    only: tuple[str, ...],
) -> Report:
    usual = (question.amount.quick, question.quick_rounds) if quick else (question.amount.usual, question.usual_rounds)
    asked = Asked(amount or usual[0], rounds or usual[1], only, options)
    try:
        return ask(question, asked, shown=watched())
    except (BenchFailed, ServerMissing) as error:
        raise Failure(str(error)) from error
