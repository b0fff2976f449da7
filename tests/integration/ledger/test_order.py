"""Order per key: strictly by acceptance, whatever fails, crashes, or is routed in another order."""

import random
import threading

import pytest

from integration.ledger.books import check_books, read_books
from integration.ledger.scenario import (
    DRAIN,
    LEASE_MS,
    WORKER,
    accept,
    fan_out,
    ids,
    key,
    lease,
    outcome,
    record_of,
    route,
    settle,
    state_of,
    waiting,
)
from integration.ledger.time_travel import pass_time
from outhaul_ledger.flow import Waiting
from outhaul_ledger.ledger import POISON, SILENCE_MS, Ledger
from outhaul_ledger.model import Route, State
from outhaul_ops.embedded import EmbeddedServer

BLOCK, PASS_AFTER_TWO = "anna", "anna/2"


def deliver(ledger: Ledger) -> list[str]:
    """Lease what may be attempted, deliver it, and say what it was."""
    leases = lease(ledger)
    settle(ledger, *map(outcome, leases))
    return ids(leases)


def test_one_event_of_a_key_is_in_flight_and_the_next_goes_when_it_is_delivered(ledger: Ledger) -> None:
    """The others of the key wait, say for whom, and are not looked at."""
    route(ledger, "ev_1", "ev_2", "ev_3", order=BLOCK)
    (one,) = lease(ledger)
    assert (one.event_id, lease(ledger), waiting(ledger, "ev_2")) == ("ev_1", [], Waiting.ORDER)
    assert record_of(ledger, "ev_3").behind == {"shop": "ev_1"}
    assert ledger.lease(DRAIN, WORKER, 9, LEASE_MS).wait_ms > LEASE_MS / 2
    settle(ledger, outcome(one))
    assert [deliver(ledger), deliver(ledger), deliver(ledger)] == [["ev_2"], ["ev_3"], []]


def test_keys_and_destinations_go_in_parallel(ledger: Ledger) -> None:
    """A key waits for nothing but its own earlier events at the same destination."""
    route(ledger, "ev_1", "ev_2", to=("mail", "shop"), order="anna")
    route(ledger, "ev_3", to=("shop",), order="bert")
    route(ledger, "ev_4")
    assert sorted((one.destination, one.event_id) for one in lease(ledger)) == [
        ("mail", "ev_1"),
        ("shop", "ev_1"),
        ("shop", "ev_3"),
        ("shop", "ev_4"),
    ]


def test_an_event_that_is_routed_first_waits_for_one_that_was_accepted_first(ledger: Ledger) -> None:
    """Two drains route in the wrong order: while the first may be of the same key, the second is held back."""
    accept(ledger, "ev_1", "ev_2")
    (first,) = ledger.lease_inbox("slow", 1, LEASE_MS).events
    ledger.lease_inbox(DRAIN, 1, LEASE_MS)
    fan_out(ledger, "ev_2", order=BLOCK)
    assert (lease(ledger), record_of(ledger, "ev_2").behind) == ([], {"shop": "ev_1"})
    ledger.fan_out("slow", [(first.event_id, [Route("shop", order=BLOCK)])])
    assert [deliver(ledger), deliver(ledger)] == [["ev_1"], ["ev_2"]]


def test_an_event_turns_out_not_to_precede_and_those_held_back_go(ledger: Ledger) -> None:
    """Of another key, another destination, or none: whoever routed it lets the others out, and they are found."""
    accept(ledger, "ev_1", "ev_2", "ev_3")
    ledger.lease_inbox("slow", 1, LEASE_MS)
    ledger.lease_inbox(DRAIN, 2, LEASE_MS)
    fan_out(ledger, "ev_2", "ev_3", order=BLOCK)
    assert ledger.lease(DRAIN, WORKER, 9, LEASE_MS).leases == []
    ledger.fan_out("slow", [("ev_1", [Route("shop", order="bert")])])
    assert ids(lease(ledger)) == ["ev_1", "ev_2"]


