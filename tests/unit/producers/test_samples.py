"""The events that are shipped for trying things out."""

from importlib.resources import files

import orjson

from outhaul_ledger.model import Submission
from outhaul_producers.normalise import normalise


def samples() -> list[Submission]:
    """Read the shipped file as the command line does, line by line."""
    lines = (files("outhaul_ops") / "samples" / "events.ndjson").read_bytes().splitlines()
    return [normalise(orjson.loads(line), source="/shops/ro") for line in lines]


def test_every_sample_event_is_valid_and_has_an_id_and_a_time_of_its_own() -> None:
    """Enqueueing the file again changes nothing."""
    first, second = samples(), samples()
    assert len(first) >= 14
    assert first == second


def test_the_samples_cover_what_the_demonstration_shows() -> None:
    """Customers, carts, orders, newsletter, products, events of a shop's own, and one line that is there twice."""
    made = samples()
    assert {"customer", "cart", "order", "newsletter", "product", "custom"} <= {
        one.type.partition(".")[0] for one in made
    }
    assert len(made) - len({one.event_id for one in made}) == 1
    assert len(set(made)) == len(made) - 1
    types = {one.event_id: one.type for one in made}
    assert types["ev_demo_fails_twice"] == "custom.fails_twice"
    assert types["ev_demo_refused"] == "custom.refused_for_good"
