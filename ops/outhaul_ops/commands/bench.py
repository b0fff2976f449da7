"""`outhaul bench`: one question a command, answered side by side with the peers in one run."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from outhaul_ops.bench import deliver as deliver_question
from outhaul_ops.bench import enqueue as enqueue_question
from outhaul_ops.bench import serialise as serialise_question
from outhaul_ops.bench.processes import BenchFailed
from outhaul_ops.bench.question import Question, ask
from outhaul_ops.bench.report import Report
from outhaul_ops.bench.rounds import FEWEST_ROUNDS
from outhaul_ops.bench.table import print_report
from outhaul_ops.commands.options import json_option
from outhaul_ops.embedded import ServerMissing
from outhaul_ops.exits import ExitStatus, Failure
from outhaul_ops.output import print_json
from outhaul_ops.progress import watched

ROUNDS = 5

rounds_option = click.option(
    "--rounds",
    type=click.IntRange(FEWEST_ROUNDS),
    metavar="N",
    help=f"How often each is measured; {ROUNDS} unless given, {FEWEST_ROUNDS} with --quick.",
)
quick_option = click.option("--quick", is_flag=True, help="Measure less, in under 45 s; good for a first impression.")
check_option = click.option("--check", is_flag=True, help="End with status 1 when a mark does not hold.")


@click.group("bench")
def bench() -> None:
    """Measure Outhaul beside its peers: same machine, same server, same receiver, one after the other in rounds.

    Everything runs on loopback in a folder of its own; no configured site is touched.
    """


@bench.command("enqueue")
@click.option("--calls", type=click.IntRange(1), metavar="N", help="Calls timed a round.")
@rounds_option
@quick_option
@check_option
@json_option
def enqueue(calls: int | None, rounds: int | None, quick: bool, check: bool, as_json: bool) -> None:
    """Time handing over one event, beside Celery's .delay() of the same event and a bare SET of its bytes."""
    _answer(enqueue_question.QUESTION, calls, rounds, quick=quick, check=check, as_json=as_json)


@bench.command("deliver")
@click.option("--events", type=click.IntRange(100), metavar="N", help="Events in the backlog of a round.")
@rounds_option
@quick_option
@check_option
@json_option
def deliver(events: int | None, rounds: int | None, quick: bool, check: bool, as_json: bool) -> None:
    """Time delivering a backlog to one endpoint, beside one Celery task per delivery."""
    _answer(deliver_question.QUESTION, events, rounds, quick=quick, check=check, as_json=as_json)


@bench.command("serialise")
@click.option("--events", type=click.IntRange(1), metavar="N", help="Different events turned into requests a round.")
@rounds_option
@quick_option
@check_option
@json_option
def serialise(events: int | None, rounds: int | None, quick: bool, check: bool, as_json: bool) -> None:
    """Time turning an event into each kind's request, validated and signed, beside encoding it as JSON."""
    with _told():
        report = serialise_question.answer(
            events or (serialise_question.QUICK if quick else serialise_question.USUAL),
            rounds or (FEWEST_ROUNDS if quick else ROUNDS),
            shown=watched() and not as_json,
        )
    _conclude(report, check=check, as_json=as_json)


def _answer(
    question: Question, amount: int | None, rounds: int | None, *, quick: bool, check: bool, as_json: bool
) -> None:
    with _told():
        report = ask(
            question,
            amount=amount or (question.quick if quick else question.usual),
            rounds=rounds or (FEWEST_ROUNDS if quick else ROUNDS),
            shown=watched() and not as_json,
        )
    _conclude(report, check=check, as_json=as_json)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (BenchFailed, ServerMissing) as error:
        raise Failure(str(error)) from error


def _conclude(report: Report, *, check: bool, as_json: bool) -> None:
    if as_json:
        print_json(report.document())
    else:
        print_report(report)
    if check and not all(mark.holds for mark in report.marks):
        raise click.exceptions.Exit(ExitStatus.REFUSED)
