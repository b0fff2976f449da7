"""Reading a receiver's log."""

from pathlib import Path

import pytest

from outhaul_ops.bench.arrivals import Arrivals


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A receiver's log in which an earlier measurement left a line."""
    path = tmp_path / "arrivals.log"
    path.write_bytes(b"1000.000 earlier\n")
    return path


def append(log: Path, text: bytes) -> None:
    """Write more of the log."""
    with log.open("ab") as lines:
        lines.write(text)


def test_only_what_arrives_from_now_on_counts(log: Path) -> None:
    """What an earlier measurement delivered is not taken for this one's."""
    arrivals = Arrivals(log)
    assert arrivals.read() == 0
    append(log, b"2000.000 m1\n")
    assert arrivals.read() == 1


def test_a_half_written_line_is_read_once_it_is_whole(log: Path) -> None:
    """A receiver writes in blocks, which end anywhere; no arrival is lost, doubled or cut short by that."""
    arrivals = Arrivals(log)
    append(log, b"2000.000 m1\n2000.100 m")
    assert arrivals.read() == 1
    append(log, b"2\n2000.200 m3\n")
    assert arrivals.read() == 3
    assert arrivals.repeated == 0


def test_a_repeated_message_is_counted_apart(log: Path) -> None:
    """Sending one message three times is neither three deliveries nor a faster one."""
    arrivals = Arrivals(log)
    append(log, b"2000.000 m1\n2001.000 m2\n2002.000 m1\n2004.000 m3\n2008.000 m3\n")
    assert arrivals.read() == 3
    assert arrivals.repeated == 2
    assert arrivals.per_second() == pytest.approx(2 / 4)


def test_one_event_at_two_destinations_is_two_messages(log: Path) -> None:
    """What is fanned out arrives as often as it has destinations; the plain path adds nothing to its name."""
    arrivals = Arrivals(log)
    append(log, b"2000.000 m1/shop-1\n2000.100 m1/shop-2\n2000.200 m1/\n2000.300 m1/shop-2\n")
    assert arrivals.read() == 3
    assert arrivals.repeated == 1
    assert arrivals.late({"m1": 2000.0}) == [pytest.approx(0.2)]


def test_lateness_is_of_what_has_a_time_and_has_arrived(log: Path) -> None:
    """What arrived without being timed, and what has not arrived, says nothing; early is less than nothing."""
    arrivals = Arrivals(log)
    append(log, b"2000.000 m1\n2003.500 m2\n2004.000 m3\n")
    arrivals.read()
    assert arrivals.late({"m1": 2001.0, "m2": 2003.0, "m4": 2000.0}) == [pytest.approx(-1.0), pytest.approx(0.5)]


def test_the_most_in_a_span_is_counted_wherever_it_lies(log: Path) -> None:
    """Three arrivals within half a second are three at once, though others came before and after."""
    arrivals = Arrivals(log)
    append(log, b"".join(b"%.3f m%d\n" % (at, at * 1000) for at in (10.0, 11.0, 11.2, 11.4, 12.0, 13.0)))
    arrivals.read()
    assert arrivals.most_within(0.5) == 3
    assert arrivals.most_within(1.1) == 4
    assert arrivals.span == (10.0, 13.0)


@pytest.mark.parametrize("text", [b"", b"2000.000 m1\n", b"2000.000 m1\n2000.000 m2\n"])
def test_no_rate_is_made_up_where_no_time_passed(log: Path, text: bytes) -> None:
    """Arrivals within one tick of the receiver's clock say nothing about a rate."""
    arrivals = Arrivals(log)
    append(log, text)
    arrivals.read()
    with pytest.raises(ValueError, match="take more events"):
        arrivals.per_second()
