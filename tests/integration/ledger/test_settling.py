"""Outcomes are written once, by whoever holds the lease."""

import pytest

from integration.ledger.scenario import DRAIN, WORKER, accept, ids, key, lease, outcome, route, settle, state_of
from integration.ledger.time_travel import pass_time
from outhaul_ledger.ledger import ATTEMPT_LINES, Ledger
from outhaul_ledger.model import Settlement, State


def lines(ledger: Ledger, event_id: str) -> list[dict[str, object]]:
    """Read an event's attempt log."""
    record = ledger.status(event_id)
    assert record is not None
    return list(record.attempts)


def test_a_stale_worker_cannot_overwrite_the_newer_result(ledger: Ledger) -> None:
    """Of two workers that attempted the same delivery, the one whose lease had ended changes nothing but the log."""
    route(ledger, "ev_1")
    (slow,) = lease(ledger, drain="slow", lease_ms=1000)
    pass_time(ledger.client, 1001)
    (quick,) = lease(ledger, drain="quick")
    assert settle(ledger, outcome(quick, status=200), drain="quick") == [True]
    assert settle(ledger, outcome(slow, State.DEAD, status=400), drain="slow") == [False]
    record = ledger.status("ev_1")
    assert record is not None
    assert (record.deliveries["shop"].state, record.deliveries["shop"].status) == (State.DELIVERED, 200)
    assert [(line["attempt"], line.get("stale")) for line in lines(ledger, "ev_1")] == [(1, None), (2, None), (1, True)]


def test_a_stale_outcome_that_comes_first_does_not_end_the_newer_attempt(ledger: Ledger) -> None:
    """The newer attempt still settles after a stale outcome arrived before its own."""
    route(ledger, "ev_1")
    (slow,) = lease(ledger, drain="slow", lease_ms=1000)
    pass_time(ledger.client, 1001)
    (quick,) = lease(ledger, drain="quick")
    assert settle(ledger, outcome(slow), drain="slow") == [False]
    assert state_of(ledger, "ev_1") is State.LEASED
    assert settle(ledger, outcome(quick, State.HELD), drain="quick") == [True]
    assert state_of(ledger, "ev_1") is State.HELD


def test_the_same_drain_cannot_settle_an_earlier_attempt_of_its_own(ledger: Ledger) -> None:
    """The attempt's number is part of the fence, not only the drain's name."""
    route(ledger, "ev_1")
    (first,) = lease(ledger, lease_ms=1000)
    pass_time(ledger.client, 1001)
    (second,) = lease(ledger)
    assert settle(ledger, outcome(first, State.DEAD)) == [False]
    assert settle(ledger, outcome(second)) == [True]
    assert state_of(ledger, "ev_1") is State.DELIVERED


def test_a_drain_cannot_settle_what_another_has_leased(ledger: Ledger) -> None:
    """Knowing the attempt's number is not enough to write its outcome."""
    route(ledger, "ev_1")
    (one,) = lease(ledger)
    assert settle(ledger, outcome(one), drain="stranger") == [False]
    assert state_of(ledger, "ev_1") is State.LEASED


def test_a_line_that_came_before_a_first_attempts_own_stays(ledger: Ledger) -> None:
    """A stranger's outcome is kept in the log though the first attempt had not settled yet."""
    route(ledger, "ev_1")
    (one,) = lease(ledger)
    settle(ledger, outcome(one), drain="stranger")
    assert settle(ledger, outcome(one)) == [True]
    assert [(line["attempt"], line.get("stale")) for line in lines(ledger, "ev_1")] == [(1, True), (1, None)]


def test_an_outcome_for_a_delivery_that_never_was_changes_nothing(ledger: Ledger) -> None:
    """An unknown event, and a destination the event never went to, leave no trace."""
    route(ledger, "ev_1")
    before = sorted(ledger.client.keys())
    unknown = [Settlement("shop", "ev_x", 1, State.DELIVERED), Settlement("other", "ev_1", 1, State.DELIVERED)]
    assert settle(ledger, *unknown) == [False, False]
    assert sorted(ledger.client.keys()) == before


