"""The keys that keep a destination's deliveries in order."""

from pathlib import Path

import pytest
from marshmallow import Schema

from outhaul_config.destinations import Destination, KindSpec, load_destinations
from outhaul_config.policy import Order, Policy
from outhaul_config.problems import ConfigError, Problem

PATHS = ("id", "customer.id", "customer.email", "order.id", "properties.*")
KINDS = {"plain": KindSpec("plain", Schema, Policy())}


def loaded(folder: Path, keys: str) -> Destination:
    """Load one destination with the given keys."""
    file = folder / "destinations.toml"
    file.write_text(f'[destinations.shop]\nkind = "plain"\nsubscribe = ["*"]\n{keys}\n')
    return load_destinations(file, {}, KINDS, (), PATHS)["shop"]


def refused(folder: Path, keys: str) -> Problem:
    """Return the one thing wrong with the given keys."""
    with pytest.raises(ConfigError) as error:
        loaded(folder, keys)
    (problem,) = error.value.problems
    return problem


def test_nothing_is_ordered_unless_it_is_asked_for(tmp_path: Path) -> None:
    """Order costs throughput per key, so nobody pays for it unasked."""
    assert loaded(tmp_path, "").order is None


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        ('order_by = "customer.id"', Order("customer.id")),
        ('order_by = "properties.room.number"', Order("properties.room.number")),
        ('order_by = "customer.id"\norder_on_failure = "block"', Order("customer.id")),
        ('order_by = "customer.id"\norder_on_failure = { skip_after = 3 }', Order("customer.id", 3)),
    ],
)
def test_order_is_by_a_path_and_blocks_unless_said_otherwise(tmp_path: Path, keys: str, order: Order) -> None:
    """Any single value of the model, or any path below free properties."""
    assert loaded(tmp_path, keys).order == order


@pytest.mark.parametrize(
    ("path", "nearest"),
    [("customer.idd", "customer.id"), ("customer", ""), ("properties", ""), ("order..id", "order.id")],
)
def test_a_path_that_no_event_has_is_refused_with_the_nearest(tmp_path: Path, path: str, nearest: str) -> None:
    """A misspelt path would order nothing and say so to nobody."""
    problem = refused(tmp_path, f'order_by = "{path}"')
    assert (problem.key, problem.nearest or nearest) == ("order_by", nearest or problem.nearest)
    assert "dotted path" in problem.expected


@pytest.mark.parametrize(
    "value",
    ['"skip"', "3", "{}", "{ skip_after = 0 }", "{ skip_after = true }", '{ skip_after = "3" }', "{ after = 3 }"],
)
def test_another_answer_to_failure_is_refused(tmp_path: Path, value: str) -> None:
    """There are two, and the number of tries is one that can be reached."""
    problem = refused(tmp_path, f'order_by = "id"\norder_on_failure = {value}')
    assert problem.key.startswith("order_on_failure")
    assert "skip_after" in problem.expected


def test_an_answer_to_failure_without_an_order_is_refused(tmp_path: Path) -> None:
    """Who writes it believes that there is an order."""
    problem = refused(tmp_path, 'order_on_failure = "block"')
    assert (problem.key, problem.expected) == ("order_on_failure", "no such key without order_by, which it is about")
