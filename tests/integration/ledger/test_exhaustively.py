"""Every situation that the smallest world can reach, over the real scripts; docs/model/README.md has the others."""

from dataclasses import replace
from hashlib import sha1
from pathlib import Path

import pytest

from model.actions import Violation
from model.sizes import explore
from outhaul_ledger import operations, scripting
from outhaul_ledger.operations import Operation
from outhaul_ops.embedded import EmbeddedServer


def test_nothing_that_can_happen_to_an_event_breaks_a_promise(tmp_path: Path) -> None:
    """One event, one destination, a drain that may die at any step, time that may pass at any: all was visited."""
    with EmbeddedServer(tmp_path / "server", settings=("--appendonly", "no")) as server:
        coverage = explore("short", server.url)
    assert coverage.complete
    assert coverage.situations > 400


def test_scripts_that_break_a_promise_are_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exploration can fail: without the mark on what a lost lease may have sent, it tells the way there."""

    def unmarking(name: str) -> Operation:
        sound = operations.load(name)
        source = sound.source.replace("duplicate = '1'", "duplicate = '0'")
        return replace(sound, source=source, sha=sha1(source.encode(), usedforsecurity=False).hexdigest())

    monkeypatch.setattr(scripting, "load", unmarking)
    with (
        EmbeddedServer(tmp_path / "server", settings=("--appendonly", "no")) as server,
        pytest.raises(Violation, match=r"is not marked(.|\n)*recover(.|\n)*<- here"),
    ):
        explore("short", server.url)
