"""What producers and receivers write down must be readable whatever happened to the writer."""

from pathlib import Path

import pytest

from outhaul_ops.chaos.journal import Appender, Word, read_arrivals, read_handed, unacknowledged


def test_an_intent_without_an_answer_stays_unacknowledged(tmp_path: Path) -> None:
    """A producer that was killed in the middle of a call knows nothing of its fate."""
    journal = Appender(tmp_path / "a")
    journal.note((Word.INTENT, "ev_1", 0), (Word.INTENT, "ev_2", 1))
    journal.note((Word.REFUSED, "ev_1"))
    journal.note((Word.ACKNOWLEDGED, "ev_2"))
    found = read_handed(tmp_path / "a", durable=True)
    assert [each.event_id for each in unacknowledged(found.values())] == ["ev_1"]
    assert found["ev_2"].shape == 1
    assert found["ev_2"].durable


def test_the_first_acknowledgement_counts(tmp_path: Path) -> None:
    """An event that is handed over again was promised before."""
    journal = Appender(tmp_path / "a")
    journal.note((Word.INTENT, "ev_1", 0))
    journal.note((Word.ACKNOWLEDGED, "ev_1"))
    first = read_handed(tmp_path / "a", durable=False)["ev_1"].acknowledged_at
    journal.note((Word.ACKNOWLEDGED, "ev_1"))
    assert read_handed(tmp_path / "a", durable=False)["ev_1"].acknowledged_at == first


def test_an_answer_without_an_intent_is_an_error_of_the_harness(tmp_path: Path) -> None:
    """A book that does not begin with the intent cannot be compared."""
    Appender(tmp_path / "a").note((Word.ACKNOWLEDGED, "ev_1"))
    with pytest.raises(ValueError, match="without an intent"):
        read_handed(tmp_path / "a", durable=False)


def test_arrivals_keep_their_order(tmp_path: Path) -> None:
    """The receivers' book is read as it was written."""
    book = Appender(tmp_path / "a")
    book.note(("steady", "ev_2", 1, "refused"))
    book.note(("steady", "ev_1", 3, "taken"))
    found = read_arrivals(tmp_path / "a")
    assert [(each.event_id, each.attempt, each.taken) for each in found] == [("ev_2", 1, False), ("ev_1", 3, True)]


def test_a_book_that_was_never_begun_is_empty(tmp_path: Path) -> None:
    """A run in which nothing arrived has a receivers' book all the same."""
    assert read_arrivals(tmp_path / "none") == []
    assert read_handed(tmp_path / "none", durable=False) == {}
