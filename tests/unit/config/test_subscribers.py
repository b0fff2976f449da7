"""The table `[subscriptions]` of `destinations.toml`."""

from pathlib import Path

import pytest

from outhaul_config.destinations import load_destinations
from outhaul_config.problems import ConfigError
from outhaul_config.subscribers import Subscribers, load_subscribers

TABLE = """
[subscriptions]
disable_after = "2d"

[subscriptions.okanjo]
statuses = { Packed = 2 }

[subscriptions.okanjo.accounts.erp]
key = "AK_demo"
passphrase = "${ERP_PASSPHRASE}"
"""


def read(folder: Path, text: str) -> Subscribers:
    """Read the text as a site's file."""
    path = folder / "destinations.toml"
    path.write_text(text)
    return load_subscribers(path, {"ERP_PASSPHRASE": "open-sesame"})


def test_accounts_are_found_by_their_key_and_what_is_left_out_is_as_by_default(tmp_path: Path) -> None:
    """Passphrases come from the environment and do not print."""
    found = read(tmp_path, TABLE)
    assert (found.disable_after, found.keep_parked, found.allow_private_addresses) == (172_800.0, 2_592_000.0, False)
    assert found.accounts["AK_demo"].name == "erp"
    assert found.accounts["AK_demo"].passphrase.reveal() == "open-sesame"
    assert "open-sesame" not in repr(found)
    assert found.okanjo_options == {"statuses": {"Packed": 2}, "names": {}}


def test_a_site_without_the_table_or_the_file_has_nobody_who_subscribes_by_okanjos_api(tmp_path: Path) -> None:
    """All is as by default."""
    assert load_subscribers(tmp_path / "nothing.toml", {}) == read(tmp_path, "") == Subscribers(okanjo_options={})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("subscriptions = 7", "a table [subscriptions]"),
        ("[subscriptions]\nokanjoo = 1", 'did you mean "okanjo"?'),
        ("[subscriptions.okanjo.accounts.erp]\nkey = 'a b'\npassphrase = 'x'", "letters, digits, _ and -"),
        ("[subscriptions.okanjo.accounts.erp]\nkey = 'a'", "a secret text that is not empty"),
        (TABLE + TABLE[TABLE.index("[subscriptions.okanjo.acc") :].replace("erp", "crm"), "a key of its own"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, text: str, expected: str) -> None:
    """In the words of the other tables."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert expected in str(caught.value)


def test_the_destinations_of_the_same_file_are_read_beside_it(tmp_path: Path) -> None:
    """Neither reader takes the other's table for a mistake."""
    read(tmp_path, TABLE)
    assert load_destinations(tmp_path / "destinations.toml", {"ERP_PASSPHRASE": "x"}, {}) == {}
