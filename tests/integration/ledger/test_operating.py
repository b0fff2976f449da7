"""What operators do: pause and resume, read, replay and discard dead letters and held deliveries."""

import pytest

from eventually import eventually
from integration.ledger.scenario import EVER, WORKER, configure, end, ids, key, lease, outcome, route, settle, state_of
from integration.ledger.time_travel import pass_time
from outhaul_config.policy import Policy
from outhaul_ledger.flow import Waiting
from outhaul_ledger.ledger import CONFIGURED_AT_ONCE, Ledger
from outhaul_ledger.model import State
from outhaul_ledger.survey import KeptEntry


def page(ledger: Ledger, since: float = 0, most: int = 100, until: float = EVER) -> list[KeptEntry]:
    """Read a page of the dead letters."""
    return ledger.kept(State.DEAD, "shop", since=since, until=until, most=most)


def test_a_paused_lane_leases_nothing_and_resume_brings_everything(ledger: Ledger) -> None:
    """What was there, what comes in, and what is due again in the meantime, all wait and all come back."""
    route(ledger, "ev_1", "ev_2")
    one, _ = lease(ledger)
    ledger.pause("shop", "maintenance")
    route(ledger, "ev_3")
    settle(ledger, outcome(one, State.PENDING))
    configure(ledger, concurrency=50)
    pass_time(ledger.client, 100_000)
    ledger.recover()
    paused = ledger.lease("other", WORKER, 100, 1000)
    assert (paused.leases, paused.wait_ms) == ([], -1)
    assert ledger.survey().standings["shop"].paused == "maintenance"
    assert ledger.resume("shop")
    assert sorted(ids(lease(ledger, drain="other"))) == ["ev_1", "ev_2", "ev_3"]


def test_an_attempt_may_end_well_while_its_destination_is_paused(ledger: Ledger) -> None:
    """Pausing takes no lease away; the outcome of what is in flight counts."""
    route(ledger, "ev_1")
    (one,) = lease(ledger)
    ledger.pause("shop", "maintenance")
    assert settle(ledger, outcome(one)) == [True]
    assert state_of(ledger, "ev_1") is State.DELIVERED


def test_an_outcome_can_pause_its_destination_and_keeps_the_delivery(ledger: Ledger) -> None:
    """Refused credentials stop all deliveries of the destination at once, and lose none."""
    route(ledger, "ev_1", "ev_2")
    (one,) = lease(ledger, 1)
    settle(ledger, outcome(one, State.PENDING, burned=False, pause="credentials refused"))
    assert lease(ledger) == []
    record = ledger.status("ev_1")
    assert record is not None
    assert record.waiting_for("shop") is Waiting.PAUSED
    ledger.resume("shop")
    assert sorted(ids(lease(ledger))) == ["ev_1", "ev_2"]


def test_resuming_wakes_a_dispatcher_and_tells_whether_it_was_paused(ledger: Ledger) -> None:
    """A second resume, and one of a destination nobody knows, change nothing."""
    ledger.pause("shop", "maintenance")
    assert [ledger.resume(name).paused for name in ("shop", "shop", "unknown")] == [True, False, False]
    assert ledger.wait_for_wake(1)
    assert list(ledger.survey().standings) == ["shop"]


def test_a_pause_without_a_reason_is_refused(ledger: Ledger) -> None:
    """People who find a destination paused must be able to read why."""
    with pytest.raises(ValueError, match="shop: expected a reason"):
        ledger.pause("shop", "")


def test_a_delivery_says_why_it_waits(ledger: Ledger) -> None:
    """Due, in back-off, or paused; one that is not waiting has no such reason."""
    route(ledger, "ev_1")

    def waiting() -> Waiting | None:
        record = ledger.status("ev_1")
        assert record is not None
        return record.waiting_for("shop")

    assert waiting() is Waiting.DUE
    (one,) = lease(ledger)
    assert waiting() is None
    settle(ledger, outcome(one, State.PENDING, delay_ms=60_000))
    assert waiting() is Waiting.BACKOFF


def test_a_page_is_bounded_by_times_and_tells_what_the_entries_are(ledger: Ledger) -> None:
    """`since` and `until` include their own instant; each entry has its type and its delivery."""
    for event_id in ("ev_1", "ev_2", "ev_3"):
        end(ledger, event_id, state=State.DEAD)
    first, second, third = page(ledger)
    assert [entry.event_id for entry in page(ledger, since=second.since)] == ["ev_2", "ev_3"]
    assert [entry.event_id for entry in page(ledger, until=second.since)] == ["ev_1", "ev_2"]
    assert (first.type, third.delivery.state, third.delivery.attempts) == ("order.created", State.DEAD, 1)
    assert ledger.kept(State.HELD, "shop", since=0, until=EVER, most=9) == []


@pytest.mark.parametrize("state", [State.DEAD, State.HELD])
def test_a_replayed_delivery_is_due_at_once_with_a_fresh_retry_budget(ledger: Ledger, state: State) -> None:
    """Its tries start over and its age counts from the replay; its attempts go on being numbered."""
    end(ledger, "ev_1", state=state)
    pass_time(ledger.client, 1_000)
    assert ledger.replay([("shop", "ev_1")]) == [True]
    (again,) = lease(ledger)
    assert (again.attempt, again.tries) == (2, 1)
    record = ledger.status("ev_1")
    assert record is not None
    assert record.deliveries["shop"].since == again.since >= again.accepted_at
    assert page(ledger) == []


