"""Every situation that the smallest worlds can reach, over the real scripts; docs/model/README.md has the others."""

from dataclasses import replace
from hashlib import sha1
from pathlib import Path

import pytest

from model.action import Violation
from model.sizes import explore
from outhaul_ledger import operations, scripting
from outhaul_ledger.operations import Operation
from outhaul_ops.embedded import EmbeddedServer


@pytest.mark.parametrize(("size", "situations"), [("short", 400), ("cancel-short", 200), ("expire-short", 400)])
def test_nothing_that_can_happen_to_an_event_breaks_a_promise(tmp_path: Path, size: str, situations: int) -> None:
    """One event, one destination, a drain that may stop at any step, time that may pass at any: all was visited."""
    with EmbeddedServer(tmp_path / "server", settings=("--appendonly", "no")) as server:
        coverage = explore(size, server.url)
    assert coverage.complete
    assert coverage.situations > situations


@pytest.mark.parametrize(
    ("size", "sound", "broken", "told"),
    [
        # What a lost lease may have sent is not marked.
        ("short", "duplicate = '1'", "duplicate = '0'", r"is not marked(.|\n)*recover(.|\n)*<- here"),
        # What is in flight is not told that its event was taken back.
        ("cancel-short", "delivery.reason = CANCELLED\n", "delivery.reason = ''\n", "taken back and is leased again"),
        # Nor is what was in flight when its lease was lost.
        ("cancel-short", "delivery.reason == CANCELLED", "false", "taken back and is leased again"),
        # An expiry is not looked at before leasing.
        ("expire-short", "if stored[3] and has_expired(", "if false and has_expired(", "has expired and is leased"),
        # A dead letter does not say that it expired.
        ("expire-short", "'expired', stamp(now)", "'over', stamp(now)", "'over'"),
    ],
)
def test_scripts_that_break_a_promise_are_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: str, sound: str, broken: str, told: str
) -> None:
    """The exploration can fail, and tells the way there."""

    def breaking(name: str) -> Operation:
        whole = operations.load(name)
        source = whole.source.replace(sound, broken)
        return replace(whole, source=source, sha=sha1(source.encode(), usedforsecurity=False).hexdigest())

    monkeypatch.setattr(scripting, "load", breaking)
    with (
        EmbeddedServer(tmp_path / "server", settings=("--appendonly", "no")) as server,
        pytest.raises(Violation, match=told),
    ):
        explore(size, server.url)
