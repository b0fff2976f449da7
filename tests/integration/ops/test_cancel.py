"""What `outhaul cancel` does and tells."""

from integration.ops.console import Console
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Route, Settlement, State, Submission


def routed(ledger: Ledger, event_id: str) -> None:
    """An event that was delivered to one destination, waits for another, and is in flight to a third."""
    ledger.accept([Submission(event_id, "digest", "/", "order.created", b"{}")])
    ledger.lease_inbox("drain", 1, 60_000)
    ledger.fan_out("drain", [(event_id, [Route("done"), Route("flying")])])
    ledger.lease("drain", "worker", 9, 60_000)
    ledger.settle("drain", [Settlement("done", event_id, 1, State.DELIVERED)])


def test_each_destination_is_told_as_it_is(console: Console, ledger: Ledger) -> None:
    """What was sent, what is under way, and what was stopped, in JSON and for people."""
    routed(ledger, "ev_1")
    assert console.json("cancel", "ev_1") == {
        "event_id": "ev_1",
        "before_routing": False,
        "deliveries": [
            {"destination": "done", "state": "delivered", "stopped": False},
            {"destination": "flying", "state": "leased", "stopped": False},
        ],
    }
    shown = console.run("cancel", "ev_1").stdout
    assert "cancelled 0 deliveries" in shown
    assert "already delivered" in shown
    assert "an attempt is under way" in shown
    assert "cancelled 2" in console.run("status", "ev_1").stdout


def test_a_delivery_that_waited_is_told_as_cancelled_now(console: Console, ledger: Ledger) -> None:
    """The count is of what this call stopped."""
    ledger.accept([Submission("ev_1", "digest", "/", "order.created", b"{}")])
    ledger.lease_inbox("drain", 1, 60_000)
    ledger.fan_out("drain", [("ev_1", [Route("shop")])])
    shown = console.run("cancel", "ev_1").stdout.splitlines()
    assert shown == ["cancelled 1 delivery", "shop  cancelled now"]


def test_an_event_without_deliveries_is_told_apart(console: Console, ledger: Ledger) -> None:
    """It is cancelled before anything could be sent, and its status says why it has none."""
    ledger.accept([Submission("ev_1", "digest", "/", "order.created", b"{}")])
    assert console.run("cancel", "ev_1").stdout == "cancelled ev_1 before it had any delivery\n"
    assert "it had no delivery yet" in console.run("status", "ev_1").stdout


def test_an_unknown_event_is_an_error(console: Console) -> None:
    """As with `outhaul status`."""
    assert "expected the id of an event in the ledger, got 'ev_x'" in console.run("cancel", "ev_x", status=1).stderr


def test_events_from_a_file_may_be_delayed_and_expire(console: Console, ledger: Ledger) -> None:
    """`outhaul enqueue` takes the same keys, and refuses the same mistakes at their path."""
    early, late = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
    lines = (
        f'{{"type": "custom.x", "id": "ev_1", "deliver_after": "{early}", "expires_at": "{late}"}}',
        f'{{"type": "custom.x", "id": "ev_2", "deliver_after": "{late}", "expires_at": "{early}"}}',
    )
    told = console.json("enqueue", "-", given="\n".join(lines), status=1)
    assert told["accepted"] == 1
    assert told["rejections"][0]["problems"].keys() == {"expires_at"}
    assert b'"deliver_after":"2026-01-01T00:00:00.000Z"' in ledger.lease_inbox("drain", 1, 1000).events[0].body


def test_a_delivery_that_waits_for_another_says_for_which(console: Console, ledger: Ledger) -> None:
    """In the status of the event, and as a number in the list of destinations."""
    ledger.accept([Submission(event_id, "digest", "/", "order.created", b"{}") for event_id in ("ev_1", "ev_2")])
    ledger.lease_inbox("drain", 2, 60_000)
    ledger.fan_out("drain", [(event_id, [Route("shop-hooks", order="anna")]) for event_id in ("ev_1", "ev_2")])
    assert console.json("status", "ev_2")["deliveries"][0]["waiting_for_event"] == "ev_1"
    assert "waiting for order behind ev_1" in console.run("status", "ev_2").stdout
    (listed,) = console.json("destinations", "list")
    assert (listed["waiting"], listed["behind"]) == (2, 1)
