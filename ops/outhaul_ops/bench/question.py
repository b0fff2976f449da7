"""A question and how it is answered: open a stage, measure every entrant round by round, compare, hold to the marks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from outhaul_ops.bench.machine import this_machine, versions
from outhaul_ops.bench.peers import pinned_versions
from outhaul_ops.bench.processes import BenchFailed
from outhaul_ops.bench.report import Mark, Report, Results
from outhaul_ops.bench.rounds import Entrant, run_rounds
from outhaul_ops.bench.sample import SIZE
from outhaul_ops.bench.stage import Stage, open_stage
from outhaul_ops.progress import progress

DURATION = "duration"


@dataclass(frozen=True, slots=True)
class Amount:
    """What one measurement is made of: the unit's name, how much of it is usual, how much with --quick.

    A `DURATION` is in seconds.
    """

    unit: str
    usual: int
    quick: int
    least: int = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """How a question is asked: how much one measurement is made of, in how many rounds, and the question's own options.

    With names in `only`, no one takes part whose name holds none of them.
    """

    amount: int
    rounds: int
    only: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def wants(self, name: str) -> bool:
        """Say whether a contender is to take part."""
        return not self.only or any(part in name for part in self.only)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `about` completes the sentence "Time ..." or "Measure ..." of the command's help."""

    name: str
    about: str
    amount: Amount
    entrants: Callable[[Stage, Asked], Sequence[Entrant]]
    ratios: Callable[[Results], dict[str, float]]
    marks: Callable[[Results], list[Mark]]
    usual_rounds: int = 3
    quick_rounds: int = 1


def ask(question: Question, asked: Asked, *, shown: bool) -> Report:
    """Answer a question.

    Args:
        question: which.
        asked: how.
        shown: whether to show a progress bar.

    Raises:
        BenchFailed: a program that takes part did not do its part, or nobody takes part.
        ServerMissing: there is no server to start.
    """
    machine = this_machine()
    with open_stage() as stage:
        entrants = [entrant for entrant in question.entrants(stage, asked) if asked.wants(entrant.name)]
        if not entrants:
            raise BenchFailed(f"expected somebody to measure, got nobody whose name holds {' or '.join(asked.only)}")
        with progress(f"bench {question.name}", lambda: asked.rounds * len(entrants), shown=shown) as advance:
            results = run_rounds(entrants, asked.rounds, advance)
        return Report(
            question.name,
            {
                question.amount.unit: asked.amount,
                **asked.options,
                "rounds": asked.rounds,
                "event_bytes": SIZE,
                "receiver": stage.receiver.name,
                "durability": f"AOF {stage.server.appendfsync}",
            },
            machine,
            {
                **versions(stage.client, stage.receiver.name),
                **pinned_versions({result.contender for result in results}),
            },
            results,
            question.ratios(results),
            question.marks(results),
            tuple(stage.notes),
        )
