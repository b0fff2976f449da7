"""Listing, pausing and resuming destinations."""

from pathlib import Path

from integration.ops.conftest import DESTINATIONS
from integration.ops.console import Console
from integration.ops.graveyard import Graveyard
from outhaul_config.policy import Policy, Rate
from outhaul_ledger.model import Health, Lease, Settlement, State


def test_the_list_joins_configuration_and_ledger(console: Console, graveyard: Graveyard) -> None:
    """A destination that is configured, and one that only the ledger knows, are both listed with their numbers."""
    graveyard.dead(2, destination="forgotten")
    listed = {each["destination"]: each for each in console.json("destinations", "list")}
    assert (listed["shop-hooks"]["kind"], listed["shop-hooks"]["configured"]) == ("webhook", True)
    assert (listed["forgotten"]["dead"], listed["forgotten"]["configured"]) == (2, False)
    assert "not configured" in console.run("destinations", "list").stdout


def test_a_paused_destination_keeps_its_deliveries_until_it_is_resumed(console: Console, graveyard: Graveyard) -> None:
    """Nothing of it is leased while it is paused; resuming makes it due again."""
    graveyard.pending(3)
    assert console.json("destinations", "pause", "shop-hooks", "--reason", "maintenance")["paused"]
    assert graveyard.ledger.lease("drain", "worker", 10, 1_000).leases == []
    assert "maintenance" in console.run("destinations", "list").stdout
    assert console.json("destinations", "resume", "shop-hooks")["was_paused"]
    assert len(graveyard.ledger.lease("drain", "worker", 10, 1_000).leases) == 3
    assert "was not paused" in console.run("destinations", "resume", "shop-hooks").stdout


def test_an_open_breaker_is_listed_with_its_end_and_resuming_tries_the_endpoint_at_once(
    console: Console, graveyard: Graveyard
) -> None:
    """Whoever looks sees that the destination is left alone, until when, and can cut that short."""
    graveyard.ledger.configure([("shop-hooks", Policy(concurrency=10))])
    (event_id, *_) = graveyard.pending(8)
    leases = graveyard.ledger.lease("drain", "worker", 5, 60_000).leases
    graveyard.ledger.settle("drain", [failed(lease) for lease in leases])
    (listed,) = console.json("destinations", "list")
    assert (listed["breaker"], listed["waiting_for"], listed["limit"]) == ("open", "breaker_open", 10)
    assert f"breaker_open until {listed['breaker_until']}" in console.run("destinations", "list").stdout
    (delivery,) = console.json("status", event_id)["deliveries"]
    assert (delivery["waiting_for"], delivery["waiting_until"]) == ("breaker_open", listed["breaker_until"])
    assert "breaker" in console.run("doctor", status=1).stdout
    assert console.json("destinations", "resume", "shop-hooks")["breaker_was_open"]
    assert len(graveyard.ledger.lease("drain", "worker", 5, 60_000).leases) == 1


def test_rate_and_limit_of_the_moment_are_listed(console: Console, graveyard: Graveyard, site: Path) -> None:
    """Both as configured and as it is now; what waits for the rate says so."""
    (site / "destinations.toml").write_text(f'{DESTINATIONS}rate = "1/min"\n')
    graveyard.ledger.configure([("shop-hooks", Policy(rate=Rate(1, 60.0)))])
    graveyard.pending(3)
    assert len(graveyard.ledger.lease("drain", "worker", 5, 60_000).leases) == 1
    (listed,) = console.json("destinations", "list")
    assert (listed["rate"], listed["concurrency"], listed["limit"]) == ("1/min", "auto", 1)
    assert listed["waiting_for"] == "rate_limited"
    assert "rate_limited" in console.run("destinations", "list").stdout


def failed(lease: Lease) -> Settlement:
    """An attempt that nobody answered; the delivery is due again."""
    return Settlement(
        lease.destination, lease.event_id, lease.attempt, State.PENDING, "connect", health=Health.UNREACHABLE
    )


def test_a_destination_nobody_knows_cannot_be_paused(console: Console, graveyard: Graveyard) -> None:
    """A typing error creates nothing; the nearest name is suggested."""
    assert 'did you mean "shop-hooks"?' in console.run("destinations", "pause", "shop-hoks", status=1).stderr
    assert "shop-hoks" not in graveyard.ledger.survey().standings