def test_a_first_one_leaves_and_the_next_still_waits_for_what_is_unrouted(ledger: Ledger) -> None:
    """Being first of those that are known is not enough."""
    route(ledger, "ev_1", order=BLOCK)
    accept(ledger, "ev_2", "ev_3")
    ledger.lease_inbox("slow", 1, LEASE_MS)
    ledger.lease_inbox(DRAIN, 1, LEASE_MS)
    fan_out(ledger, "ev_3", order=BLOCK)
    assert deliver(ledger) == ["ev_1"]
    assert (lease(ledger), record_of(ledger, "ev_3").behind) == ([], {"shop": "ev_2"})
    ledger.fan_out("slow", [("ev_2", [Route("shop", order=BLOCK)])])
    assert [deliver(ledger), deliver(ledger)] == [["ev_2"], ["ev_3"]]


@pytest.mark.parametrize("lost_by", ["silence", "lease"])
def test_a_drain_that_dies_while_it_routes_does_not_hold_the_others_back_for_long(ledger: Ledger, lost_by: str) -> None:
    """What it was to route is routed by another, and before what came after it."""
    accept(ledger, "ev_1", "ev_2")
    ledger.lease_inbox("dying", 1, LEASE_MS if lost_by == "silence" else 1000)
    ledger.lease_inbox(DRAIN, 1, LEASE_MS)
    fan_out(ledger, "ev_2", order=BLOCK)
    pass_time(ledger.client, SILENCE_MS + 1)
    if lost_by == "silence":
        ledger.recover()
    assert [one.event_id for one in ledger.lease_inbox(DRAIN, 9, LEASE_MS).events] == ["ev_1"]
    fan_out(ledger, "ev_1", order=BLOCK)
    assert [deliver(ledger), deliver(ledger)] == [["ev_1"], ["ev_2"]]


def test_more_than_one_call_lets_out_are_all_let_out(ledger: Ledger) -> None:
    """A long wait ends in portions that do not stop the server, and a dispatcher knows that there is work."""
    names = [f"ev_{number}" for number in range(200)]
    accept(ledger, "ev_first", *names)
    ledger.lease_inbox("slow", 1, LEASE_MS)
    ledger.lease_inbox(DRAIN, len(names), LEASE_MS)
    ledger.fan_out(DRAIN, [(name, [Route("shop", order=name)]) for name in names])
    assert ledger.dispatch(WORKER, 2).wait_ms > 1000
    ledger.pause("shop", "so that only those behind the gate are work")
    ledger.cancel("ev_first")
    assert ledger.survey().standings["shop"].behind == 72
    assert ledger.dispatch(WORKER, 2).wait_ms == 0
    assert not ledger.lease_inbox(DRAIN, 9, LEASE_MS).more
    assert (ledger.survey().standings["shop"].behind, ledger.dispatch(WORKER, 2).wait_ms) == (0, -1)
    ledger.resume("shop")
    assert len(lease(ledger, 300)) == 200


def test_a_failed_first_one_keeps_the_others_waiting_through_its_retries(ledger: Ledger) -> None:
    """Later events do not overtake one that is in back-off."""
    route(ledger, "ev_1", "ev_2", order=BLOCK)
    settle(ledger, *(outcome(one, State.PENDING, delay_ms=60_000) for one in lease(ledger)))
    assert (lease(ledger), waiting(ledger, "ev_1")) == ([], Waiting.BACKOFF)
    pass_time(ledger.client, 60_001)
    assert [deliver(ledger), deliver(ledger)] == [["ev_1"], ["ev_2"]]


@pytest.mark.parametrize("state", [State.DEAD, State.HELD])
def test_a_dead_or_held_first_one_blocks_its_key_until_it_is_replayed(ledger: Ledger, state: State) -> None:
    """Then it goes first, and the others after it."""
    route(ledger, "ev_1", "ev_2", order=BLOCK)
    settle(ledger, *(outcome(one, state) for one in lease(ledger)))
    pass_time(ledger.client, 100_000)
    assert (lease(ledger), record_of(ledger, "ev_2").behind) == ([], {"shop": "ev_1"})
    ledger.replay([("shop", "ev_1")])
    assert [deliver(ledger), deliver(ledger)] == [["ev_1"], ["ev_2"]]


