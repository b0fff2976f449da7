"""What a question's answer consists of: measurements, their ratios, and the marks they are held to."""

from collections.abc import Mapping, Sequence
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
    bound: Literal["at least", "below"]
    mark: float

    @property
    def holds(self) -> bool:
        """True when the value is within the bound."""
        return self.value >= self.mark if self.bound == "at least" else self.value < self.mark

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
    """The answer to one question. `conditions` tells what was the same for every contender."""

    question: str
    conditions: Mapping[str, str | int]
    machine: Machine
    versions: Mapping[str, str]
    results: Sequence[Result]
    ratios: Mapping[str, float]
    marks: Sequence[Mark]

    def document(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "question": self.question,
            "conditions": dict(self.conditions),
            "machine": asdict(self.machine),
            "versions": dict(self.versions),
            "results": [each.document() for each in self.results],
            "ratios": dict(self.ratios),
            "marks": [each.document() for each in self.marks],
        }
