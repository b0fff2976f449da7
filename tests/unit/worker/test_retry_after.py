"""Reading Retry-After in every form an endpoint may send it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outhaul_worker.retry_after import LONGEST_WAIT, parse_retry_after

NOON = 1_772_712_000.0  # Thu, 05 Mar 2026 12:00:00 GMT


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 120 ", 120.0),
        ("Thu, 05 Mar 2026 12:01:30 GMT", 90.0),
        ("Thursday, 05-Mar-26 12:01:30 GMT", 90.0),
        ("Thu Mar  5 12:01:30 2026", 90.0),
        ("Thu, 05 Mar 2026 14:01:30 +0200", 90.0),
        ("Thu, 05 Mar 2026 12:00:00 GMT", 0.0),
    ],
)
def test_a_wait_in_any_form_is_read_as_seconds_from_now(value: str, seconds: float) -> None:
    """Seconds and all three HTTP date forms give the same thing: how long to wait from now."""
    assert parse_retry_after(value, now=NOON) == seconds


@pytest.mark.parametrize("value", ["86401", "9" * 5000, "Fri, 05 Mar 2027 12:00:00 GMT"])
def test_a_wait_beyond_a_day_is_cut_to_a_day(value: str) -> None:
    """No endpoint can put a delivery off for more than 24 hours at a time."""
    assert parse_retry_after(value, now=NOON) == LONGEST_WAIT == 86400


@pytest.mark.parametrize(
    "value",
    [
        "",
        "-1",
        "-0",
        "+5",
        "1.5",
        "5s",
        "1e3",
        "٣",
        "²",
        "inf",
        "nan",
        "soon",
        "Thu, 05 Mar 2026 11:59:59 GMT",
        "Thu, 32 Mar 2026 12:00:00 GMT",
        "Thu, 05 Mar 2026 12:00:00 +9999999999999999",
        "Thu, 05 Mar 99999999999 12:00:00 GMT",
    ],
)
def test_a_wait_that_is_negative_or_makes_no_sense_is_none(value: str) -> None:
    """The delivery's own schedule decides when the header says nothing usable."""
    assert parse_retry_after(value, now=NOON) is None


def test_a_date_counts_from_the_present_when_no_time_is_given() -> None:
    """Without `now` the clock of this machine decides, and a date long past asks for nothing."""
    assert parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT") is None


@given(st.text(max_size=60))
def test_any_text_gives_a_wait_within_a_day_or_none(value: str) -> None:
    """Whatever a hostile endpoint sends, reading it neither raises nor leaves the range."""
    seconds = parse_retry_after(value, now=NOON)
    assert seconds is None or 0 <= seconds <= LONGEST_WAIT
