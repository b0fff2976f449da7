"""`durability = "fsync"`: an event is accepted when the server's disk has it."""

from pathlib import Path

import pytest

from integration.ledger.scenario import accept
from outhaul_ledger.errors import DurabilityMissing, LedgerUnavailable
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Acceptance
from outhaul_ledger.server import inspect_server
from outhaul_ops.embedded import EmbeddedServer


def waiting(server: EmbeddedServer) -> Ledger:
    """A ledger that waits for the disk, at most 100 ms, over a connection of its own."""
    return Ledger(server.client(), durability="fsync", confirm_timeout=0.1)


def test_a_server_that_knows_its_disk_accepts_and_one_that_does_not_is_refused_by_name(server: EmbeddedServer) -> None:
    """Valkey confirms; Redis 7.0 cannot, and the error says what is needed, before anything is stored."""
    ledger = Ledger(server.client(), durability="fsync", confirm_timeout=2)
    with server.client() as client:
        client.config_set("appendfsync", "always")
    if inspect_server(ledger.client).waits_for_disk:
        assert [one.result for one in accept(ledger, "ev_1", "ev_2")] == [Acceptance.ACCEPTED] * 2
    else:
        with pytest.raises(DurabilityMissing, match=r"needs Redis or Valkey 7\.2 or later.*WAITAOF.*durability"):
            accept(ledger, "ev_1")
        assert ledger.client.keys() == []
    ledger.client.config_set("appendfsync", "everysec")


def test_a_server_that_confirms_before_its_disk_has_anything_is_refused(tmp_path: Path) -> None:
    """Valkey with everysec says at once that the disk has it, for up to a second before that is so."""
    with EmbeddedServer(tmp_path / "server", appendfsync="everysec") as server:
        facts = inspect_server(server.client())
        ledger = waiting(server)
        with pytest.raises(DurabilityMissing, match="appendfsync everysec, which confirms before its disk"):
            accept(ledger, "ev_1")
        assert ledger.client.keys() == []
        assert facts.waits_for_disk is False


def test_a_server_without_an_append_only_file_is_refused_before_anything_is_stored(tmp_path: Path) -> None:
    """There is no disk to wait for: the error says what to switch on."""
    with EmbeddedServer(tmp_path / "server", settings=("--appendonly", "no")) as server:
        ledger = waiting(server)
        with pytest.raises(DurabilityMissing, match="appendonly yes"):
            accept(ledger, "ev_1")
        assert ledger.client.keys() == []


def test_an_event_that_the_disk_does_not_confirm_is_not_accepted(tmp_path: Path) -> None:
    """The caller is told, and may call again; nobody is told accepted before the disk has it, over any connection."""
    with EmbeddedServer(tmp_path / "server") as server:
        first, second = waiting(server), waiting(server)
        server.client().config_set("appendfsync", "always")
        for ledger in (first, second):
            accept(ledger, "ev_0")
        server.client().config_set("appendfsync", "no")
        with pytest.raises(LedgerUnavailable, match="disk did not confirm within 100 ms"):
            accept(first, "ev_1")
        with pytest.raises(LedgerUnavailable, match="disk did not confirm within 100 ms"):
            accept(second, "ev_1")
        server.client().config_set("appendfsync", "always")
        assert [one.result for one in accept(second, "ev_1")] == [Acceptance.DUPLICATE]


def test_operations_are_loaded_again_while_waiting_for_the_disk(tmp_path: Path) -> None:
    """A server that has forgotten the operation accepts the event all the same."""
    with EmbeddedServer(tmp_path / "server", appendfsync="always") as server:
        ledger = waiting(server)
        accept(ledger, "ev_1")
        ledger.client.script_flush()
        assert accept(ledger, "ev_2")[0].result is Acceptance.ACCEPTED


def test_a_server_that_has_lost_its_replicas_is_unavailable_to_who_waits_for_them(tmp_path: Path) -> None:
    """Its refusal is told as an outage, whatever way the call went: the event may be handed over again later."""
    with EmbeddedServer(tmp_path / "server", settings=("--min-replicas-to-write", "1")) as server:
        with pytest.raises(LedgerUnavailable, match=r"NOREPLICAS|good replicas"):
            accept(Ledger(server.client(), replicas=1, confirm_timeout=0.1), "ev_1")
        assert server.client().keys() == []
