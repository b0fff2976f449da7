"""The samples that destinations are tested with are what the door stores."""

import orjson
import pytest

from outhaul_producers.normalise import normalise
from outhaul_producers.types import TYPES
from unit.destinations.canonical import SAMPLES


def test_the_samples_hold_every_type_of_the_vocabulary_and_a_custom_one() -> None:
    """No type can be added without a sample, and so without a payload of it for every kind."""
    assert set(SAMPLES) - set(TYPES) == {"custom.loyalty.tier_up"}
    assert set(TYPES) <= set(SAMPLES)


@pytest.mark.parametrize("event_type", SAMPLES)
def test_a_sample_given_to_the_door_comes_out_unchanged(event_type: str) -> None:
    """Each sample is a canonical event already, so nothing tested with it depends on other input."""
    sample = SAMPLES[event_type]
    assert orjson.loads(normalise(sample.body, source="/unused").body) == sample.body
