"""Durations as people write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError

from outhaul_config.durations import Duration, format_duration, parse_duration


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("250ms", 0.25), ("5s", 5.0), ("1.5s", 1.5), ("15m", 900.0), ("72h", 259200.0), ("7d", 604800.0),
        ("0s", 0.0), ("30", 30.0), (" 5s ", 5.0), (5, 5.0), (0.5, 0.5),
    ],
)  # fmt: skip
def test_a_duration_means_seconds(written: str | float, seconds: float) -> None:
    """Every unit, and a number without one, is read as seconds."""
    assert parse_duration(written) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "written",
    ["", "s", "5 s", "5S", "-5s", "1h30m", "5w", "٣s", "1e3", "nan", "9" * 400, -1, math.inf, math.nan, True, None],
)
def test_what_is_no_duration_is_refused_with_an_example(written: object) -> None:
    """The refusal says what a duration looks like, for every wrong type and form."""
    with pytest.raises(ValueError, match='such as "250ms"'):
        parse_duration(written)  # type: ignore[arg-type] # wrong types are the point


@given(st.integers(min_value=1, max_value=10**10))
def test_a_formatted_duration_reads_back_as_the_same(milliseconds: int) -> None:
    """Writing and reading a duration returns it."""
    seconds = milliseconds / 1000
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("seconds", "written"), [(604800, "7d"), (5400, "90m"), (5, "5s"), (0.25, "250ms"), (0, "0s"), (259200, "3d")]
)
def test_a_duration_is_written_in_its_largest_whole_unit(seconds: float, written: str) -> None:
    """The written form is the one a person would choose."""
    assert format_duration(seconds) == written


def test_the_field_holds_a_duration_to_its_range() -> None:
    """A duration outside the field's range is refused with the range in words."""
    schema = Schema.from_dict({"wait": Duration(1, 300)})()
    assert schema.load({"wait": "5m"}) == {"wait": 300.0}
    for outside in ("0s", "301s"):
        with pytest.raises(ValidationError, match="a duration from 1s to 5m"):
            schema.load({"wait": outside})
