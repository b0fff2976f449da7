"""Events that are gone through in several calls: what may happen in between, and who goes on where one is lost."""

from collections import Counter
from collections.abc import Iterator

import pytest

from integration.ledger.books import check_books, read_books
from integration.ledger.metering import Dying
from integration.ledger.scenario import DRAIN, LEASE_MS, accept, ids, key, lease, outcome, route, settle, state_of
from integration.ledger.time_travel import pass_time
from integration.ledger.wide import cancel_step, lease_many, names, spread, tally
from outhaul_ledger import portions
from outhaul_ledger.errors import LedgerUnavailable
from outhaul_ledger.ledger import SILENCE_MS, Ledger
from outhaul_ledger.model import Acceptance, Route, Schedule, State
from outhaul_ledger.portions import ABANDONED_MS

COUNT = 30
TO = names(COUNT)
STOPPED = {(State.CANCELLED, "cancelled"): COUNT}


@pytest.fixture(autouse=True, params=["packed", "hashed"])
def small_portions(request: pytest.FixtureRequest, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Portions of a few deliveries, of records that the server keeps packed together and of such as it does not."""
    monkeypatch.setattr(portions, "PORTION", 5)
    monkeypatch.setattr(portions, "CHANGED", 4)
    monkeypatch.setattr(portions, "EXPIRY_CALLS", 1)
    setting = "hash-max-listpack-entries"
    usual = str(ledger.client.config_get(setting)[setting])
    if request.param == "hashed":
        ledger.client.config_set(setting, 4)
    yield
    ledger.client.config_set(setting, usual)


def take_back_a_part(ledger: Ledger, event_id: str = "ev_wide") -> tuple[str, str]:
    """Begin to take an event back and do not come back; returns since when it is, and where to go on."""
    answer = cancel_step(ledger, event_id)
    assert answer[1] != b"0"
    return answer[0].decode(), answer[1].decode()


def told(ledger: Ledger, event_id: str = "ev_wide") -> Counter[tuple[State, bool]]:
    """Take an event back to the end; returns how many deliveries stand how, and whether that stopped them."""
    answer = ledger.cancel(event_id)
    assert answer is not None
    return Counter((each.state, each.now) for each in answer.deliveries)


def nothing_is_left_open(ledger: Ledger) -> bool:
    """Whether all is in order and no event is noted as being taken back."""
    check_books(read_books(ledger.client))
    noted = ledger.client.exists(key("cancelling")) or ledger.client.hexists(key("record", "ev_wide"), "cancelling")
    return not noted and all(each.balanced for each in ledger.survey().standings.values())


@pytest.mark.parametrize("answered", [False, True], ids=["unheard", "unanswered"])
@pytest.mark.parametrize("call", [2, 3, 6])
@pytest.mark.parametrize("way", ["again", "dispatcher"])
def test_an_event_whose_caller_is_lost_while_it_is_taken_back_is_not_sent(
    ledger: Ledger, call: int, answered: bool, way: str
) -> None:
    """Nothing of it is leased from the first call on, and calling again, or a dispatcher, comes to the end."""
    spread(ledger, "ev_wide", TO)
    with pytest.raises(LedgerUnavailable):
        Dying(ledger.client, "cancel", call, answered=answered).cancel("ev_wide")
    check_books(read_books(ledger.client))
    assert lease(ledger) == []
    if way == "again":
        assert told(ledger) == {(State.CANCELLED, True): COUNT}
    else:
        assert not ledger.finish_cancelling()
        pass_time(ledger.client, ABANDONED_MS + 1)
        assert ledger.expire().cancelling
        assert (ledger.finish_cancelling(), ledger.finish_cancelling()) == (True, False)
    assert tally(ledger, "ev_wide") == STOPPED
    assert nothing_is_left_open(ledger)
    assert ledger.client.pttl(key("record", "ev_wide")) > 0


def test_a_call_that_was_not_heard_at_all_changed_nothing(ledger: Ledger) -> None:
    """The event is still sent: taking it back begins with the first call."""
    spread(ledger, "ev_wide", TO)
    with pytest.raises(LedgerUnavailable):
        Dying(ledger.client, "cancel", 1, answered=False).cancel("ev_wide")
    assert len(lease_many(ledger, COUNT)) == COUNT
    assert nothing_is_left_open(ledger)


def test_others_are_leased_while_a_wide_event_is_taken_back(ledger: Ledger) -> None:
    """They stand in the same lanes, behind what is not sent any more."""
    spread(ledger, "ev_wide", TO)
    route(ledger, "ev_other", to=TO)
    take_back_a_part(ledger)
    found = [one for _ in range(3) for one in lease(ledger)]
    assert ids(found) == ["ev_other"] * COUNT
    check_books(read_books(ledger.client))
    assert told(ledger) == {(State.CANCELLED, True): COUNT}
    assert nothing_is_left_open(ledger)


def test_whatever_attempts_come_to_meanwhile_is_the_end_of_them(ledger: Ledger) -> None:
    """In flight when it began, delivered or failed before their portion or after it: none is sent again."""
    spread(ledger, "ev_wide", TO)
    flying = lease_many(ledger, 24)
    since, cursor = take_back_a_part(ledger)
    settle(ledger, *(outcome(one) for one in flying[:8]))
    settle(ledger, *(outcome(one, State.PENDING) for one in flying[8:16]))
    assert lease(ledger) == []
    while cursor != "0":
        cursor = cancel_step(ledger, "ev_wide", since, cursor)[1].decode()
    settle(ledger, *(outcome(one, State.PENDING) for one in flying[16:]))
    assert lease(ledger) == []
    assert tally(ledger, "ev_wide") == {(State.DELIVERED, ""): 8, (State.CANCELLED, "cancelled"): COUNT - 8}
    assert nothing_is_left_open(ledger)


def test_what_a_lost_worker_had_in_flight_ends_with_the_event(ledger: Ledger) -> None:
    """Recovered before its portion has come, it is not tried again."""
    spread(ledger, "ev_wide", TO)
    lease_many(ledger, 24)
    take_back_a_part(ledger)
    pass_time(ledger.client, SILENCE_MS + 1)
    ledger.recover()
    assert lease(ledger, drain="other") == []
    assert ledger.finish_cancelling()
    assert {state for state, _ in tally(ledger, "ev_wide")} == {State.CANCELLED}
    assert nothing_is_left_open(ledger)


def test_two_callers_take_an_event_back_at_once(ledger: Ledger) -> None:
    """Both are told that taking it back stopped all, whoever did which part; the first who is through ends it."""
    spread(ledger, "ev_wide", TO)
    since, cursor = take_back_a_part(ledger)
    assert told(ledger) == {(State.CANCELLED, True): COUNT}
    assert nothing_is_left_open(ledger)
    stopped = {}
    while cursor != "0":
        _, following, _, rows = cancel_step(ledger, "ev_wide", since, cursor)
        stopped.update({name: now for name, _, now in rows})
        cursor = following.decode()
    assert set(stopped.values()) == {1}
    assert told(ledger) == {(State.CANCELLED, False): COUNT}


def test_what_was_replayed_after_an_event_was_taken_back_is_not_stopped_by_a_late_caller(ledger: Ledger) -> None:
    """A caller that was frozen finds that another came to the end, and only reads."""
    spread(ledger, "ev_wide", TO)
    settle(ledger, *(outcome(one, State.DEAD) for one in lease_many(ledger, 20)))
    since, cursor = take_back_a_part(ledger)
    ledger.cancel("ev_wide")
    dead = [(name, "ev_wide") for name in TO if state_of(ledger, "ev_wide", name) is State.DEAD]
    assert all(ledger.replay(dead))
    while cursor != "0":
        cursor = cancel_step(ledger, "ev_wide", since, cursor)[1].decode()
    assert len(lease_many(ledger, 20)) == len(dead) == 20
    assert lease(ledger) == []
    assert nothing_is_left_open(ledger)


@pytest.mark.parametrize("run", ["another", ""])
def test_a_server_that_took_anothers_place_begins_anew(ledger: Ledger, run: str) -> None:
    """What a cursor means is known to the server that gave it only; elsewhere it would pass over deliveries."""
    spread(ledger, "ev_wide", TO)
    cursor = f"{run}:{late_place(ledger)}"
    since = ""
    while cursor != "0":
        since, cursor = (part.decode() for part in cancel_step(ledger, "ev_wide", since, cursor)[:2])
    assert tally(ledger, "ev_wide") == STOPPED
    assert nothing_is_left_open(ledger)


def late_place(ledger: Ledger) -> str:
    """Where the last portion of the record begins, as the server says it; 0 where there is but one."""
    cursor, place = "0", "0"
    while True:
        cursor = ledger._run("list_deliveries", "ev_wide", cursor, 5)[1].decode()  # noqa: SLF001 -- for its cursors
        if cursor == "0":
            return place
        place = cursor.partition(":")[2]


def test_those_of_its_key_go_when_their_turn_comes_in_the_midst(ledger: Ledger) -> None:
    """Whichever portion ends the one in front of them, they are sent once it is gone."""
    spread(ledger, "ev_wide", TO, order="anna")
    spread(ledger, "ev_next", TO, order="anna")
    take_back_a_part(ledger)
    assert {*ids(lease(ledger)), *ids(lease(ledger))} == {"ev_next"}
    ledger.cancel("ev_wide")
    while lease(ledger):
        pass
    assert tally(ledger, "ev_next") == {(State.LEASED, ""): COUNT}
    assert nothing_is_left_open(ledger)


def test_a_wide_event_that_is_taken_back_while_it_is_routed_ends_with_what_it_has(ledger: Ledger) -> None:
    """The chunk that comes between two portions changes nothing, and the event is finished."""
    accept(ledger, "ev_wide")
    ledger.lease_inbox(DRAIN, 1, LEASE_MS)
    ledger.fan_out(DRAIN, [("ev_wide", [Route(name) for name in TO[:20]])], more_within=LEASE_MS)
    take_back_a_part(ledger)
    assert ledger.fan_out(DRAIN, [("ev_wide", [Route(name) for name in TO[20:]])]) == [False]
    assert told(ledger) == {(State.CANCELLED, True): 20}
    assert accept(ledger, "ev_wide")[0].result is Acceptance.DUPLICATE
    assert nothing_is_left_open(ledger)
    assert ledger.client.pttl(key("event", "ev_wide")) > 0


def test_an_event_that_is_gone_before_it_was_gone_through_is_forgotten(ledger: Ledger) -> None:
    """No note of it stays for ever."""
    spread(ledger, "ev_wide", TO)
    take_back_a_part(ledger)
    ledger.client.delete(key("record", "ev_wide"))
    pass_time(ledger.client, ABANDONED_MS + 1)
    assert not ledger.finish_cancelling()
    assert not ledger.expire().cancelling


def ended(ledger: Ledger) -> int:
    """Expire until nothing is due; returns how many deliveries that ended."""
    count, more = 0, True
    while more:
        done = ledger.expire()
        count, more = count + done.deliveries, done.more
    return count


def test_whoever_expires_a_wide_event_goes_on_where_another_was(ledger: Ledger) -> None:
    """How far it was gone through is kept with it, and forgotten at the end."""
    spread(ledger, "ev_wide", TO, life_ms=1_000)
    pass_time(ledger.client, 2_000)
    first = ledger.expire()
    assert (0 < first.deliveries < COUNT, first.events, first.more) == (True, 0, True)
    check_books(read_books(ledger.client))
    assert first.deliveries + ended(Ledger(ledger.client)) == COUNT
    assert not ledger.client.hexists(key("record", "ev_wide"), "sweep")
    assert tally(ledger, "ev_wide") == {(State.DEAD, "expired"): COUNT}
    assert ledger.client.exists(key("expiring")) == 0
    assert nothing_is_left_open(ledger)


def test_what_was_in_flight_in_an_earlier_portion_is_looked_at_again(ledger: Ledger) -> None:
    """Its worker may be lost after the event was gone through, and nothing is leased from its destinations."""
    spread(ledger, "ev_wide", TO, life_ms=1_000)
    (one,) = lease(ledger, 1)
    ledger.pause(one.destination, "maintenance")
    pass_time(ledger.client, SILENCE_MS + 1)
    assert ended(ledger) == COUNT - 1
    ledger.recover()
    pass_time(ledger.client, portions.FLYING_MS)
    assert ended(ledger) == 1
    assert tally(ledger, "ev_wide") == {(State.DEAD, "expired"): COUNT}
    assert nothing_is_left_open(ledger)


def test_a_chunk_that_comes_while_an_event_is_being_expired_expires_too(ledger: Ledger) -> None:
    """The event is gone through anew."""
    accept(ledger, "ev_wide")
    ledger.lease_inbox(DRAIN, 1, LEASE_MS)
    expired = {"ev_wide": Schedule(expires=ledger.survey().now - 1)}
    ledger.fan_out(DRAIN, [("ev_wide", [Route(name) for name in TO[:20]])], expired, more_within=LEASE_MS)
    for _ in range(4):
        ledger.expire()
    ledger.fan_out(DRAIN, [("ev_wide", [Route(name) for name in TO[20:]])], expired)
    ended(ledger)
    assert tally(ledger, "ev_wide") == {(State.DEAD, "expired"): COUNT}
    assert nothing_is_left_open(ledger)


def test_an_event_that_expires_while_it_is_taken_back_ends_one_way_or_the_other(ledger: Ledger) -> None:
    """Each delivery is dead or cancelled, and counted so."""
    spread(ledger, "ev_wide", TO, life_ms=1_000)
    since, cursor = take_back_a_part(ledger)
    pass_time(ledger.client, 2_000)
    ledger.expire()
    since = str(int(since) - 2_000)  # as the time that passed has made of it
    while cursor != "0":
        cursor = cancel_step(ledger, "ev_wide", since, cursor)[1].decode()
        ledger.expire()
    assert ended(ledger) == 0
    assert {state for state, _ in tally(ledger, "ev_wide")} <= {State.DEAD, State.CANCELLED}
    assert nothing_is_left_open(ledger)
