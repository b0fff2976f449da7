"""The record of a simulator."""

from outhaul_ops.simulators.record import Entry, Fate, Record


def entry(number: int, event_id: str = "ev_1", fate: Fate = Fate.STORED, body: bytes = b"{}") -> Entry:
    """An entry about some event."""
    return Entry(number, 1.0, "order.created", event_id, "", None, fate, 200, "", body)


def test_counts_go_on_when_old_entries_are_let_go() -> None:
    """Only the newest entries are kept, but nothing goes uncounted."""
    record = Record(kept=2)
    for number in range(1, 6):
        record.add(entry(number))
    assert [kept.number for kept in record] == [4, 5]
    assert (len(record), record.count(Fate.STORED), record.arrivals("ev_1")) == (5, 5, 5)


def test_only_what_got_through_counts_as_an_arrival() -> None:
    """Refused and dropped requests are no arrivals, duplicates are."""
    record = Record()
    for fate in Fate:
        record.add(entry(1, fate=fate))
        record.add(entry(1, "", fate))
    record.add(entry(1, "ev_2"))
    assert record.arrivals("ev_1") == 3
    assert record.repeated() == {"ev_1": 3}


def test_a_body_is_shown_as_json_or_as_text() -> None:
    """Bodies that are no JSON are shown as well as they can be."""
    assert entry(1, body=b'{"a":1}').as_json()["body"] == {"a": 1}
    assert entry(1, body=b"\xff{").as_json()["body"] == "\ufffd{"
    assert entry(1, body=b"\xff{").document is None


def test_numbers_go_on_after_a_clear() -> None:
    """A reader that asks for everything since a number is not confused by a clear."""
    record = Record()
    record.add(entry(record.next_number()))
    record.clear()
    assert (len(record), record.counts()["stored"], record.repeated(), record.next_number()) == (0, 0, {}, 2)