def test_settling_again_after_a_lost_answer_answers_the_same_and_logs_nothing_twice(ledger: Ledger) -> None:
    """A repeated call is neither refused as stale nor shown to people as a second attempt."""
    route(ledger, "ev_1", "ev_2")
    one, two = lease(ledger)
    outcomes = [outcome(one), outcome(two, State.PENDING, delay_ms=5000)]
    assert settle(ledger, *outcomes) == [True, True]
    survey = ledger.survey().standings
    assert settle(ledger, *outcomes) == [True, True]
    assert ledger.survey().standings == survey
    assert [len(lines(ledger, event_id)) for event_id in ("ev_1", "ev_2")] == [1, 1]


def test_a_stale_outcome_that_is_told_twice_is_logged_once(ledger: Ledger) -> None:
    """A stale worker that repeats its call does not lengthen the log."""
    route(ledger, "ev_1")
    (slow,) = lease(ledger, drain="slow", lease_ms=1000)
    pass_time(ledger.client, 1001)
    lease(ledger, drain="quick")
    for _ in range(2):
        assert settle(ledger, outcome(slow), drain="slow") == [False]
    assert [line.get("stale") for line in lines(ledger, "ev_1")] == [None, True]


@pytest.mark.parametrize("line", [b"", b"{}", b"not JSON", b'{"duration_ms":0.1234567890123456,"tags":[]}'])
def test_a_stale_outcome_with_any_line_leaves_the_others_of_the_call_settled(ledger: Ledger, line: bytes) -> None:
    """What a log line holds cannot break the call half-way, nor is its content changed."""
    route(ledger, "ev_1", "ev_2")
    one, two = lease(ledger)
    stale = Settlement("shop", "ev_2", two.attempt + 1, State.DELIVERED, line=line)
    assert settle(ledger, outcome(one, State.PENDING), stale) == [True, False]
    assert ids(lease(ledger)) == ["ev_1"]
    expected = {b"{}": b'{"stale":true}'}.get(line, b'{"stale":true,' + line[1:])
    assert ledger.client.hget(key("record", "ev_2"), "a:shop") == (expected if line[:1] == b"{" else None)


def test_an_outcome_without_a_line_keeps_the_event_readable(ledger: Ledger) -> None:
    """Whoever has nothing to log does not spoil the status of the event."""
    route(ledger, "ev_1")
    (one,) = lease(ledger)
    assert settle(ledger, outcome(one, line=b"")) == [True]
    assert lines(ledger, "ev_1") == []


def test_an_attempt_cannot_end_as_leased(ledger: Ledger) -> None:
    """A lease is given by `lease` alone; what else was to be settled is not, and can be once the mistake is mended."""
    route(ledger, "ev_1", "ev_2")
    one, two = lease(ledger)
    with pytest.raises(ValueError, match="got leased"):
        settle(ledger, outcome(one), outcome(two, State.LEASED))
    assert settle(ledger, outcome(one)) == [True]


def test_an_unburned_attempt_leaves_the_retry_budget_as_it_was(ledger: Ledger) -> None:
    """An attempt that was the destination's fault counts as an attempt but not as a try."""
    route(ledger, "ev_1")
    (one,) = lease(ledger)
    settle(ledger, outcome(one, State.PENDING, burned=False))
    (again,) = lease(ledger)
    assert (one.attempt, one.tries, again.attempt, again.tries) == (1, 1, 2, 1)


