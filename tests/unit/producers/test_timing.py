"""When an event is to be sent, and until when: what is taken at the door, and what is not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outhaul_producers.errors import InvalidEvent
from outhaul_producers.event import Event
from outhaul_producers.normalise import HORIZON, normalise
from outhaul_producers.schema.paths import value_paths

NOW = datetime(2026, 3, 5, 8, 15, tzinfo=UTC)
LATER, LATEST = NOW + timedelta(hours=1), NOW + HORIZON


def stored(**times: Any) -> Event:
    """Hand an event in and read what is stored."""
    return Event(normalise({"type": "custom.x", **times}, source="/", now=NOW).body)


def problems(**times: Any) -> dict[str, str]:
    """Return what is wrong with an event that must be refused."""
    with pytest.raises(InvalidEvent) as caught:
        stored(**times)
    return caught.value.problems


def test_both_times_are_kept_in_utc() -> None:
    """As every time of an event is, from a datetime or a string with any zone."""
    event = stored(deliver_after="2026-03-05T11:15:00+02:00", expires_at=LATER + timedelta(minutes=5))
    assert event.body["deliver_after"] == "2026-03-05T09:15:00.000Z"
    assert event.expires_at == LATER + timedelta(minutes=5)
    assert stored().expires_at is None


@pytest.mark.parametrize("name", ["deliver_after", "expires_at"])
@pytest.mark.parametrize("value", [LATER.replace(tzinfo=None), "2026-03-05T09:15:00", "tomorrow", 1_772_698_500])
def test_a_time_without_a_zone_or_of_another_form_is_refused_at_its_path(name: str, value: Any) -> None:
    """A naive time means something else on every machine."""
    assert problems(**{name: value}).keys() == {name}


@pytest.mark.parametrize("name", ["deliver_after", "expires_at"])
def test_a_time_beyond_the_horizon_is_refused(name: str) -> None:
    """90 days ahead at most, to the millisecond."""
    stored(**{name: LATEST})
    found = problems(**{name: LATEST + timedelta(milliseconds=1)})
    assert found[name].startswith("expected a time up to 2026-06-03T08:15:00.000Z (90 days from now), got ")


@pytest.mark.parametrize("expires_at", [LATER, LATER - timedelta(seconds=1)])
def test_an_event_that_would_expire_before_it_may_be_sent_is_refused(expires_at: datetime) -> None:
    """The message names both times."""
    found = problems(deliver_after=LATER, expires_at=expires_at)
    assert found["expires_at"].startswith("expected a time later than deliver_after (2026-03-05T09:15:00.000Z), got ")


def test_times_that_have_passed_are_taken() -> None:
    """A repeated call must not be refused for being late: it is due at once, or a dead letter for all to see."""
    stored(deliver_after=NOW - timedelta(days=1), expires_at=NOW - timedelta(hours=1))


def test_another_time_is_another_content() -> None:
    """The same id with another delay is a conflict, as with any other difference; a zone is none."""

    def digest(**times: Any) -> str:
        return normalise({"type": "custom.x", "id": "abc", **times}, source="/", now=NOW).digest

    assert digest(deliver_after=LATER) == digest(deliver_after="2026-03-05T11:15:00+02:00")
    assert len({digest(), digest(deliver_after=LATER), digest(expires_at=LATER), digest(deliver_after=LATEST)}) == 4


def test_the_paths_of_single_values_are_those_an_event_can_have() -> None:
    """Sections and lists are none; what is free is named by its stem."""
    paths = value_paths()
    assert {"customer.id", "customer.email", "order.id", "subject", "properties.*", "customer.properties.*"} <= set(
        paths
    )
    assert not {"customer", "order.items", "properties", "customer.groups", "destinations", "overrides"} & set(paths)
    assert len(paths) == len(set(paths))
