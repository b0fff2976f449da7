"""Comparing the books must find every way in which they can disagree."""

from dataclasses import replace

import pytest

from outhaul_ledger.model import State
from outhaul_ledger.record import EventRecord
from outhaul_ops.chaos.books import Books, Crash, Evidence, LedgerBook, reconcile
from unit.chaos.evidence import LINED, NAMED, arrival, delivery, evidence, handed, line, record, standing, survey

AT = 1000.0


def sound() -> Evidence:
    """One event, delivered at the first attempt."""
    return evidence([handed("ev_1", AT)], [arrival("ev_1", AT + 1)], [record("ev_1", [delivery("steady")], line(1))])


def repeated(*, marked: bool) -> Evidence:
    """One event that was taken twice."""
    arrivals = [arrival("ev_1", AT + 1), arrival("ev_1", AT + 3, 2)]
    return replace(
        sound(), arrivals=arrivals, ledger=book(record("ev_1", [delivery("steady")], line(1), line(2, marked=marked)))
    )


def book(*records: EventRecord) -> LedgerBook:
    """The ledger's book with these events."""
    return LedgerBook({each.event_id: each for each in records}, survey(records))


def only_finding(books: Books) -> str:
    """The one promise that was broken."""
    (finding,) = books.findings
    return finding


def test_books_that_agree_have_no_findings() -> None:
    """What was acknowledged, arrived and is recorded counts as delivered and nothing else."""
    books = reconcile(sound())
    assert books.findings == []
    assert (books.events, books.states, books.lost, books.duplicates_marked) == (1, {"delivered": 1}, 0, 0)


def test_an_acknowledged_event_that_the_ledger_does_not_have_is_lost() -> None:
    """An acknowledgement is a promise."""
    books = reconcile(replace(sound(), ledger=book(), arrivals=[]))
    assert books.lost == 1
    assert "the ledger does not have it" in only_finding(books)


def test_an_event_without_an_answer_may_be_stored_or_not() -> None:
    """Whoever got no answer was promised nothing."""
    unanswered = {each: handed(each, AT, acknowledged_at=None) for each in ("ev_1", "ev_2")}
    books = reconcile(replace(sound(), handed=unanswered))
    assert books.findings == []
    assert (books.events, books.unacknowledged, books.unacknowledged_stored) == (0, 2, 1)


def test_a_delivery_that_was_never_made_is_lost() -> None:
    """Every destination that wants an event has a delivery of it."""
    books = reconcile(
        evidence([handed("ev_1", AT, NAMED)], [], [record("ev_1", [delivery("shaky", State.DEAD)], line(1))])
    )
    assert books.lost == 1
    assert "missing for ['nowhere']" in only_finding(books)


def test_a_delivery_that_nobody_wanted_is_found() -> None:
    """No destination gets what it did not ask for."""
    both = [delivery("steady"), delivery("shaky", State.DEAD)]
    books = reconcile(replace(sound(), ledger=book(record("ev_1", both, line(1)))))
    assert "unwanted for ['shaky']" in only_finding(books)


def test_an_event_that_nobody_handed_over_is_found() -> None:
    """The ledger invents nothing."""
    books = reconcile(replace(sound(), handed={}, arrivals=[]))
    assert any("nobody handed it over" in finding for finding in books.findings)


def test_a_delivery_the_ledger_calls_delivered_must_have_arrived() -> None:
    """The receivers' book is the one that counts."""
    books = reconcile(replace(sound(), arrivals=[]))
    assert books.lost == 1
    assert "it never arrived there" in only_finding(books)


def test_a_refused_request_is_no_delivery() -> None:
    """An endpoint that answered 500 has not taken the event."""
    books = reconcile(replace(sound(), arrivals=[arrival("ev_1", AT + 1, taken=False)]))
    assert books.lost == 1


def test_a_dead_delivery_needs_no_arrival_and_a_waiting_one_counts_as_pending() -> None:
    """Every state has its column, and together they are all deliveries."""
    found = [record(f"ev_{n}", [delivery("steady", state)]) for n, state in enumerate(State)]
    hands = [handed(each.event_id, AT) for each in found]
    books = reconcile(evidence(hands, [arrival("ev_2", AT + 1)], found))
    assert books.findings == []
    assert books.states == {"pending": 2, "delivered": 1, "dead": 1, "skipped": 1, "held": 1, "cancelled": 1}


def test_an_event_that_was_not_fanned_out_counts_for_all_who_want_it() -> None:
    """Conservation holds before the deliveries exist."""
    waiting = replace(record("ev_1", []), fanned_out=False)
    books = reconcile(evidence([handed("ev_1", AT, NAMED)], [], [waiting]))
    assert (books.findings, books.states) == ([], {"pending": 2})


def test_counters_that_differ_from_the_records_are_found() -> None:
    """A destination's counters are checked against its deliveries one by one."""
    spoilt = replace(
        sound().ledger, survey=replace(survey([]), standings={"steady": standing("steady", {State.DEAD: 1})})
    )
    assert "the counters say 1 dead, the records 1 delivered" in only_finding(
        reconcile(replace(sound(), ledger=spoilt))
    )


