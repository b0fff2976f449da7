"""Points in time and rates as operators type them."""

import pytest

from outhaul_config.moments import parse_point, rfc3339
from outhaul_ledger.pacing import Pacer, parse_rate

NOW = 1_772_698_500_000


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-05T08:15:00Z", NOW),
        ("2026-03-05T10:15:00+02:00", NOW),
        ("2026-03-05 08:15:00.250Z", NOW + 250),
        ("2h", NOW - 7_200_000),
        ("7d", NOW - 604_800_000),
        ("250ms", NOW - 250),
        ("1.5h", NOW - 5_400_000),
    ],
)
def test_a_time_is_read_as_fixed_or_as_ago(written: str, meant: float) -> None:
    """RFC 3339 means itself whatever the zone; a duration means so long before now."""
    assert parse_point(written).before(NOW) == meant


@pytest.mark.parametrize("written", ["", "2026-03-05T08:15:00", "2026", "yesterday", "2", "-2h", "2 weeks", "1.2.3h"])
def test_anything_else_is_refused_with_examples(written: str) -> None:
    """Naive times, bare numbers and prose are told what was expected."""
    with pytest.raises(ValueError, match="expected a time with its zone"):
        parse_point(written)


def test_milliseconds_are_cut_not_rounded() -> None:
    """A time is shown in UTC with three digits."""
    assert rfc3339(NOW + 0.999) == "2026-03-05T08:15:00.000Z"


@pytest.mark.parametrize(("written", "rate"), [("50/s", 50), ("30/m", 0.5), ("36/h", 0.01), ("2.5", 2.5)])
def test_a_rate_is_so_many_per_second(written: str, rate: float) -> None:
    """Per second, minute, hour, or without a unit per second."""
    assert parse_rate(written) == pytest.approx(rate)


class Clock:
    """A clock that only sleeping, and what a test does, moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


def test_a_pacer_keeps_the_rate() -> None:
    """A hundred at 20 a second take five seconds, however they are batched."""
    clock = Clock()
    pacer = Pacer(20, 500, clock=clock, sleep=clock.sleep)
    assert pacer.batch == 2
    for _ in range(50):
        pacer.wait(2)
    assert clock.now == pytest.approx(5)


def test_a_pacer_does_not_make_up_for_lost_time() -> None:
    """After a pause of a minute it goes on at the rate, not in a burst."""
    clock = Clock()
    pacer = Pacer(10, 500, clock=clock, sleep=clock.sleep)
    pacer.wait(1)
    clock.now += 60
    clock.slept = 0
    for _ in range(10):
        pacer.wait(1)
    assert clock.slept == pytest.approx(0.9)


def test_without_a_rate_nothing_waits() -> None:
    """A full batch at once, and no sleep."""
    clock = Clock()
    pacer = Pacer(None, 500, clock=clock, sleep=clock.sleep)
    pacer.wait(500)
    assert (pacer.batch, clock.slept) == (500, 0)