def test_only_dead_and_held_deliveries_can_be_replayed_or_discarded(ledger: Ledger) -> None:
    """What waits, is in flight, is done, or never was, stays as it is; a repetition does nothing."""
    end(ledger, "ev_1", state=State.DELIVERED)
    end(ledger, "ev_2", state=State.DEAD)
    route(ledger, "ev_3", "ev_4")
    lease(ledger, 1)
    rest = [("shop", event_id) for event_id in ("ev_1", "ev_3", "ev_4", "ev_x")] + [("mail", "ev_2")]
    assert ledger.replay(rest) == ledger.discard(rest) == [False] * 5
    assert ledger.discard([("shop", "ev_2")] * 2) == [True, False]
    assert ledger.replay([("shop", "ev_2")]) == [False]
    assert ledger.survey().standings["shop"].balanced
    assert state_of(ledger, "ev_2") is State.CANCELLED


def test_replaying_wakes_a_dispatcher(ledger: Ledger) -> None:
    """A person who replays does not wait for the next poll."""
    end(ledger, "ev_1", state=State.DEAD)
    assert ledger.wait_for_wake(1)
    ledger.replay([("shop", "ev_1")])
    assert ledger.wait_for_wake(1)


def test_a_replay_that_was_cut_short_goes_on_with_the_same_cut_off(ledger: Ledger) -> None:
    """Begun again it is the same replay; what it sent and what died again since is not in it."""
    end(ledger, "ev_1", "ev_2", state=State.DEAD)
    cutoff, resumed = ledger.open_replay("filter")
    assert not resumed
    assert [entry.event_id for entry in page(ledger, until=cutoff)] == ["ev_1", "ev_2"]
    ledger.replay([("shop", "ev_1")])
    (again,) = lease(ledger)
    eventually(lambda: ledger.survey().now > cutoff, within=1, every=0.001)
    settle(ledger, outcome(again, State.DEAD))
    assert ledger.open_replay("filter") == (cutoff, True)
    assert [entry.event_id for entry in page(ledger, until=cutoff)] == ["ev_2"]


def test_a_replay_that_has_gone_through_is_begun_anew(ledger: Ledger) -> None:
    """Closing forgets the cut-off of that filter and of no other."""
    first, _ = ledger.open_replay("filter")
    other, _ = ledger.open_replay("other")
    eventually(lambda: ledger.survey().now > first, within=1, every=0.001)
    ledger.close_replay("filter")
    second, resumed = ledger.open_replay("filter")
    assert (second > first, resumed) == (True, False)
    assert ledger.open_replay("other") == (other, True)


def test_everything_that_died_before_a_replay_began_is_in_it(ledger: Ledger) -> None:
    """The cut-off, whole milliseconds, does not leave out what died within the same millisecond."""
    for number in range(30):
        end(ledger, f"ev_{number}", state=State.DEAD)
        cutoff, _ = ledger.open_replay(f"filter {number}")
        assert page(ledger, until=cutoff)[-1].event_id == f"ev_{number}"


def test_contents_answers_each_id_in_order_and_an_unknown_one_with_nothing(ledger: Ledger) -> None:
    """Bodies and attempt lines of many events in one call."""
    end(ledger, "ev_1", state=State.DEAD)
    unknown, known = ledger.contents([("shop", "ev_x"), ("shop", "ev_1")])
    assert (unknown.body, unknown.attempts) == (b"", ())
    assert (known.body, known.attempts) == (
        b"{}",
        ({"destination": "shop", "possible_duplicate": False, "attempt": 1, "outcome": "dead"},),
    )


def test_workers_are_listed_with_how_long_they_have_been_silent(ledger: Ledger) -> None:
    """A stopping one says so."""
    ledger.dispatch("worker-a", 2)
    ledger.dispatch("worker-b", 4, stopping=True)
    ledger.client.hset(key("workers"), "worker-c", "1000 1 0")
    found = ledger.workers()
    assert [(name, each.slots, each.stopping) for name, each in found.items()] == [
        ("worker-a", 2, False),
        ("worker-b", 4, True),
        ("worker-c", 1, False),
    ]
    assert found["worker-a"].silent_ms < 5000 < found["worker-c"].silent_ms


def test_an_event_that_never_was_has_no_status(ledger: Ledger) -> None:
    """Unknown and expired events are answered alike, without a trace."""
    assert ledger.status("ev_x") is None
    assert ledger.client.keys() == []


def test_many_policies_are_published_in_pieces_and_again_only_where_they_changed(ledger: Ledger) -> None:
    """A server with other work is never busy for long with the start of a worker, and a restart changes nothing."""
    names = [f"lane-{number:05d}" for number in range(5 * CONFIGURED_AT_ONCE + 1)]
    ledger.client.config_resetstat()
    assert ledger.configure([(name, Policy()) for name in names]) == len(names)
    assert ledger.client.info("commandstats")["cmdstat_evalsha"]["calls"] <= 6 + 1
    assert ledger.configure([(name, Policy()) for name in names]) == 0
    assert ledger.configure([(name, Policy(concurrency=1 if name == names[3] else "auto")) for name in names]) == 1
    assert set(ledger.survey().standings) == set(names)