def test_a_repetition_that_is_marked_is_allowed_and_counted() -> None:
    """The receiver can know that it may be one."""
    books = reconcile(repeated(marked=True))
    assert (books.findings, books.duplicates_marked) == ([], 1)


def test_a_repetition_without_the_mark_is_found() -> None:
    """A second request after a taken one says that it may be a repetition."""
    books = reconcile(repeated(marked=False))
    assert books.duplicates_unmarked == 1
    assert "not marked as a possible duplicate" in only_finding(books)


def test_a_request_after_refusals_is_no_repetition() -> None:
    """An endpoint that said no has not got it yet."""
    arrivals = [
        arrival("ev_1", AT + 1, taken=False),
        arrival("ev_1", AT + 2, 2),
        arrival("ev_1", AT + 1.5, 2, destination="x"),
    ]
    books = reconcile(replace(sound(), arrivals=arrivals[:2]))
    assert (books.findings, books.duplicates_marked) == ([], 0)


def test_what_arrives_before_it_was_handed_over_is_found() -> None:
    """Times in the books go forward."""
    books = reconcile(replace(sound(), arrivals=[arrival("ev_1", AT - 1)]))
    assert "before it was handed over" in only_finding(books)


def test_what_arrives_at_a_stranger_is_found() -> None:
    """An event goes to those who want it and to nobody else."""
    strange = [*sound().arrivals, arrival("ev_1", AT + 1, destination="shaky")]
    assert "never was to get it" in only_finding(reconcile(replace(sound(), arrivals=strange)))


@pytest.mark.parametrize(("durable", "lost"), [(False, 0), (True, 1)], ids=["server's word", "disk's word"])
def test_a_crash_may_cost_only_what_was_acknowledged_without_the_disk(durable: bool, lost: int) -> None:
    """Within the window of a machine's crash an event may be gone, unless its producer waited for the disk."""
    crash = Crash("machine-crash", AT - 0.5, AT + 0.5, AT + 0.5)
    hands = {"ev_1": handed("ev_1", AT, durable=durable)}
    books = reconcile(replace(sound(), handed=hands, ledger=book(), arrivals=[], crashes=[crash]))
    assert books.lost == len(books.findings) == lost
    assert sum(window.lost for window in books.windows.values()) == 1 - lost


def in_line(*event_ids: str, accepted: tuple[int, int] = (1, 2)) -> Evidence:
    """Two events of one line, which arrive in this order; `accepted` is when the first and the second number were."""
    records = [
        replace(record(each, [delivery("steady"), delivery("ordered")]), accepted_at=at)
        for each, at in zip(("ev_a_1", "ev_a_9"), accepted, strict=True)
    ]
    hands = [handed(each, AT, LINED) for each in event_ids]
    arrivals = [
        arrival(each, AT + i, destination=name) for i, each in enumerate(event_ids) for name in ("steady", "ordered")
    ]
    return evidence(hands, arrivals, records)


def test_events_of_a_line_may_arrive_in_the_order_of_their_acceptance_only() -> None:
    """Where order is asked for, a later one that comes first is found; elsewhere it may."""
    assert reconcile(in_line("ev_a_1", "ev_a_9")).findings == []
    books = reconcile(in_line("ev_a_9", "ev_a_1"))
    assert books.disorder == 1
    assert "ordered got it after ev_a_9" in only_finding(books)


def test_the_order_is_that_of_acceptance_and_not_of_numbers() -> None:
    """An event that was handed over again may have been accepted later."""
    assert reconcile(in_line("ev_a_9", "ev_a_1", accepted=(2, 1))).findings == []
    assert reconcile(in_line("ev_a_1", "ev_a_9", accepted=(2, 1))).disorder == 1


def test_a_crash_long_before_or_after_excuses_nothing() -> None:
    """The window has two ends."""
    crashes = [Crash("machine-crash", at, at + 1, at + 1) for at in (AT - 60, AT + 60)]
    assert reconcile(replace(sound(), ledger=book(), arrivals=[], crashes=crashes)).lost == 1
    assert reconcile(replace(repeated(marked=False), crashes=crashes)).duplicates_unmarked == 1


def test_a_repetition_of_what_a_crash_made_the_ledger_forget_has_its_own_count() -> None:
    """It cannot be marked, so it is reported apart."""
    crash = Crash("machine-crash", AT + 0.8, AT + 1.5, AT + 1.5)
    books = reconcile(replace(repeated(marked=False), crashes=[crash]))
    assert (books.findings, books.duplicates_unmarked) == ([], 0)
    assert books.windows["machine-crash"].repeated == 1


def test_the_books_of_two_scenes_add_up() -> None:
    """A run's books are those of its scenes together."""
    one, other = reconcile(sound()), reconcile(replace(sound(), arrivals=[]))
    both = one + other
    assert (both.events, both.states["delivered"], both.lost, len(both.findings)) == (2, 2, 1, 1)
