"""What a question's answer consists of: measurements, their ratios, and the marks they are held to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Metric:
    """Something measured once a round, in its unit."""

    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class Result:
    """What one contender reached in one metric: a value per round, in the order of the rounds."""

    contender: str
    metric: Metric
    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The value that stands for all rounds."""
        return median(self.rounds)

    def document(self) -> dict[str, Any]:
        """Return what `--json` shows."""
        return {
            "contender": self.contender,
            "metric": self.metric.name,
            "unit": self.metric.unit,
            "median": self.median,
            "rounds": list(self.rounds),
        }


class Results(Sequence[Result]):
    """All results of a question."""

    def __init__(self, results: Sequence[Result]) -> None:
        self._results = tuple(results)

    def __getitem__(self, index: Any) -> Any:
        return self._results[index]

    def __len__(self) -> int:
        return len(self._results)

    def find(self, contender: str, metric: Metric) -> Result:
        """Return a contender's result.

        Raises:
            LookupError: there is none.
        """
        for result in self._results:
            if (result.contender, result.metric) == (contender, metric):
                return result
        raise LookupError(f"{contender} was not measured in {metric.name}")

    def median(self, contender: str, metric: Metric) -> float:
        """Return the median of a contender's rounds.

        Raises:
            LookupError: it was not measured.
        """
        return self.find(contender, metric).median

    def contenders(self, metric: Metric) -> list[str]:
        """Name those that were measured in a metric."""
        return [result.contender for result in self._results if result.metric == metric]

    def compare(self, ours: str, metric: Metric, others: Sequence[str]) -> dict[str, float]:
        """Return `ours` over each of the others that took part, by name `<ours> / <other>`; empty without `ours`."""
        return {f"{ours} / {other}": value for other, value in self._over(ours, metric, others)}

    def _over(self, ours: str, metric: Metric, others: Sequence[str]) -> Iterator[tuple[str, float]]:
        measured = self.contenders(metric)
        for other in others if ours in measured else ():
            if other in measured and other != ours:
                yield other, ratio(self.find(ours, metric), self.find(other, metric))


def ratio(over: Result, under: Result) -> float:
    """Return how many times `under` fits into `over`: median by median.

    Raises:
        ValueError: they are not of the same unit, or `under` is 0.
    """
    if over.metric.unit != under.metric.unit:
        raise ValueError(f"expected results of one unit, got {over.metric.unit} and {under.metric.unit}")
    if not under.median:
        raise ValueError(f"{under.contender} measured 0 {under.metric.unit}: there is no ratio to that")
    return over.median / under.median


@dataclass(frozen=True, slots=True)
class Mark:
    """A value and the bound it is held to."""

    name: str
    value: float
    bound: Literal["at least", "at most"]
    mark: float

    @property
    def holds(self) -> bool:
        """True when the value is within the bound, which is itself within."""
        return self.value >= self.mark if self.bound == "at least" else self.value <= self.mark

    def document(self) -> dict[str, Any]:
        """Return what `--json` shows."""
        return {"name": self.name, "value": self.value, "bound": self.bound, "mark": self.mark, "holds": self.holds}


@dataclass(frozen=True, slots=True)
class Machine:
    """What a measurement was made on. `load` is how many processes wanted a core before it began."""

    system: str
    cpu: str
    cores: int
    memory_bytes: int
    load: float


@dataclass(frozen=True, slots=True)
class Report:
    """The answer to one question.

    `conditions` tells what was the same for every contender; `notes` what was not, and who is missing.
    """

    question: str
    conditions: Mapping[str, str | int | float]
    machine: Machine
    versions: Mapping[str, str]
    results: Results
    ratios: Mapping[str, float]
    marks: Sequence[Mark]
    notes: Sequence[str] = ()

    def document(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "question": self.question,
            "conditions": dict(self.conditions),
            "notes": list(self.notes),
            "machine": asdict(self.machine),
            "versions": dict(self.versions),
            "results": [each.document() for each in self.results],
            "ratios": dict(self.ratios),
            "marks": [each.document() for each in self.marks],
        }
