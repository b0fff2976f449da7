"""What is read of the ledger's server, with and without the permission to."""

import pytest
import redis

from outhaul_ledger.errors import LedgerUnavailable
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.server import inspect_server
from outhaul_ops.embedded import EmbeddedServer


def limited(server: EmbeddedServer, *forbidden: str) -> redis.Redis:
    """Return a client of an account that may do all but what is forbidden."""
    with server.client() as client:
        client.acl_setuser("limited", enabled=True, reset=True, nopass=True, keys=["*"], categories=["+@all"])
        client.execute_command("ACL", "SETUSER", "limited", *(f"-{command}" for command in forbidden))
    made: redis.Redis = redis.Redis.from_url(server.url, username="limited", password="any", socket_timeout=5)
    return made


def test_every_server_we_test_on_is_good_enough(server: EmbeddedServer) -> None:
    """Product, version, policy and append-only file are read, and nothing is refused or warned about."""
    with server.client() as client:
        facts = inspect_server(client)
    assert facts.product in ("Redis", "Valkey")
    assert (facts.maxmemory_policy, facts.append_only, facts.append_fsync) == ("noeviction", True, "everysec")
    assert (facts.refusals, facts.warnings) == ((), ())


def test_without_config_the_information_section_is_used(own_server: EmbeddedServer) -> None:
    """A managed service that forbids CONFIG still tells what matters."""
    with limited(own_server, "config") as client:
        facts = inspect_server(client)
    assert (facts.maxmemory_policy, facts.append_only, facts.append_fsync) == ("noeviction", True, "unknown")
    assert (facts.refusals, facts.warnings) == ((), ())


def test_what_may_not_be_read_is_warned_about_and_not_refused(own_server: EmbeddedServer) -> None:
    """An account without CONFIG and INFO gets one warning that says what to check by hand."""
    with limited(own_server, "config", "info") as client:
        facts = inspect_server(client)
    assert facts.refusals == ()
    (warning,) = facts.warnings
    assert "version, maxmemory-policy, append-only file" in warning


def test_a_server_that_is_away_is_told_as_unavailable(own_server: EmbeddedServer) -> None:
    """Callers need to know no errors of the client library."""
    own_server.stop()
    with own_server.client() as client, pytest.raises(LedgerUnavailable):
        inspect_server(client)


def test_workers_are_read_with_their_silence(ledger: Ledger) -> None:
    """Each worker that beat is there with its processes, whether it stops, and how long it has been silent."""
    ledger.dispatch("celery@one:1", 4)
    ledger.dispatch("celery@two:2", 2, stopping=True)
    workers = ledger.workers()
    assert [(each.worker, each.slots, each.stopping) for each in workers.values()] == [
        ("celery@one:1", 4, False),
        ("celery@two:2", 2, True),
    ]
    assert all(0 <= each.silent_ms < 5_000 for each in workers.values())