def test_once_an_outcome_was_ambiguous_every_later_attempt_is_a_possible_duplicate(ledger: Ledger) -> None:
    """The mark outlives clear failures, dead letters and replays."""
    route(ledger, "ev_1")
    (one,) = lease(ledger)
    assert not one.possible_duplicate
    settle(ledger, outcome(one, State.PENDING, ambiguous=True))
    (two,) = lease(ledger)
    settle(ledger, outcome(two, State.DEAD))
    ledger.replay([("shop", "ev_1")])
    (three,) = lease(ledger)
    assert two.possible_duplicate
    assert three.possible_duplicate


def test_a_retry_comes_back_when_it_is_due_and_not_before(ledger: Ledger) -> None:
    """A back-off is kept, by whichever drain."""
    route(ledger, "ev_1")
    (one,) = lease(ledger)
    settle(ledger, outcome(one, State.PENDING, delay_ms=5000))
    waiting = ledger.lease("other", WORKER, 100, 1000)
    assert waiting.leases == []
    assert 4000 < waiting.wait_ms <= 5000
    pass_time(ledger.client, 5000)
    assert ids(lease(ledger, drain="other")) == ["ev_1"]


def test_retries_come_back_in_the_order_in_which_they_are_due(ledger: Ledger) -> None:
    """A lane is ordered by due time, whatever came in first."""
    names = ["ev_1", "ev_2", "ev_3", "ev_4"]
    route(ledger, *names)
    delays = dict(zip(names, (4000, 1000, 3000, 2000), strict=True))
    settle(ledger, *(outcome(one, State.PENDING, delay_ms=delays[one.event_id]) for one in lease(ledger)))
    pass_time(ledger.client, 5000)
    assert ids(lease(ledger)) == ["ev_2", "ev_4", "ev_3", "ev_1"]


def test_a_log_at_its_cap_loses_only_the_same_destinations_oldest_lines(ledger: Ledger) -> None:
    """A destination that fails on and on does not push out what others did, whatever the lines hold."""
    route(ledger, "ev_1", to=("calm", "shop"))
    settle(ledger, *(outcome(one, State.PENDING, line=b'{"of":"first"}') for one in lease(ledger, 2)))
    calm, shop = sorted(lease(ledger, 2), key=lambda one: one.destination)
    settle(ledger, outcome(calm, line=b'{"destination":"shop"}'), outcome(shop, State.PENDING))
    for _ in range(ATTEMPT_LINES + 5):
        (one,) = lease(ledger)
        settle(ledger, outcome(one, State.PENDING))
    assert ledger.client.hget(key("record", "ev_1"), "a:calm") == b'{"of":"first"}\n{"destination":"shop"}'
    own = [line for line in lines(ledger, "ev_1") if "attempt" in line]
    assert [line["attempt"] for line in own] == list(range(8, ATTEMPT_LINES + 8))


def test_lost_and_stale_lines_count_towards_the_cap(ledger: Ledger) -> None:
    """Lines that are not settled attempts cannot make a log grow without end."""
    route(ledger, "ev_1")
    for round_ in range(ATTEMPT_LINES):
        (slow,) = lease(ledger, drain="slow", lease_ms=1000)
        pass_time(ledger.client, 1001)
        (quick,) = lease(ledger, drain="quick")
        settle(ledger, outcome(slow), drain="slow")
        settle(ledger, outcome(quick, State.PENDING), drain="quick")
        assert len(lines(ledger, "ev_1")) == min(3 * (round_ + 1), ATTEMPT_LINES)


def test_an_event_id_of_any_shape_is_recovered(ledger: Ledger) -> None:
    """Spaces, line breaks and braces in an id, and no destination at all, do not stop `recover`."""
    names = ["two words", "a\nb", "{x}", "ж"]
    route(ledger, *names)
    assert sorted(ids(lease(ledger))) == sorted(names)
    accept(ledger, "still in the inbox")
    ledger.lease_inbox(DRAIN, 1, 60_000)
    pass_time(ledger.client, 11_000)
    assert tuple(ledger.recover()) == (5, 0, 1)
    assert sorted(ids(lease(ledger))) == sorted(names)
