"""A question and how it is answered: open a stage, measure every entrant round by round, compare, hold to the marks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from outhaul_ops.bench.machine import this_machine, versions
from outhaul_ops.bench.report import Mark, Report, Result
from outhaul_ops.bench.rounds import Entrant, run_rounds
from outhaul_ops.bench.sample import SIZE
from outhaul_ops.bench.stage import Stage, open_stage
from outhaul_ops.progress import progress


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `amount` says what one measurement is made of; `usual` and `quick` are how much of it."""

    name: str
    amount: str
    usual: int
    quick: int
    entrants: Callable[[Stage, int], Sequence[Entrant]]
    ratios: Callable[[Sequence[Result]], dict[str, float]]
    marks: Callable[[Sequence[Result]], list[Mark]]


def ask(question: Question, *, amount: int, rounds: int, shown: bool) -> Report:
    """Answer a question.

    Args:
        question: which.
        amount: how much one measurement is made of, in the unit of `question.amount`.
        rounds: how often every entrant is measured.
        shown: whether to show a progress bar.

    Raises:
        BenchFailed: a program that takes part did not do its part.
        ServerMissing: there is no server to start.
    """
    machine = this_machine()
    with open_stage() as stage:
        entrants = question.entrants(stage, amount)
        with progress(f"bench {question.name}", lambda: rounds * len(entrants), shown=shown) as advance:
            results = run_rounds(entrants, rounds, advance)
        return Report(
            question.name,
            {
                question.amount: amount,
                "rounds": rounds,
                "event_bytes": SIZE,
                "receiver": stage.receiver.name,
                "durability": f"AOF {stage.server.appendfsync}",
            },
            machine,
            versions(stage.client, stage.receiver.name),
            results,
            question.ratios(results),
            question.marks(results),
        )
