"""`outhaul destinations check`, without a server."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from outhaul_config.destinations import Destination
from outhaul_ops.cli import outhaul
from outhaul_worker.destinations.webhook import Webhook

SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
TWO = """
[destinations.shop-hooks]
kind = "webhook"
url = "https://hooks.example/in"
secret = "${SHOP_HOOKS_SECRET}"
headers = { authorization = "Bearer opensesame" }
subscribe = ["order.*"]

[destinations.remarkety-main]
kind = "remarkety"
store_id = "AAABBB"
api_key = "${REMARKETY_API_KEY}"
subscribe = ["order.*"]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with two right destinations, and nothing of the outside in the environment."""
    for name in ("CONFIG", "LEDGER_URL", "BROKER_URL", "DESTINATIONS", "SENTRY_DSN"):
        monkeypatch.delenv(f"OUTHAUL_{name}", raising=False)
    monkeypatch.setenv("SHOP_HOOKS_SECRET", SECRET)
    monkeypatch.setenv("REMARKETY_API_KEY", "rm-secret-key")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "destinations.toml").write_text(TWO)
    return tmp_path


def run(*arguments: str, status: int = 0) -> Result:
    """Run the command; no credential is ever in what it says."""
    result = CliRunner().invoke(outhaul, ["destinations", "check", *arguments])
    assert result.exit_code == status, result.output
    for secret in (SECRET, "rm-secret-key", "opensesame"):
        assert secret not in result.output
    return result


def as_json(*arguments: str, status: int = 0) -> Any:
    """Run the command with --json and return what it printed."""
    return orjson.loads(run(*arguments, "--json", status=status).stdout)


def test_each_credential_is_told_with_its_purpose_and_where_it_comes_from() -> None:
    """Masked, with the variable, and with a hint where it stands in the file itself."""
    told = run().stdout
    assert "ok    shop-hooks (webhook)" in told
    lines = [" ".join(line.split()) for line in told.splitlines()]
    assert "secret *** from SHOP_HOOKS_SECRET signs every request, so that the receiver knows it is yours" in lines
    assert any(line.startswith("headers.authorization *** in destinations.toml itself") for line in lines)
    assert any(line.startswith("api_key *** from REMARKETY_API_KEY the store's key") for line in lines)


def test_json_has_the_same() -> None:
    """One object a destination, with its credentials and no value of them."""
    told = as_json()
    assert (told["ok"], told["problems"]) == (True, [])
    hooks, remarkety = told["destinations"]
    assert (hooks["destination"], hooks["kind"], hooks["ok"], hooks["problems"]) == ("shop-hooks", "webhook", True, [])
    assert hooks["credentials"][0]["variables"] == ["SHOP_HOOKS_SECRET"]
    assert [each["option"] for each in remarkety["credentials"]] == ["api_key"]


def test_a_mistake_is_told_with_its_destination(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are right, and the exit status says that one is not."""
    monkeypatch.delenv("REMARKETY_API_KEY")
    hooks, remarkety = as_json(status=1)["destinations"]
    assert (hooks["ok"], remarkety["ok"]) == (True, False)
    (problem,) = remarkety["problems"]
    assert "REMARKETY_API_KEY" in problem["expected"]
    told = run(status=1).stdout
    assert "fail  remarkety-main (remarkety)" in told
    assert "the environment variable REMARKETY_API_KEY to be set" in told


def test_one_can_be_checked_whatever_is_wrong_with_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sets up one destination need not have the credentials of all."""
    monkeypatch.delenv("REMARKETY_API_KEY")
    (checked,) = as_json("shop-hooks")["destinations"]
    assert checked["ok"]
    assert as_json("remarkety-main", status=1)["destinations"][0]["problems"]


def test_mistakes_of_no_single_destination_are_told_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the settings and of the file as a whole: a worker would not start with them."""
    monkeypatch.setenv("OUTHAUL_WINDOW", "many")
    (folder / "destinations.toml").write_text(f"wokers = 3\n{TWO}")
    assert {problem["key"] for problem in as_json("shop-hooks", status=1)["problems"]} == {"OUTHAUL_WINDOW", "wokers"}
    first, second, *_ = run(status=1).stdout.splitlines()
    assert first.startswith("fail  environment OUTHAUL_WINDOW")
    assert second.startswith("fail  destinations.toml wokers")


def test_a_kind_nobody_knows_is_told_like_any_mistake(folder: Path) -> None:
    """There are no credentials to tell then."""
    (folder / "destinations.toml").write_text(TWO.replace('"webhook"', '"webhok"'))
    hooks = as_json(status=1)["destinations"][0]
    assert (hooks["kind"], hooks["credentials"]) == ("webhok", [])
    assert hooks["problems"][0]["nearest"] == "webhook"


def test_a_destination_nobody_knows_is_refused_with_the_nearest() -> None:
    """A typing error is told, not taken for a destination without mistakes."""
    assert 'did you mean "shop-hooks"?' in run("shop-hoks", status=1).stderr


def test_without_a_file_the_file_is_what_is_wrong(folder: Path) -> None:
    """Also where a destination is named, which may well be in the file that is missing."""
    (folder / "destinations.toml").unlink()
    for arguments in ((), ("shop-hooks",)):
        assert "destinations.toml" in run(*arguments, status=1).stdout


def test_an_empty_file_is_right_and_says_so(folder: Path) -> None:
    """Nothing is wrong with it; no event goes anywhere."""
    (folder / "destinations.toml").write_text("")
    assert "no destination is configured in destinations.toml" in run().stdout


def test_options_that_the_kind_cannot_be_built_with_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind of another package may refuse what its schema let pass; the worker would die of it at its start."""

    def fussy(_: Webhook, destination: Destination) -> None:
        raise ValueError(f"not with {destination.options['secret'][0].reveal()}")

    monkeypatch.setattr(Webhook, "__init__", fussy)
    (problem,) = as_json("shop-hooks", status=1)["destinations"][0]["problems"]
    assert (problem["key"], problem["got"]) == ("kind", "ValueError: not with ***")
