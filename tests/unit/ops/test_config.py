"""Showing and checking the configuration, without a server."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from outhaul_ops.cli import outhaul

GOOD = """
[destinations.shop-hooks]
kind = "webhook"
url = "https://hooks.example/in"
secret = "${SHOP_HOOKS_SECRET}"
subscribe = ["order.*"]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with one right destination, and nothing of the outside in the environment."""
    for name in ("CONFIG", "LEDGER_URL", "BROKER_URL", "DESTINATIONS", "SENTRY_DSN"):
        monkeypatch.delenv(f"OUTHAUL_{name}", raising=False)
    monkeypatch.setenv("SHOP_HOOKS_SECRET", "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "destinations.toml").write_text(GOOD)
    return tmp_path


def run(*arguments: str, status: int = 0) -> Result:
    """Run the command and check its exit status."""
    result = CliRunner().invoke(outhaul, arguments)
    assert result.exit_code == status, result.output
    return result


def as_json(*arguments: str, status: int = 0) -> Any:
    """Run the command with --json and return what it printed."""
    return orjson.loads(run(*arguments, "--json", status=status).stdout)


def test_show_tells_where_each_value_came_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment, the file and the default are told apart."""
    (folder / "outhaul.toml").write_text('namespace = "shop"\nwindow = 7\n')
    monkeypatch.setenv("OUTHAUL_WINDOW", "9")
    told = as_json("config", "show")
    assert told["window"] == {"value": "9", "origin": "OUTHAUL_WINDOW", "variable": "OUTHAUL_WINDOW"}
    assert told["namespace"] == {"value": "shop", "origin": "outhaul.toml", "variable": "OUTHAUL_NAMESPACE"}
    assert told["durability"]["origin"] == "default"


def test_show_masks_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither passwords in addresses nor the Sentry DSN are printed, for people or programs."""
    monkeypatch.setenv("OUTHAUL_LEDGER_URL", "redis://:opensesame@127.0.0.1:6379/0")
    monkeypatch.setenv("OUTHAUL_SENTRY_DSN", "https://publickey@sentry.example/1")
    for arguments in ([], ["--json"]):
        shown = run("config", "show", *arguments).stdout
        assert "opensesame" not in shown
        assert "publickey" not in shown
        assert "***" in shown


def test_check_is_content_with_a_right_configuration() -> None:
    """The exit status is 0 and the destinations are named."""
    assert as_json("config", "check") == {"ok": True, "problems": [], "destinations": ["shop-hooks"]}
    assert "shop-hooks" in run("config", "check").stdout


def test_check_tells_every_mistake_of_settings_and_destinations_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mistakes in the environment, in outhaul.toml and in destinations.toml are told together, one a line."""
    monkeypatch.setenv("OUTHAUL_WINDOW", "many")
    (folder / "outhaul.toml").write_text('namespcae = "shop"\n')
    (folder / "destinations.toml").write_text(GOOD.replace('"webhook"', '"webhok"') + "retry = 3\n")
    told = as_json("config", "check", status=1)
    assert {problem["key"] for problem in told["problems"]} >= {"OUTHAUL_WINDOW", "namespcae", "kind", "retry"}
    assert set(told["problems"][0]) == {"file", "table", "key", "expected", "got", "nearest"}
    lines = run("config", "check", status=1).stdout.splitlines()
    assert len(lines) == len(told["problems"])
    assert any('did you mean "namespace"?' in line for line in lines)


def test_check_finds_the_destinations_of_the_environment_despite_wrong_settings(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake in the settings does not hide those in the file that OUTHAUL_DESTINATIONS names."""
    monkeypatch.setenv("OUTHAUL_WINDOW", "many")
    monkeypatch.setenv("OUTHAUL_DESTINATIONS", str(folder / "elsewhere.toml"))
    (folder / "elsewhere.toml").write_text("[destinations.x]\n")
    files = {problem["file"] for problem in as_json("config", "check", status=1)["problems"]}
    assert files == {"environment", str(folder / "elsewhere.toml")}


def test_check_needs_the_file_of_destinations(folder: Path) -> None:
    """A worker without it could deliver nothing, so its absence is a mistake."""
    (folder / "destinations.toml").unlink()
    assert "destinations.toml" in run("config", "check", status=1).stdout


def test_no_secret_is_told_among_the_mistakes(folder: Path) -> None:
    """A credential of the wrong form is not quoted."""
    (folder / "destinations.toml").write_text(GOOD.replace("${SHOP_HOOKS_SECRET}", "opensesame"))
    assert "opensesame" not in run("config", "check", status=1).output


def test_a_mistake_in_the_sources_is_one_of_the_configuration(folder: Path) -> None:
    """A source that anybody may pass for is found before the API takes its webhooks."""
    source = "[sources.market]\nkind = 'okanjo'\napi_url = 'https://api.example'\nkey = 'k'\npassphrase = 'p'\n"
    (folder / "sources.toml").write_text(source)
    (problem,) = as_json("config", "check", status=1)["problems"]
    assert (problem["key"], "0.0.0.0/0" in problem["expected"]) == ("allow_from", True)
    (folder / "sources.toml").write_text(f"{source}allow_from = ['198.51.100.7']\n")
    run("config", "check")
