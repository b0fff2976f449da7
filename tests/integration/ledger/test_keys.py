"""The key table describes what is on the server, all of it."""

from typing import cast

from integration.ledger.books import check_books, read_books
from integration.ledger.scenario import (
    DRAIN,
    EVER,
    LEASE_MS,
    WORKER,
    accept,
    configure,
    end,
    fan_out,
    key,
    lease,
    outcome,
    route,
    settle,
    submission,
    well,
)
from integration.ledger.time_travel import pass_time
from integration.ledger.wide import cancel_step
from outhaul_config.keys import KEYS, prefix
from outhaul_config.policy import Policy
from outhaul_ledger.dead_letters import Selection
from outhaul_ledger.keyring import Keyring, Scope
from outhaul_ledger.ledger import SILENCE_MS, Ledger
from outhaul_ledger.model import Route, State
from outhaul_ledger.replay_jobs import ReplayJobs
from outhaul_ledger.subscribing import SubscriptionLedger

SERVER_TYPES = {"sorted set": b"zset", "hash": b"hash", "set": b"set", "list": b"list", "string": b"string"}


def live_through_everything(ledger: Ledger) -> None:
    """Leave every kind of key behind."""
    ledger.dispatch(WORKER, 2)
    live_with_subscriptions(SubscriptionLedger(ledger.client), ledger)
    configure(ledger, concurrency=50)
    for event_id, state in (("ev_dead", State.DEAD), ("ev_held", State.HELD), ("ev_done", State.DELIVERED)):
        end(ledger, event_id, state=state)
    route(ledger, "ev_leased", "ev_waiting")
    lease(ledger, 1)
    configure(ledger, "swift")
    route(ledger, "ev_swift", "ev_next", to=("swift",))
    settle(ledger, *(well(one) for one in lease(ledger) if one.destination == "swift"))
    route(ledger, "ev_cancelled", to=("shop", "swift"))
    cancel_step(ledger, "ev_cancelled", changed=1)
    accept(ledger, "ev_routing", "ev_inbox", "ev_ordered")
    ledger.lease_inbox(DRAIN, 1, LEASE_MS)
    fan_out(ledger, "ev_ordered", order="anna", life_ms=10 * LEASE_MS)
    ledger.pause("mail", "maintenance")
    ledger.dispatch(WORKER, 2)
    ledger.open_replay("filter")
    ReplayJobs(ledger).open(Selection(types=("cart.*",)), None)
    Keyring(ledger.client, ledger.namespace).create("shop", Scope)
    ledger.fan_out(DRAIN, [], types={"order.created": [Route("shop")]})
    ledger.client.zadd(key("idle"), {"idler": EVER})  # as while it listens
    accept(ledger, "ev_rung")


def live_with_subscriptions(subscriptions: SubscriptionLedger, ledger: Ledger) -> None:
    """Have one subscription that was stopped and one that is leaving, and a document that went out."""
    for name in ("sub.gone", "sub.stays"):
        subscriptions.subscribe(name, b"{}", identity=name, policy=Policy(), patience=1.0)
    route(ledger, "ev_sub", to=("sub.gone", "sub.stays"))
    for one in lease(ledger):
        if one.destination == "sub.stays":
            settle(ledger, outcome(one, State.PENDING, delay_ms=LEASE_MS, pause="gone"))
    subscriptions.unsubscribe("sub.gone")
    subscriptions.keep_document("EV1", b"{}", lasts=60.0)


def leave_subscriptions(subscriptions: SubscriptionLedger) -> None:
    """End what was begun there."""
    subscriptions.unsubscribe("sub.stays")
    subscriptions.tidy("0", parking=60.0)


def test_every_key_on_the_server_is_a_row_of_the_table_with_its_type_and_expiry(ledger: Ledger) -> None:
    """After a life with everything in it nothing unlisted is there, and every row is."""
    live_through_everything(ledger)
    seen = set()
    for name in cast("list[bytes]", ledger.client.keys()):
        assert name.decode().startswith(prefix("outhaul"))
        family = name.decode().removeprefix(prefix("outhaul")).partition(":")[0]
        row = KEYS[family]
        assert ledger.client.type(name) == SERVER_TYPES[row.type], name
        assert row.expires != "never" or ledger.client.pttl(name) == -1, name
        seen.add(family)
    assert seen == set(KEYS)
    check_books(read_books(ledger.client))


def test_two_namespaces_on_one_server_do_not_see_each_other(ledger: Ledger) -> None:
    """Staging and production may share a server."""
    other = Ledger(ledger.client, "staging")
    route(ledger, "ev_1")
    assert (other.status("ev_1"), other.survey().standings) == (None, {})
    assert other.lease(DRAIN, WORKER, 10, LEASE_MS).leases == []
    assert other.accept([submission("ev_1", "other content")])[0].result == "accepted"


def test_nothing_but_counters_is_left_when_all_events_have_expired(ledger: Ledger) -> None:
    """A ledger whose work is done does not grow with the work it has done."""
    live_through_everything(ledger)
    pass_time(ledger.client, max(LEASE_MS, SILENCE_MS) + 1)
    ledger.recover()
    assert ledger.finish_cancelling()
    inbound = ledger.lease_inbox("last", 100, LEASE_MS).events
    ledger.fan_out("last", [(one.event_id, []) for one in inbound])
    settle(ledger, *map(outcome, lease(ledger, drain="last")), drain="last")
    assert ledger.survey().standings["shop"].behind == 0
    ledger.discard([("shop", "ev_dead"), ("shop", "ev_held")])
    leave_subscriptions(SubscriptionLedger(ledger.client))
    ledger.close_replay("filter")
    ledger.resume("mail")
    ledger.retire("last")
    ledger.retire("idler")
    ledger.wait_for_wake(1)
    ledger.dispatch(WORKER, 2)
    ReplayJobs(ledger).carry_on()
    keyring = Keyring(ledger.client, ledger.namespace)
    assert [keyring.revoke(each.id) for each in keyring.all()] == [True]
    for name in cast("list[bytes]", ledger.client.keys()):
        if ledger.client.pttl(name) >= 0:
            ledger.client.delete(name)
    Ledger(ledger.client, retention=-1.0).sweep(0)
    left = set(cast("list[bytes]", ledger.client.keys()))
    remembered = ("destinations", "workers", "edition", "changes", "departed")
    assert left == {
        *(key(name).encode() for name in (*remembered, "sequence", "history")),
        *(key("destination", name).encode() for name in ("shop", "swift")),
    }
