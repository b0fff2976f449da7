"""The order in which contenders are measured."""

from collections.abc import Callable, Mapping

from outhaul_ops.bench.report import Metric, Result, Results
from outhaul_ops.bench.rounds import Entrant, run_rounds

TURN = Metric("turn", "measurements")


def recorded(order: list[str], name: str) -> Callable[[], Mapping[Metric, float]]:
    """A measurement that notes when its turn was."""

    def measure() -> Mapping[Metric, float]:
        order.append(name)
        return {TURN: float(len(order))}

    return measure


def test_every_contender_is_measured_once_a_round_and_another_begins_each() -> None:
    """Nobody always runs first on a fresh server or last on a warm machine."""
    order: list[str] = []
    advanced: list[float] = []
    run_rounds([Entrant(name, recorded(order, name)) for name in "abc"], 4, advanced.append)
    assert order == [*"abc", *"bca", *"cab", *"abc"]
    assert sum(advanced) == len(order)


def test_results_come_by_contender_with_their_rounds_in_order() -> None:
    """The n-th value of two contenders is from the same round."""
    order: list[str] = []
    results = run_rounds([Entrant(name, recorded(order, name)) for name in "ab"], 3, lambda _: None)
    assert isinstance(results, Results)
    assert list(results) == [Result("a", TURN, (1, 4, 5)), Result("b", TURN, (2, 3, 6))]
