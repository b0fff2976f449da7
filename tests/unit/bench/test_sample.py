"""The event that is measured."""

from pathlib import Path

import orjson
import pytest

from outhaul_ops.bench.sample import SIZE, event_id, order_event, write_events
from outhaul_producers.normalise import normalise


@pytest.mark.parametrize("number", [0, 7, 99_999_999])
def test_the_event_is_exactly_as_large_as_said(number: int) -> None:
    """Every contender hands over 2048 bytes of JSON, whichever event it is."""
    assert len(orjson.dumps(order_event(number))) == SIZE == 2048


def test_the_event_passes_the_door_and_is_stored_at_about_its_size() -> None:
    """Nothing of it is refused, and a bare SET of its bytes stores about as much as its acceptance."""
    submission = normalise(order_event(3), source="/")
    assert (submission.event_id, submission.type) == (event_id(3), "order.created")
    assert SIZE <= len(submission.body) < SIZE * 1.1


def test_every_event_of_a_file_is_another(tmp_path: Path) -> None:
    """No contender is measured on duplicates."""
    lines = write_events(tmp_path / "events.ndjson", 50).read_bytes().splitlines()
    assert {orjson.loads(line)["id"] for line in lines} == {event_id(number) for number in range(50)}