@pytest.mark.parametrize("state", [State.DEAD, State.HELD])
def test_a_dead_or_held_first_one_blocks_its_key_until_it_is_discarded(ledger: Ledger, state: State) -> None:
    """Giving it up lets the next one go, and wakes whoever delivers."""
    route(ledger, "ev_1", "ev_2", order=BLOCK)
    settle(ledger, *(outcome(one, state) for one in lease(ledger)))
    ledger.wait_for_wake(1)
    ledger.discard([("shop", "ev_1")])
    assert ledger.wait_for_wake(1)
    assert deliver(ledger) == ["ev_2"]


def test_a_first_one_that_failed_so_many_tries_is_passed_and_goes_on_by_itself(ledger: Ledger) -> None:
    """With `skip_after` the others wait for that many tries and no longer."""
    route(ledger, "ev_1", "ev_2", order=PASS_AFTER_TWO)
    for _ in range(2):
        assert waiting(ledger, "ev_2") is Waiting.ORDER
        (one,) = lease(ledger)
        settle(ledger, outcome(one, State.PENDING))
    assert sorted(deliver(ledger)) == ["ev_1", "ev_2"]


def test_tries_that_burn_nothing_do_not_count_towards_being_passed(ledger: Ledger) -> None:
    """An endpoint that refuses the credentials says nothing about the event."""
    route(ledger, "ev_1", "ev_2", order=PASS_AFTER_TWO)
    for _ in range(3):
        settle(ledger, *(outcome(one, State.PENDING, burned=False) for one in lease(ledger)))
    assert waiting(ledger, "ev_2") is Waiting.ORDER


def test_a_worker_lost_on_the_first_one_counts_as_a_try_of_it(ledger: Ledger) -> None:
    """It is passed after as many lost leases, too."""
    route(ledger, "ev_1", "ev_2", order=PASS_AFTER_TWO)
    for _ in range(2):
        lease(ledger)
        pass_time(ledger.client, SILENCE_MS + 1)
        ledger.recover()
    assert sorted(deliver(ledger)) == ["ev_1", "ev_2"]


@pytest.mark.parametrize("state", [State.DEAD, State.HELD])
def test_a_dead_or_held_first_one_is_passed_where_any_may_be(ledger: Ledger, state: State) -> None:
    """`skip_after` never leaves a key blocked; what is replayed later goes by itself."""
    route(ledger, "ev_1", "ev_2", "ev_3", order=PASS_AFTER_TWO)
    settle(ledger, *(outcome(one, state) for one in lease(ledger)))
    ledger.replay([("shop", "ev_1")])
    assert sorted(deliver(ledger)) == ["ev_1", "ev_2"]
    assert deliver(ledger) == ["ev_3"]


def test_the_order_survives_lost_leases_and_a_stale_worker(ledger: Ledger) -> None:
    """While a first one is sent again nothing passes it, and what its first holder says late moves nothing."""
    route(ledger, "ev_1", "ev_2", order=BLOCK)
    (old,) = lease(ledger)
    pass_time(ledger.client, SILENCE_MS + 1)
    ledger.recover()
    (again,) = lease(ledger, drain="other")
    assert settle(ledger, outcome(old)) == [False]
    assert (again.event_id, lease(ledger)) == ("ev_1", [])
    settle(ledger, outcome(again), drain="other")
    assert deliver(ledger) == ["ev_2"]


def test_a_poison_pill_blocks_its_key_as_any_dead_letter(ledger: Ledger) -> None:
    """Three workers lost, and the next event still does not go before a person has decided."""
    route(ledger, "ev_1", "ev_2", order=BLOCK)
    for _ in range(POISON):
        lease(ledger)
        pass_time(ledger.client, SILENCE_MS + 1)
        ledger.recover()
    assert (state_of(ledger, "ev_1"), lease(ledger)) == (State.DEAD, [])
    assert record_of(ledger, "ev_2").behind == {"shop": "ev_1"}


