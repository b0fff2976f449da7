"""The settings' page says what the code does."""

from pathlib import Path

import pytest

from outhaul_config.reference import destinations_table, main, settings_table, with_tables
from outhaul_config.settings import setting_fields

PAGE = Path(__file__).parents[3] / "docs/settings.md"


def test_the_page_in_the_repository_is_up_to_date() -> None:
    """The page's tables are what `python -m outhaul_config.reference docs/settings.md` writes."""
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page) == page
    assert settings_table() in page
    assert destinations_table() in page


def test_every_setting_has_a_row() -> None:
    """No setting is left out."""
    rows = settings_table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == [each.name for each in setting_fields()]


def test_a_stale_page_is_written_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command mends the tables of a file and leaves the rest; without a file it prints them."""
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- begin settings -->\nold\n<!-- end settings -->\nafter\n")
    main([str(page)])
    assert page.read_text() == f"before\n<!-- begin settings -->\n{settings_table()}<!-- end settings -->\nafter\n"
    main([])
    assert capsys.readouterr().out == f"{settings_table()}\n{destinations_table()}"
