"""What `outhaul status` tells."""

from pathlib import Path

from integration.ops.console import Console
from integration.ops.graveyard import REASON, Graveyard

DELIVERY = {
    "destination",
    "kind",
    "state",
    "attempts",
    "due_at",
    "waiting_for",
    "waiting_until",
    "waiting_for_event",
    "possible_duplicate",
    "last_status",
    "last_error",
    "log",
}


def test_the_status_of_a_dead_letter_has_every_field(console: Console, graveyard: Graveyard) -> None:
    """A program finds event, deliveries and attempts under the documented names."""
    (event_id,) = graveyard.dead()
    told = console.json("status", event_id)
    (delivery,) = told["deliveries"]
    assert {"event_id", "type", "accepted_at", "deliveries"} <= set(told)
    assert set(delivery) == DELIVERY
    assert (delivery["state"], delivery["kind"], delivery["last_error"]) == ("dead", "webhook", REASON)
    assert delivery["log"][0]["status"] == 500


def test_a_delivery_that_waits_says_why(console: Console, graveyard: Graveyard) -> None:
    """A paused destination's delivery is `paused`, in JSON and for people, and its kind is known before any attempt."""
    (event_id,) = graveyard.pending()
    console.run("destinations", "pause", "shop-hooks")
    (delivery,) = console.json("status", event_id)["deliveries"]
    assert (delivery["waiting_for"], delivery["kind"], delivery["state"]) == ("paused", "webhook", "pending")
    assert "waiting for paused" in console.run("status", event_id).stdout


def test_people_see_every_attempt(console: Console, graveyard: Graveyard) -> None:
    """Time, status, duration, reason and answer of each attempt are printed."""
    (event_id,) = graveyard.dead()
    shown = console.run("status", event_id).stdout
    for part in (event_id, "shop-hooks (webhook): dead", "2026-03-05T08:15:00.000Z", "500", "12", REASON, "said: no"):
        assert part in shown


def test_an_unrouted_event_says_so(console: Console) -> None:
    """An event that was just accepted has no deliveries yet, which is told."""
    console.run("enqueue", "-", given='{"type": "custom.ping", "id": "ev_unrouted"}')
    assert "not been worked out yet" in console.run("status", "ev_unrouted").stdout


def test_an_unknown_event_is_refused(console: Console) -> None:
    """The exit status is 1 and the message says why it may be unknown."""
    assert "never accepted" in console.run("status", "ev_nobody", status=1).stderr


def test_the_status_can_be_read_while_the_destinations_are_broken(
    console: Console, graveyard: Graveyard, site: Path
) -> None:
    """A mistake in the file of destinations does not hide what happened to an event."""
    (event_id,) = graveyard.pending()
    (site / "destinations.toml").write_text("not toml")
    assert console.json("status", event_id)["deliveries"][0]["kind"] == ""
