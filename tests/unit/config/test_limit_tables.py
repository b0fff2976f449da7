"""How a destination's table limits what it is sent, and how mistakes in that are told."""

from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema, ValidationError

from outhaul_config.destinations import KindSpec, load_destinations
from outhaul_config.limit_tables import LimitKeys
from outhaul_config.policy import Breaker, Policy, Rate
from outhaul_config.policy_tables import PolicyKeys, merged
from outhaul_config.problems import ConfigError, Problem

PLAIN = Policy()
RATED = Policy(concurrency=8, rate=Rate(200, 1.0), burst=5, breaker=Breaker(open_for=60.0))
UNGUARDED = Policy(breaker=None)


def merge(policy: Policy, **table: Any) -> Policy:
    """Load the keys as the loader does and put them in place of the policy's."""
    return merged(policy, PolicyKeys().load(table))


def refusal(policy: Policy, **table: Any) -> Any:
    """Return the messages of the error that merging raises."""
    with pytest.raises(ValidationError) as error:
        merge(policy, **table)
    return error.value.messages


def problem(folder: Path, line: str) -> Problem:
    """Return the one problem of a file whose destination has this line."""
    file = folder / "destinations.toml"
    file.write_text(f'[destinations.hooks]\nkind = "plain"\nsubscribe = ["*"]\n{line}\n')
    with pytest.raises(ConfigError) as error:
        load_destinations(file, {}, {"plain": KindSpec("plain", Schema, PLAIN)})
    (found,) = error.value.problems
    return found


@pytest.mark.parametrize("policy", [PLAIN, RATED, UNGUARDED])
def test_without_keys_the_kinds_limits_stay(policy: Policy) -> None:
    """A destination that says nothing gets its kind's limits."""
    assert merge(policy) == policy


@pytest.mark.parametrize(
    ("written", "meant"), [("auto", "auto"), ("AUTO", "auto"), (1, 1), ("64", 64), (10_000, 10_000)]
)
def test_concurrency_is_a_number_or_auto(written: Any, meant: int | str) -> None:
    """Digits may come from a variable, as text."""
    assert merge(RATED, concurrency=written).concurrency == meant


@pytest.mark.parametrize(
    ("written", "rate"),
    [("50/s", Rate(50, 1.0)), ("1000/min", Rate(1000, 60.0)), ("1/h", Rate(1, 3600.0)), (False, None)],
)
def test_a_rate_is_a_number_a_time_or_switched_off(written: Any, rate: Rate | None) -> None:
    """It is written back as it was given."""
    assert merge(PLAIN, rate=written).rate == rate
    assert rate is None or str(rate) == written


def test_a_burst_keeps_the_kinds_rate_and_goes_with_it() -> None:
    """Who changes only the burst keeps the rate; who takes the rate away needs no burst."""
    assert merge(RATED, burst=9) == Policy(concurrency=8, rate=RATED.rate, burst=9, breaker=RATED.breaker)
    assert merge(RATED, rate=False).burst == 1


def test_a_breaker_table_changes_only_the_keys_it_has() -> None:
    """The rest stays the kind's, or the general default where the kind has none."""
    assert merge(RATED, breaker={"failure_ratio": 0.8}).breaker == Breaker(failure_ratio=0.8, open_for=60.0)
    assert merge(UNGUARDED, breaker={"window": "1m"}).breaker == Breaker(window=60.0)
    assert merge(PLAIN, breaker=False).breaker is None


def test_a_burst_without_a_rate_is_refused() -> None:
    """It would do nothing, and whoever wrote it expects something."""
    for table in ({"burst": 5}, {"burst": 5, "rate": False}):
        assert refusal(PLAIN, **table) == {"burst": ["no such key without rate, which it is about"]}


def test_times_of_the_breaker_that_contradict_each_other_are_refused_where_they_were_given() -> None:
    """Also against a default, which is then named."""
    cap = refusal(PLAIN, breaker={"open_for": "10m"})
    assert cap == {"breaker": {"open_for": ["at most open_cap (5m, the default of the kind)"]}}
    both = refusal(PLAIN, breaker={"open_for": "10s", "open_cap": "5s"})
    assert both == {"breaker": {"open_for": ["at most open_cap (5s)"]}}
    low = refusal(RATED, breaker={"open_cap": "5s"})
    assert low == {"breaker": {"open_cap": ["at least open_for (1m, the default of the kind)"]}}


def test_contradictions_are_reported_together_with_those_of_other_tables() -> None:
    """One mistake does not hide another."""
    messages = refusal(PLAIN, burst=2, breaker={"open_for": "10m"}, retry={"cap": "1s"})
    assert set(messages) == {"burst", "breaker", "retry"}


@pytest.mark.parametrize(
    ("line", "key", "expected", "got"),
    [
        ('rate = "50"', "rate", "per s, min or h", '"50"'),
        ('rate = "0/s"', "rate", "from 1 to 100000", '"0/s"'),
        ('rate = "1.5/s"', "rate", "a whole number", '"1.5/s"'),
        ('rate = "10/d"', "rate", "per s, min or h", '"10/d"'),
        ("rate = 50", "rate", "or false for none", "50"),
        ("rate = true", "rate", "or false for none", "true"),
        ('concurrency = "some"', "concurrency", '"auto"', '"some"'),
        ("concurrency = 0", "concurrency", "from 1 to 10000", "0"),
        ("burst = 5", "burst", "without rate", "5"),
        ("breaker = true", "breaker", "a table, or false", "true"),
        ("breaker = 5", "breaker", "a table, or false", "5"),
        ("breaker = { failure_ratio = 2 }", "failure_ratio", "a number from 0.01 to 1", "2"),
        ('breaker = { open_for = "10m" }', "open_for", "at most open_cap (5m", '"10m"'),
    ],
)
def test_a_mistake_is_told_with_its_place_what_was_expected_and_what_was_got(
    tmp_path: Path, line: str, key: str, expected: str, got: str
) -> None:
    """A person sees at once which key of which table to change, and to what."""
    found = problem(tmp_path, line)
    assert (found.key, found.got) == (key, got)
    assert found.table in ("destinations.hooks", "destinations.hooks.breaker")
    assert expected in found.expected


@pytest.mark.parametrize(
    ("line", "near"),
    [
        ("breaker = { failur_ratio = 0.5 }", "failure_ratio"),
        ('breaker = { open = "5s" }', "open_for"),
        ('concurrency = "atuo"', "auto"),
        ('rat = "5/s"', "rate"),
    ],
)
def test_a_misspelling_leads_to_the_nearest_name(tmp_path: Path, line: str, near: str) -> None:
    """At every depth."""
    assert problem(tmp_path, line).nearest == near


@pytest.mark.parametrize(
    "table",
    [
        {"burst": 0},
        {"burst": 1.5},
        {"breaker": []},
        {"breaker": {"min_attempts": 0}},
        {"breaker": {"window": "0s"}},
        {"breaker": {"connection_failures": 0}},
        {"breaker": {"open_for": "0s"}},
        {"breaker": {"open_cap": "2d"}},
        {"rate": "100001/s"},
        {"rate": "\N{ARABIC-INDIC DIGIT FIVE}/s"},
    ],
)
def test_a_value_out_of_range_or_of_the_wrong_type_is_refused(table: dict[str, Any]) -> None:
    """No limit can be configured that the ledger could not keep."""
    with pytest.raises(ValidationError):
        LimitKeys().load(table)
