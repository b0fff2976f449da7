"""The parts of the documentation that are made from the code."""

from pathlib import Path

import pytest

from outhaul_worker.destinations.reference import UnknownPart, main, parts, updated

PAGES = Path(__file__).parents[3] / "docs" / "destinations"


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.name)
def test_the_generated_parts_of_the_documentation_are_up_to_date(page: Path) -> None:
    """What the pages say of options and names is what the code does; else run the module named in the page."""
    assert updated(page.read_text()) == page.read_text()


def test_every_generated_part_is_in_the_documentation() -> None:
    """No kind's options go undocumented."""
    pages = "".join(page.read_text() for page in PAGES.glob("*.md"))
    assert [name for name in parts() if f"<!-- generated: {name} -->" not in pages] == []


def test_a_page_is_brought_up_to_date_in_place(tmp_path: Path) -> None:
    """Only what stands between the marks changes."""
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- generated: webhook-options -->\nstale\n<!-- end of generated -->\nafter\n")
    main([str(page)])
    text = page.read_text()
    assert text.startswith("before\n<!-- generated: webhook-options -->\n\n| Option | Default | Meaning |\n")
    assert text.endswith("\n\n<!-- end of generated -->\nafter\n")
    assert "stale" not in text
    assert "| `secret` | required |" in text


def test_without_a_page_every_part_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """The tables can be looked at without touching a file."""
    main([])
    assert "| `customer.created` | `customers/create` | built-in |" in capsys.readouterr().out


def test_a_page_that_asks_for_an_unknown_part_is_told_the_known_ones() -> None:
    """A mistyped mark does not go unnoticed."""
    with pytest.raises(UnknownPart, match="'webhook-optoins': expected one of cloudevents-options"):
        updated("<!-- generated: webhook-optoins -->\n<!-- end of generated -->")
