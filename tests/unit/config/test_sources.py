"""What `sources.toml` may say."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from outhaul_config.problems import ConfigError, Problem
from outhaul_config.sources import OkanjoSource, StandardWebhookSource, load_sources

EXAMPLE = Path(__file__).parents[3] / "config" / "sources.example.toml"
UNGUARDED = "kind = 'okanjo'\napi_url = 'https://a'\nkey = 'k'\npassphrase = 'p'\n"
OKANJO = f"{UNGUARDED}allow_from = ['0.0.0.0/0', '::/0']\n"
SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="


def loaded(tmp_path: Path, text: str, **environ: str) -> dict[str, StandardWebhookSource | OkanjoSource]:
    """Load a file of this text."""
    path = tmp_path / "sources.toml"
    path.write_text(text)
    return load_sources(path, environ)


def problem(tmp_path: Path, text: str) -> Problem:
    """Return the one problem that a file of this text has."""
    with pytest.raises(ConfigError) as error:
        loaded(tmp_path, text)
    (found,) = error.value.problems
    return found


def test_without_a_file_there_is_no_source(tmp_path: Path) -> None:
    """Most sites have none."""
    assert load_sources(tmp_path / "sources.toml", {}) == {}


def test_the_example_loads_also_with_what_is_commented_out(tmp_path: Path) -> None:
    """Its variables set, it means what it says."""
    text = EXAMPLE.read_text().replace("# [", "[").replace("# kind", "kind").replace("# api_url", "api_url")
    for key in ("key", "passphrase", "allow_from"):
        text = text.replace(f"# {key} =", f"{key} =")
    environ = {"PARTNER_WEBHOOK_KEY": SECRET, "MARKETPLACE_KEY": "AK", "MARKETPLACE_PASSPHRASE": "hush-hush"}
    partner, market = loaded(tmp_path, text, **environ).values()
    assert isinstance(partner, StandardWebhookSource)
    assert (partner.name, partner.holds, partner.tolerance, len(partner.keys)) == ("partner", "data", 300.0, 1)
    assert isinstance(market, OkanjoSource)
    assert market.allow_from == (ip_network("198.51.100.7"), ip_network("198.51.100.8"))
    assert "hush-hush" not in repr(market)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[source.x]\n", "source"),
        ("sources = 1\n", "sources"),
        (f"[sources.X]\n{OKANJO}", "X"),
        ("[sources]\nx = 1\n", "x"),
        ("[sources.x]\n", "kind"),
        ("[sources.x]\nkind = 'okanja'\n", "kind"),
        ("[sources.x]\nkind = 'standard-webhooks'\n", "key"),
        ("[sources.x]\nkind = 'standard-webhooks'\nkey = 'whsec_AAAA'\n", "key"),
        ("[sources.x]\nkind = 'standard-webhooks'\nkey = []\n", "key"),
        (f"[sources.x]\nkind = 'standard-webhooks'\nkey = '{SECRET}'\nholds = 'all'\n", "holds"),
        (f"[sources.x]\nkind = 'standard-webhooks'\nkey = '{SECRET}'\ntolerence = '5m'\n", "tolerence"),
        (f"[sources.x]\n{OKANJO.replace('https://a', 'api')}", "api_url"),
        (f"[sources.x]\n{UNGUARDED}", "allow_from"),
        (f"[sources.x]\n{UNGUARDED}allow_from = []\n", "allow_from"),
        (f"[sources.x]\n{UNGUARDED}allow_from = ['x']\n", "allow_from"),
    ],
)
def test_a_mistake_is_named_where_it_stands(tmp_path: Path, text: str, key: str) -> None:
    """One problem for one mistake, without the secret."""
    found = problem(tmp_path, text)
    assert found.key == key
    assert "AAAA" not in str(found)
