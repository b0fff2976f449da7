"""An event is accepted once, whoever hands it in and however often."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from integration.ledger.books import check_books, read_books
from integration.ledger.scenario import DRAIN, LEASE_MS, accept, end, key, lease, outcome, route, settle, submission
from integration.ledger.time_travel import pass_time
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Acceptance, Route, State


def test_of_a_hundred_threads_with_the_same_event_one_is_told_accepted(ledger: Ledger) -> None:
    """Racing callers get one acceptance and 99 duplicates, all with the same time; one event comes in."""
    with ThreadPoolExecutor(100) as threads:
        answers = [answer for (answer,) in threads.map(lambda _: accept(ledger, "ev_1"), range(100))]
    results = [answer.result for answer in answers]
    assert (results.count(Acceptance.ACCEPTED), results.count(Acceptance.DUPLICATE)) == (1, 99)
    assert len({answer.accepted_at for answer in answers}) == 1
    (inbound,) = ledger.lease_inbox(DRAIN, 10, LEASE_MS).events
    assert (inbound.event_id, inbound.body) == ("ev_1", b"{}")


def test_other_content_under_a_known_id_is_a_conflict_and_leaves_the_first_untouched(ledger: Ledger) -> None:
    """A conflict tells when the first was accepted and stores nothing of the second."""
    (first,) = ledger.accept([submission("ev_1", "one", b'{"n":1}')])
    (second,) = ledger.accept([submission("ev_1", "two", b'{"n":2}')])
    assert second == (Acceptance.CONFLICT, first.accepted_at)
    assert ledger.contents([("shop", "ev_1")])[0].body == b'{"n":1}'
    assert ledger.accept([submission("ev_1", "one", b"later")])[0].result is Acceptance.DUPLICATE


def test_many_events_of_one_call_are_answered_in_their_order(ledger: Ledger) -> None:
    """New, repeated and conflicting events may be mixed, also within the call."""
    accept(ledger, "ev_1")
    given = [("ev_2", "a"), ("ev_1", "digest"), ("ev_2", "a"), ("ev_1", "b"), ("ev_3", "c")]
    answers = ledger.accept([submission(event_id, digest) for event_id, digest in given])
    assert [answer.result for answer in answers] == ["accepted", "duplicate", "duplicate", "conflict", "accepted"]
    assert [one.event_id for one in ledger.lease_inbox(DRAIN, 10, LEASE_MS).events] == ["ev_1", "ev_2", "ev_3"]


def test_nothing_to_accept_is_answered_with_nothing(ledger: Ledger) -> None:
    """An empty call is no error and leaves no key."""
    assert ledger.accept([]) == []
    assert ledger.client.keys() == []


def test_the_bytes_of_an_event_come_back_as_they_were_accepted(ledger: Ledger) -> None:
    """The ledger reads nothing into a body: zeros, tabs, and invalid UTF-8 survive to the lease."""
    body = bytes(range(256)) * 200
    ledger.accept([submission("ev_1", body=body)])
    (inbound,) = ledger.lease_inbox(DRAIN, 1, LEASE_MS).events
    assert (inbound.event_id, inbound.body) == ("ev_1", body)
    ledger.fan_out(DRAIN, [("ev_1", [Route("shop")])])
    assert lease(ledger)[0].body == body


def test_an_event_is_announced_with_one_token_however_many_come_in(ledger: Ledger) -> None:
    """A sleeping dispatcher wakes once, and sleeps on when nothing came."""
    accept(ledger, "ev_1", "ev_2")
    accept(ledger, "ev_3")
    accept(ledger, "ev_3")
    assert ledger.wait_for_wake(1)
    assert not ledger.wait_for_wake(0.01)


def test_an_event_that_was_not_routed_in_time_is_leased_for_routing_again(ledger: Ledger) -> None:
    """A drain that died or forgot cannot keep an event from its deliveries."""
    accept(ledger, "ev_1")
    assert len(ledger.lease_inbox(DRAIN, 10, 1000).events) == 1
    assert ledger.lease_inbox("other", 10, 1000).events == []
    pass_time(ledger.client, 1001)
    assert len(ledger.lease_inbox("other", 10, 1000).events) == 1


def test_of_two_drains_that_route_the_same_event_the_second_changes_nothing(ledger: Ledger) -> None:
    """An event gets its deliveries once, even where the routings differ."""
    accept(ledger, "ev_1")
    ledger.lease_inbox(DRAIN, 1, 1000)
    pass_time(ledger.client, 1001)
    ledger.lease_inbox("other", 1, 1000)
    assert ledger.fan_out(DRAIN, [("ev_1", [Route("shop")])]) == [True]
    assert ledger.fan_out("other", [("ev_1", [Route("mail")]), ("ev_unknown", [Route("mail")])]) == [False, False]
    assert list(ledger.survey().standings) == ["shop"]


def test_a_plain_event_of_a_type_that_the_drain_has_told_gets_its_deliveries_at_once(ledger: Ledger) -> None:
    """Others of the same call are leased; one that was routed is not leased to anybody."""
    given = [submission("ev_1"), submission("ev_2")._replace(plain=True), submission("ev_3")._replace(plain=True)]
    ledger.accept([*given[:2], given[2]._replace(type="custom.x")])
    ledger.fan_out(DRAIN, [], types={"order.created": [Route("shop"), Route("mail")]})
    taken = ledger.lease_inbox(DRAIN, 10, 1000)
    assert (taken.routed, [one.event_id for one in taken.events]) == (1, ["ev_1", "ev_3"])
    record = ledger.status("ev_2")
    assert record is not None
    assert {name: each.state for name, each in record.deliveries.items()} == dict.fromkeys(
        ("shop", "mail"), State.PENDING
    )
    assert [one.event_id for one in lease(ledger)] == ["ev_2", "ev_2"]
    pass_time(ledger.client, 1001)
    assert {one.event_id for one in ledger.lease_inbox("other", 10, 1000).events} == {"ev_1", "ev_3"}


def test_an_event_of_which_a_chunk_was_fanned_out_gets_only_what_is_missing_by_its_type(ledger: Ledger) -> None:
    """A drain that died in the middle, and one that knows the event's type."""
    ledger.accept([submission("ev_1")._replace(plain=True)])
    ledger.lease_inbox("dying", 1, 1000)
    ledger.fan_out("dying", [("ev_1", [Route("shop")])], more_within=1000)
    (begun,) = lease(ledger)
    pass_time(ledger.client, 1001)
    ledger.fan_out(DRAIN, [], types={"order.created": [Route("shop"), Route("mail")]})
    assert ledger.lease_inbox(DRAIN, 1, 1000).routed == 1
    (missing,) = lease(ledger)
    assert (begun.destination, missing.destination) == ("shop", "mail")
    check_books(read_books(ledger.client))


