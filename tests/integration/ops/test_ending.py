"""How the command ends when something is in its way."""

import pytest

from integration.ops.console import Console
from integration.ops.graveyard import Graveyard
from outhaul_ops.embedded import EmbeddedServer


@pytest.mark.parametrize(
    "arguments",
    [
        ["status", "ev_1"],
        ["dead-letters", "list"],
        ["dead-letters", "count", "--json"],
        ["dead-letters", "replay"],
        ["dead-letters", "export"],
        ["destinations", "list"],
        ["destinations", "pause", "shop-hooks"],
    ],
)
def test_a_server_that_is_away_is_one_message(
    console: Console, own_server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    """Every command that needs the ledger ends with 2 and says what to look at."""
    own_server.stop()
    monkeypatch.setenv("OUTHAUL_LEDGER_URL", own_server.url)
    result = console.run(*arguments, status=2)
    assert "OUTHAUL_LEDGER_URL" in result.stderr
    assert "Traceback" not in result.stderr


def test_wrong_settings_are_one_message(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every mistake in the settings is told at once, and the status is 1."""
    monkeypatch.setenv("OUTHAUL_LEDGER_URL", "http://nowhere")
    monkeypatch.setenv("OUTHAUL_WINDOW", "many")
    result = console.run("dead-letters", "list", status=1)
    assert "OUTHAUL_LEDGER_URL" in result.stderr
    assert "OUTHAUL_WINDOW" in result.stderr


def test_a_reader_that_goes_away_is_no_error_to_talk_about(console: Console, graveyard: Graveyard) -> None:
    """`outhaul dead-letters list | head` prints nothing on standard error."""
    graveyard.dead(2_000)
    process = console.start("dead-letters", "export")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(20) == 1