def test_what_waited_for_its_turn_is_due_and_ages_from_then(ledger: Ledger) -> None:
    """It could not be tried before, so its age limit does not count that time, nor is it late."""
    route(ledger, "ev_1", "ev_2", order=BLOCK)
    (one,) = lease(ledger)
    pass_time(ledger.client, 50_000)
    settle(ledger, outcome(one))
    now = ledger.survey().now
    due = ledger.survey().standings["shop"].oldest_due
    assert due is not None
    assert due > now - 10_000
    (two,) = lease(ledger)
    assert two.since > two.accepted_at + 40_000


def test_a_paused_destination_keeps_its_orders(ledger: Ledger) -> None:
    """What is delivered in flight while it is paused moves the order on, and nothing else does."""
    route(ledger, "ev_1", "ev_2", "ev_3", order=BLOCK)
    (one,) = lease(ledger)
    ledger.pause("shop", "maintenance")
    settle(ledger, outcome(one))
    assert (lease(ledger), waiting(ledger, "ev_2"), waiting(ledger, "ev_3")) == ([], Waiting.PAUSED, Waiting.ORDER)
    ledger.resume("shop")
    assert [deliver(ledger), deliver(ledger)] == [["ev_2"], ["ev_3"]]


def test_a_lane_in_which_all_wait_for_their_turn_costs_nothing(ledger: Ledger) -> None:
    """It is not looked at, it is not overdue, and the survey says how many wait so."""
    route(ledger, "ev_1", "ev_2", "ev_3", order=BLOCK)
    settle(ledger, *(outcome(one, State.DEAD) for one in lease(ledger)))
    answer = ledger.lease(DRAIN, WORKER, 9, LEASE_MS)
    standing = ledger.survey().standings["shop"]
    assert (answer.leases, answer.wait_ms, standing.oldest_due, standing.behind) == ([], -1, None, 2)
    assert standing.waiting_for(answer.now) is Waiting.ORDER
    assert standing.balanced


def test_a_record_deleted_by_hand_does_not_block_its_key_for_ever(ledger: Ledger) -> None:
    """The next one goes when it is found out."""
    route(ledger, "ev_1", "ev_2", "ev_3", order=BLOCK)
    (one,) = lease(ledger)
    ledger.client.delete(key("record", "ev_2"))
    settle(ledger, outcome(one))
    assert deliver(ledger) == ["ev_3"]


def test_nothing_is_left_of_an_order_that_has_gone_through(ledger: Ledger) -> None:
    """A destination with a million customers keeps nothing for those it has nothing to deliver for."""
    route(ledger, "ev_1", "ev_2", order=BLOCK)
    deliver(ledger)
    deliver(ledger)
    assert ledger.client.keys(key("order") + "*") == []
    assert ledger.client.exists(key("gate")) == 0


def test_drains_that_race_deliver_every_key_in_the_order_of_acceptance(server: EmbeddedServer) -> None:
    """Eight drains route and deliver at once, attempts fail, and no event ever passes an earlier one of its key."""
    names = [f"ev_{number:03}" for number in range(240)]
    sent: dict[str, list[str]] = {}
    lock = threading.Lock()

    def work(number: int) -> None:
        draw, drain = random.Random(number), f"drain-{number}"
        with server.client() as client:
            ledger = Ledger(client)
            while ledger.survey().standings.get("shop") is None or read_left(ledger):
                inbound = [one.event_id for one in ledger.lease_inbox(drain, draw.randint(1, 7), LEASE_MS).events]
                leases = ledger.lease(drain, WORKER, draw.randint(1, 7), LEASE_MS).leases
                with lock:
                    for one in leases:
                        sent.setdefault(one.event_id[-1], []).append(one.event_id)
                ledger.settle(drain, [outcome(one, draw.choice((State.PENDING, State.DELIVERED))) for one in leases])
                draw.shuffle(inbound)
                ledger.fan_out(drain, [(each, [Route("shop", order=each[-1])]) for each in inbound])

    def read_left(ledger: Ledger) -> int:
        return 240 - ledger.survey().standings["shop"].delivered

    with server.client() as client:
        accept(Ledger(client), *names)
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        check_books(read_books(client))
    assert all(order == sorted(order) for order in sent.values())
    assert sorted(set().union(*sent.values())) == names
