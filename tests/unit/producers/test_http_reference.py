"""The page of the HTTP API says what the code does."""

from pathlib import Path

from outhaul_producers.web.reference import main, with_tables

PAGE = Path(__file__).parents[3] / "docs" / "http-api.md"


def test_the_page_in_the_repository_is_up_to_date() -> None:
    """Its tables are what `python -m outhaul_producers.web.reference docs/http-api.md` writes."""
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page) == page
    assert "`POST /v1/events`" in page
    assert "`/problems/event-conflict`" in page


def test_a_stale_page_is_written_anew(tmp_path: Path) -> None:
    """The command mends the tables of a file and leaves the rest."""
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- begin problems -->\nold\n<!-- end problems -->\nafter\n")
    main([str(page)])
    assert "old" not in page.read_text()
    assert page.read_text().endswith("<!-- end problems -->\nafter\n")