def shops(count: int) -> list[Route]:
    """Routes to so many shops."""
    return [Route(f"shop-{number}") for number in range(count)]


def test_what_does_not_fit_into_a_call_waits_for_the_next_one(ledger: Ledger) -> None:
    """No call lasts long, though one event always goes; what waits keeps its place before what came after it."""
    types = ("narrow", "narrow", "wide", "unknown", "narrow")
    ledger.accept([submission(f"ev_{number}")._replace(plain=True, type=each) for number, each in enumerate(types)])
    ledger.fan_out(DRAIN, [], types={"wide": shops(30), "narrow": shops(1)})
    calls = [ledger.lease_inbox(DRAIN, 10, 1000, most_work=20) for _ in range(3)]
    assert [(each.routed, each.more) for each in calls] == [(2, True), (1, True), (1, False)]
    assert [[one.event_id for one in each.events] for each in calls] == [[], ["ev_3"], []]
    check_books(read_books(ledger.client))


def test_deliveries_to_the_same_lane_are_less_work_than_to_many_and_least_where_something_was_due(
    ledger: Ledger,
) -> None:
    """So each call has about as much to do."""

    def routed(*to: str) -> int:
        types = {f"custom.x{number}": [Route(name)] for number, name in enumerate(to)}
        ledger.fan_out(DRAIN, [], types=types)
        ledger.accept([submission(f"{each} {to[0]}")._replace(plain=True, type=each) for each in types])
        number = ledger.lease_inbox(DRAIN, 100, 1000, most_work=90).routed
        while ledger.lease_inbox(DRAIN, 100, 1000).more:
            pass
        return number

    many = [f"shop-{number}" for number in range(50)]
    assert routed(*many) == 10
    assert routed("one", *many[1:]) == 15 - 1
    assert routed(*["same"] * 50) == 28
    check_books(read_books(ledger.client))


@pytest.mark.parametrize("version", [7, None])
def test_by_another_version_of_the_subscriptions_no_type_says_where_an_event_goes(
    ledger: Ledger, version: int | None
) -> None:
    """Somebody may have subscribed since the drain has told of the type."""
    ledger.accept([submission("ev_1")._replace(plain=True)])
    ledger.fan_out(DRAIN, [], types={"order.created": [Route("shop")]})
    taken = ledger.lease_inbox(DRAIN, 10, 1000, version=version)
    assert (taken.routed, len(taken.events)) == (0, 1)


