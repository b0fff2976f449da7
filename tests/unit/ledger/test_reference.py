"""The pages about keys and operations say what the code does."""

from pathlib import Path

from outhaul_config import keys_reference
from outhaul_config.keys import KEYS
from outhaul_ledger import reference
from outhaul_ledger.operations import names

DOCS = Path(__file__).parents[3] / "docs"


def test_the_page_of_keys_is_up_to_date() -> None:
    """docs/keys.md is what `python -m outhaul_config.keys_reference` writes."""
    assert (DOCS / "keys.md").read_text(encoding="utf-8") == keys_reference.page()


def test_the_page_of_operations_is_up_to_date() -> None:
    """docs/ledger-operations.md is what `python -m outhaul_ledger.reference` writes."""
    assert (DOCS / "ledger-operations.md").read_text(encoding="utf-8") == reference.page()


def test_every_key_and_every_operation_has_a_row() -> None:
    """No key and no operation is left out, in the tables' order."""
    rows = [line.split("`")[1] for line in keys_reference.keys_table().splitlines()[2:]]
    assert rows == [key.pattern for key in KEYS.values()]
    assert [line.split("`")[1] for line in reference.operations_table().splitlines()[2:]] == names()


def test_the_commands_write_the_pages(tmp_path: Path) -> None:
    """Each writes its whole page to the file it is given."""
    for module in (keys_reference, reference):
        module.main([str(tmp_path / "page.md")])
        assert (tmp_path / "page.md").read_text(encoding="utf-8") == module.page()


def test_a_cell_shows_what_the_text_says() -> None:
    """Angle brackets outside of code and bars are not taken for markup."""
    assert keys_reference.table(("A",), [("x <id> `<d>` | y",)]).splitlines()[2] == "| x &lt;id> `<d>` \\| y |"
