"""The page of the proof says what there is."""

from collections import Counter
from pathlib import Path

import pytest

from outhaul_ops.chaos.books import Books
from outhaul_ops.chaos.faults.catalogue import CATALOGUE
from outhaul_ops.chaos.report import document, fault_rows, markdown
from outhaul_ops.chaos.trial import Outcome, Result, Tally, Trial

PAGE = (Path(__file__).parents[3] / "docs" / "proof.md").read_text()
COMMANDS = (Path(__file__).parents[3] / "docs" / "commands.md").read_text()


def result(*findings: str) -> Result:
    """A run with one fault."""
    outcome = Outcome(Books(events=3), {"worker-kill": Tally(2, [1.0], [3.0])}, Counter(), (), findings)
    return Result(Trial(60, 1, list(CATALOGUE.values())), outcome)


@pytest.mark.parametrize("row", list(fault_rows(CATALOGUE.values())))
def test_the_page_has_every_fault_as_the_command_prints_it(row: str) -> None:
    """Update it with: outhaul chaos --list-faults --markdown."""
    assert row in PAGE.splitlines()


def test_rows_fit_the_tables_of_the_page() -> None:
    """What --markdown prints can be pasted."""
    run, _, fault = markdown(result())
    headings = [line for line in PAGE.splitlines() if line.startswith(("| Seed", "| Fault | Times"))]
    assert [line.count("|") for line in headings] == [run.count("|"), fault.count("|")]


def test_the_json_object_has_what_the_reference_says() -> None:
    """Names are stable."""
    told = document(result())
    part = COMMANDS.partition("## chaos")[2]
    assert [name for name in told if f"`{name}`" not in part] == []
    assert told["faults"] == {"worker-kill": {"count": 2, "recovery_s": [1.0], "recovery_mixed_s": [3.0]}}
    assert told["recovery_s"] == {"median": 2.0, "worst": 3.0}


def test_a_run_with_a_finding_has_not_passed() -> None:
    """One broken promise is enough."""
    assert (result().passed, result("broken").passed) == (True, False)
    assert document(result("broken"))["findings"] == ["broken"]
