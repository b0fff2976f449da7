"""Side by side: every contender once a round, in another order each round, so that drift of the machine hits all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from outhaul_ops.bench.report import Metric, Result, Results


@dataclass(frozen=True, slots=True)
class Entrant:
    """A contender's name, and what measures it once."""

    name: str
    measure: Callable[[], Mapping[Metric, float]]


def run_rounds(entrants: Sequence[Entrant], rounds: int, advance: Callable[[float], None]) -> Results:
    """Measure every entrant once a round; a different one begins each round.

    Args:
        entrants: what to measure, each with a name of its own.
        rounds: how often.
        advance: called with 1 after each measurement.

    Returns:
        The results in the order of the entrants.
    """
    measured: dict[str, list[Mapping[Metric, float]]] = {entrant.name: [] for entrant in entrants}
    for number in range(rounds):
        first = number % len(entrants)
        for entrant in (*entrants[first:], *entrants[:first]):
            measured[entrant.name].append(entrant.measure())
            advance(1)
    return Results([result for name, values in measured.items() for result in _results(name, values)])


def _results(name: str, values: list[Mapping[Metric, float]]) -> list[Result]:
    return [Result(name, metric, tuple(value[metric] for value in values)) for metric in values[0]]
