"""A report for people."""

from dataclasses import replace
from pathlib import Path

import pytest

from outhaul_ops.bench.percentiles import percentile
from outhaul_ops.bench.questions.all import QUESTIONS
from outhaul_ops.bench.report import Machine, Mark, Metric, Report, Result, Results
from outhaul_ops.bench.table import markdown, print_report, put_into

REPORT = Report(
    "deliver",
    {"events": 3, "receiver": "nginx 1.22"},
    Machine("linux", "a cpu", 2, 1 << 30, 0.1),
    {"python": "3"},
    Results([Result("one", Metric("deliveries", "1/s"), (12_345.6, 9.87, 20_000.0))]),
    {"one / two": 1.234},
    [Mark("one / two", 1.234, "at least", 1.5)],
    ("three is left out: npm is not on PATH",),
)


def test_the_page_gets_the_circumstances_and_three_tables() -> None:
    """What is pasted into the page says where, with what and how it was measured, and what was concluded."""
    page = markdown(REPORT)
    assert "deliver: events 3, receiver nginx 1.22" in page
    assert "a cpu, 2 cores, load 0.1" in page
    assert "three is left out: npm is not on PATH" in page
    assert "| one | deliveries | 12,346 | 9.87 | 20,000 | 1/s |" in page
    assert "| one / two | 1.23 |" in page
    assert "| one / two | 1.23 | at least 1.5 | missed |" in page


def test_the_terminal_shows_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is on the page alone."""
    print_report(REPORT)
    shown = capsys.readouterr().out
    for text in ("receiver nginx 1.22", "npm is not on PATH", "12,346", "1.23", "at least 1.5", "missed"):
        assert text in shown


def test_a_page_gets_new_tables_in_the_place_of_the_old() -> None:
    """The text around them stays, and doing it twice is doing it once."""
    page = "# Page\n\n<!-- begin deliver -->\nold\n<!-- end deliver -->\n\nText.\n"
    found = put_into(page, REPORT)
    assert found == put_into(found, REPORT)
    assert "old" not in found
    assert found.startswith("# Page\n\n<!-- begin deliver -->\n")
    assert found.endswith("<!-- end deliver -->\n\nText.\n")
    assert "| one / two | 1.23 |" in found


@pytest.mark.parametrize(
    "page", ["", "<!-- begin deliver -->\nold\n", "<!-- begin enqueue -->\n<!-- end enqueue -->\n"]
)
def test_a_page_without_a_place_for_the_answer_is_refused(page: str) -> None:
    """Nothing is appended somewhere, or put over another answer."""
    with pytest.raises(ValueError, match="between <!-- begin deliver --> and <!-- end deliver -->"):
        put_into(page, REPORT)


def test_the_page_of_the_documentation_has_a_place_for_every_answer() -> None:
    """One command writes all tables of `docs/performance.md` anew."""
    page = (Path(__file__).parents[3] / "docs" / "performance.md").read_text()
    for question in QUESTIONS:
        assert "| one / two | 1.23 |" in put_into(page, replace(REPORT, question=question.name))


@pytest.mark.parametrize(("percent", "value"), [(50, 5.0), (90, 9.0), (99, 10.0), (100, 10.0), (0, 1.0)])
def test_a_percentile_is_a_value_that_was_measured(percent: float, value: float) -> None:
    """Of ten values, the fifth is the median and the last the 99th percentile; nothing is made up between them."""
    assert percentile([float(each) for each in (10, 1, 9, 2, 8, 3, 7, 4, 6, 5)], percent) == value


def test_nothing_has_no_percentile() -> None:
    """A measurement without arrivals is told instead of answered."""
    with pytest.raises(ValueError, match="got none"):
        percentile([], 50)
