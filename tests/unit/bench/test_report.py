"""Medians, ratios and marks."""

import pytest

from outhaul_ops.bench.report import Machine, Mark, Metric, Report, Result, Results, ratio

RATE = Metric("deliveries", "1/s")
TIME = Metric("p50", "us")


def result(*rounds: float, contender: str = "one", metric: Metric = RATE) -> Result:
    """A result of these rounds."""
    return Result(contender, metric, rounds)


@pytest.mark.parametrize(
    ("rounds", "middle"), [((3.0, 900.0, 1.0), 3.0), ((1.0, 2.0, 4.0, 900.0), 3.0), ((7.0, 7.0, 7.0), 7.0)]
)
def test_one_disturbed_round_does_not_move_a_result(rounds: tuple[float, ...], middle: float) -> None:
    """A result stands for its rounds by their median, whatever their order and however far one is off."""
    assert result(*rounds).median == middle


def test_a_ratio_is_median_over_median() -> None:
    """Not the mean of the rounds' ratios, which one slow round of the peer would double."""
    assert ratio(result(3000, 3600, 10), result(1000, 1, 1200)) == 3.0


def test_results_of_different_units_have_no_ratio() -> None:
    """Deliveries per second cannot be divided by microseconds."""
    with pytest.raises(ValueError, match="of one unit, got 1/s and us"):
        ratio(result(1.0), result(1.0, metric=TIME))


def test_nothing_is_compared_with_nothing() -> None:
    """A contender that did nothing is named instead of divided by."""
    with pytest.raises(ValueError, match="two measured 0 1/s"):
        ratio(result(1.0), result(0.0, contender="two"))


@pytest.mark.parametrize(("value", "holds"), [(2.99, False), (3.0, True), (3.01, True)])
def test_a_lower_bound_includes_itself(value: float, holds: bool) -> None:
    """At least 3 is 3 or more."""
    assert Mark("rate", value, "at least", 3.0).holds is holds


@pytest.mark.parametrize(("value", "holds"), [(0.99, True), (1.0, True), (1.01, False)])
def test_an_upper_bound_includes_itself(value: float, holds: bool) -> None:
    """At most 1 is 1 or less."""
    assert Mark("time", value, "at most", 1.0).holds is holds


def test_only_those_who_took_part_are_compared() -> None:
    """A peer that is left out leaves no ratio behind; nor is anyone compared with itself."""
    results = Results([result(6.0, contender="ours"), result(2.0, contender="peer"), result(9.0, metric=TIME)])
    assert results.compare("ours", RATE, ("peer", "absent", "ours", "one")) == {"ours / peer": 3.0}
    assert results.compare("absent", RATE, ("peer",)) == {}
    assert results.contenders(RATE) == ["ours", "peer"]
    assert results.median("peer", RATE) == 2.0


def test_what_was_not_measured_is_not_found() -> None:
    """A question that asks for a contender it never measured is told so."""
    with pytest.raises(LookupError, match="c was not measured in deliveries"):
        Results([result(1.0)]).find("c", RATE)


def test_a_document_holds_every_round_and_what_was_concluded() -> None:
    """A reader of the JSON can check each median, ratio and mark against the rounds."""
    ours, theirs = result(9, 8, 7), result(2, 4, 3, contender="two")
    machine = Machine("linux", "cpu", 2, 1 << 30, 0.1)
    mark = Mark("one / two", ratio(ours, theirs), "at least", 3.0)
    report = Report(
        "deliver",
        {"events": 3},
        machine,
        {"python": "3"},
        Results([ours, theirs]),
        {"one / two": 8 / 3},
        [mark],
        ("three is left out",),
    )
    document = report.document()
    assert set(document) == {*("question", "conditions", "notes", "machine", "versions", "results", "ratios", "marks")}
    assert document["notes"] == ["three is left out"]
    assert document["results"][1] == {
        "contender": "two",
        "metric": "deliveries",
        "unit": "1/s",
        "median": 3,
        "rounds": [2, 4, 3],
    }
    assert document["ratios"] == {"one / two": 8 / 3}
    assert document["marks"] == [
        {"name": "one / two", "value": 8 / 3, "bound": "at least", "mark": 3.0, "holds": False}
    ]