def test_what_a_drain_has_told_of_types_is_its_own_and_ends_with_it(ledger: Ledger) -> None:
    """Another worker may have other destinations; that of a drain that died goes by itself."""
    ledger.begin(DRAIN)
    ledger.fan_out(DRAIN, [], types={"order.created": [Route("shop")]})
    ledger.accept([submission("ev_1")._replace(plain=True)])
    assert len(ledger.lease_inbox("other", 10, 1000).events) == 1
    assert 0 < ledger.client.pttl(key("routes", DRAIN)) <= 3_600_000
    ledger.retire(DRAIN)
    assert not ledger.client.exists(key("routes", DRAIN))


def test_a_drain_tells_of_so_many_types_and_no_more(ledger: Ledger) -> None:
    """Custom types are the caller's to invent."""
    ledger.fan_out(DRAIN, [], types={f"custom.x{number}": [Route("shop")] for number in range(5000)})
    assert ledger.client.hlen(key("routes", DRAIN)) == 4096


def test_an_event_that_nobody_wants_is_finished_at_once(ledger: Ledger) -> None:
    """Without destinations, or with all of them skipped, an event only stays readable for the retention."""
    accept(ledger, "ev_1", "ev_2")
    ledger.lease_inbox(DRAIN, 2, LEASE_MS)
    ledger.fan_out(DRAIN, [("ev_1", []), ("ev_2", [Route("shop", "not\tfor it")])])
    record = ledger.status("ev_2")
    assert record is not None
    assert (record.deliveries["shop"].state, record.deliveries["shop"].reason) == (State.SKIPPED, "not\tfor it")
    assert all(ledger.client.pttl(key("record", event_id)) > 0 for event_id in ("ev_1", "ev_2"))
    assert lease(ledger) == []


def test_a_finished_event_expires_with_all_that_was_kept_of_it(server_retaining: Ledger) -> None:
    """Body, record and attempts go together, and the id may be used anew."""
    ledger = server_retaining
    end(ledger, "ev_1", state=State.DELIVERED)
    names = [key(name, "ev_1") for name in ("event", "record")]
    assert len({ledger.client.pexpiretime(name) for name in names}) == 1
    assert 90_000 < ledger.client.pttl(names[0]) <= 100_000
    for name in names:
        ledger.client.pexpire(name, 0)
    assert ledger.status("ev_1") is None
    assert accept(ledger, "ev_1")[0].result is Acceptance.ACCEPTED


def test_a_stale_outcome_for_a_finished_event_does_not_outlive_it(server_retaining: Ledger) -> None:
    """A line that comes late expires with the event it belongs to."""
    ledger = server_retaining
    route(ledger, "ev_1")
    (slow,) = lease(ledger, drain="slow", lease_ms=1000)
    pass_time(ledger.client, 1001)
    (quick,) = lease(ledger, drain="quick")
    settle(ledger, outcome(quick), drain="quick")
    ends = ledger.client.pexpiretime(key("record", "ev_1"))
    settle(ledger, outcome(slow), drain="slow")
    assert b"stale" in (ledger.client.hget(key("record", "ev_1"), "a:shop") or b"")
    assert ledger.client.pexpiretime(key("record", "ev_1")) == ends > 0


def test_dead_and_held_deliveries_keep_their_event_until_somebody_decides(server_retaining: Ledger) -> None:
    """Nothing of such an event expires; discarded, or delivered after a replay, it does."""
    ledger = server_retaining
    for event_id, state in (("ev_1", State.DEAD), ("ev_2", State.HELD), ("ev_3", State.DEAD)):
        end(ledger, event_id, state=state)
    assert {ledger.client.pttl(name) for name in ledger.client.scan_iter()} == {-1}
    assert ledger.discard([("shop", "ev_1"), ("shop", "ev_2")]) == [True, True]
    ledger.replay([("shop", "ev_3")])
    assert ledger.client.pttl(key("record", "ev_3")) == -1
    settle(ledger, *map(outcome, lease(ledger)))
    for event_id in ("ev_1", "ev_2", "ev_3"):
        assert all(0 < ledger.client.pttl(key(name, event_id)) <= 100_000 for name in ("event", "record"))


def test_an_event_stays_while_one_of_its_destinations_is_not_done(server_retaining: Ledger) -> None:
    """The retention begins with the last delivery's end, not the first's."""
    ledger = server_retaining
    route(ledger, "ev_1", to=("shop", "mail"))
    one, two = lease(ledger)
    settle(ledger, outcome(one, State.DEAD), outcome(two, State.DELIVERED))
    assert ledger.client.pttl(key("record", "ev_1")) == -1
    ledger.discard([(one.destination, "ev_1")])
    assert ledger.client.pttl(key("record", "ev_1")) > 0
