"""What `outhaul doctor` finds on a healthy site and on broken ones."""

from pathlib import Path
from typing import Any

import pytest

from integration.ops.console import Console
from integration.ops.graveyard import Graveyard
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import State
from outhaul_ops.embedded import EmbeddedServer


def level(told: dict[str, Any], check: str) -> str:
    """Return the worst level that a check came to, or an empty text when it was left out."""
    order = ["", "ok", "warn", "fail"]
    found = (finding["level"] for finding in told["findings"] if finding["check"] == check)
    return max(found, key=order.index, default="")


def test_a_healthy_site_passes(console: Console, ledger: Ledger) -> None:
    """With a worker alive and nothing wrong every check is ok and the exit status 0."""
    ledger.dispatch("celery@one:1", 4)
    told = console.json("doctor")
    assert told["ok"]
    assert {finding["check"]: finding["level"] for finding in told["findings"]} == {
        "configuration": "ok",
        "server": "ok",
        "clock": "ok",
        "workers": "ok",
        "broker": "ok",
    }
    assert "1 alive with 4 processes" in console.run("doctor").stdout


def test_nobody_delivering_is_a_failure(console: Console) -> None:
    """Without a live worker the doctor fails and says how to start one."""
    result = console.run("doctor", status=1)
    assert "celery -A outhaul_worker worker" in result.stdout


def test_a_stopping_worker_does_not_count(console: Console, ledger: Ledger) -> None:
    """A worker that is about to end takes no new work, so it is not alive."""
    ledger.dispatch("celery@one:1", 4, stopping=True)
    assert level(console.json("doctor", status=1), "workers") == "fail"


def test_destinations_that_need_a_person_are_warned_about(console: Console, graveyard: Graveyard) -> None:
    """Dead letters, held deliveries and pauses are named with the command to use; they are no failures."""
    graveyard.ledger.dispatch("celery@one:1", 4)
    graveyard.dead(3)
    graveyard.dead(1, state=State.HELD)
    graveyard.ledger.pause("shop-hooks", "401 from the endpoint, key of bob@buyer.example refused")
    told = console.json("doctor")
    assert [level(told, check) for check in ("dead letters", "held", "paused")] == ["warn"] * 3
    shown = console.run("doctor").stdout
    assert "dead-letters list --destination shop-hooks" in shown
    assert "bob@buyer.example" not in shown


def test_deliveries_of_a_removed_destination_are_a_failure(console: Console, graveyard: Graveyard) -> None:
    """What waits for a destination that is no longer configured would wait for ever."""
    graveyard.ledger.dispatch("celery@one:1", 4)
    graveyard.pending(destination="forgotten")
    assert level(console.json("doctor", status=1), "removed") == "fail"


def test_a_server_that_throws_data_away_is_a_failure(
    console: Console, own_server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An evicting server fails, one without append-only file is warned about; both say which setting to change."""
    monkeypatch.setenv("OUTHAUL_LEDGER_URL", own_server.url)
    with own_server.client() as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        client.config_set("appendonly", "no")
    told = console.json("doctor", status=1)
    advice = [finding["advice"] for finding in told["findings"] if finding["check"] == "server"]
    assert any("maxmemory-policy noeviction" in each for each in advice)
    assert any("appendonly yes" in each for each in advice)
    assert level(told, "server") == "fail"


def test_a_server_that_cannot_confirm_its_disk_fails_fsync(
    console: Console, own_server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """durability = "fsync" on a server without append-only file is found before a producer finds it."""
    monkeypatch.setenv("OUTHAUL_LEDGER_URL", own_server.url)
    monkeypatch.setenv("OUTHAUL_DURABILITY", "fsync")
    with own_server.client() as client:
        client.config_set("appendonly", "no")
    assert "durability" in console.run("doctor", status=1).stdout


def test_an_unreachable_server_is_one_finding_and_the_rest_goes_on(
    console: Console, own_server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ledger and broker are each reported, without a traceback and without the password of the address."""
    own_server.stop()
    monkeypatch.setenv("OUTHAUL_LEDGER_URL", f"redis://:opensesame@127.0.0.1:{own_server.port}/0")
    result = console.run("doctor", "--json", status=1)
    assert '"check": "ledger"' in result.stdout
    assert '"check": "broker"' in result.stdout
    assert "opensesame" not in result.stdout


def test_an_unknown_broker_is_a_failure(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker URL of a transport that does not exist is told, not raised."""
    monkeypatch.setenv("OUTHAUL_BROKER_URL", "carrierpigeon://roof/")
    assert level(console.json("doctor", status=1), "broker") == "fail"


def test_mistakes_in_the_configuration_are_found_without_hiding_the_server(console: Console, site: Path) -> None:
    """A broken file of destinations fails, and the server is looked at all the same."""
    (site / "destinations.toml").write_text('[destinations.shop-hooks]\nkind = "webhok"\n')
    told = console.json("doctor", status=1)
    assert level(told, "configuration") == "fail"
    assert level(told, "server") == "ok"
