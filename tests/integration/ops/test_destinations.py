"""Listing, pausing and resuming destinations."""

from integration.ops.console import Console
from integration.ops.graveyard import Graveyard


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


def test_a_destination_nobody_knows_cannot_be_paused(console: Console, graveyard: Graveyard) -> None:
    """A typing error creates nothing; the nearest name is suggested."""
    assert 'did you mean "shop-hooks"?' in console.run("destinations", "pause", "shop-hoks", status=1).stderr
    assert "shop-hoks" not in graveyard.ledger.survey().standings
