"""The reference page of the simulators says what is so."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from outhaul_ops.simulators import SIMULATORS
from outhaul_ops.simulators.misbehaviour import parse
from outhaul_ops.simulators.simon.shapes import EVENTS

PAGE = (Path(__file__).parents[3] / "docs" / "simulators.md").read_text()


def first_column(heading: str) -> list[str]:
    """The code in the first column of the table under a heading cell."""
    table = PAGE.partition(f"\n| {heading} |")[2].partition("\n\n")[0]
    return re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)


def as_text(default: object) -> str:
    """A default the way the page writes it."""
    if isinstance(default, tuple):
        return ",".join(default) or "none"
    return str(default).lower().removesuffix(".0") if isinstance(default, bool | float) else str(default) or "none"


def test_every_form_of_misbehaviour_on_the_page_is_understood() -> None:
    """Each way to name requests, with each action, is a line the simulators take."""
    names, actions = first_column("Who"), first_column("Action")
    assert (len(names), len(actions)) == (4, 8)
    assert len(parse("\n".join(f"{name}: {action}" for name in names for action in actions))) == 32


@pytest.mark.parametrize("kind", sorted(SIMULATORS))
def test_every_option_of_a_kind_is_on_the_page(kind: str) -> None:
    """A kind's section lists its options with their defaults."""
    section = PAGE.partition(f"\n## {kind}\n")[2].partition("\n## ")[0]
    account = SIMULATORS[kind].account
    listed = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", section.partition("Checks,")[0], re.MULTILINE))
    assert list(listed) == [field.name for field in fields(account)]  # type: ignore[arg-type]
    assert [text.strip("`") for text in listed.values()] == [as_text(getattr(account(), name)) for name in listed]


def test_every_event_of_simon_data_is_on_the_page() -> None:
    """The page says of each event which properties are mandatory."""
    table = PAGE.partition("\n| Event | Mandatory properties |")[2].partition("\n\n")[0]
    rows = [re.findall(r"^\| (.+?) \| (.+?) \|$", row) for row in table.splitlines()]
    listed = {name: properties for row in rows for names, properties in row for name in re.findall(r"`(\w+)`", names)}
    assert sorted(listed) == sorted(EVENTS)
    for name, properties in listed.items():
        missing = [breach for breach in EVENTS[name]({}, "") if breach.endswith(": mandatory, got nothing")]
        assert re.findall(r"`(\w+)`", properties) == [breach.partition(":")[0] for breach in missing]
