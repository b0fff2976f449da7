"""How the policy keys of a destination change its kind's policy."""

from typing import Any

import pytest
from marshmallow import ValidationError

from outhaul_config.policy import Policy, Retry, Timeout
from outhaul_config.policy_tables import PolicyKeys, merged

KIND = Policy(Timeout(connect=4.0, total=10.0), Retry(base=2.0, cap=600.0, max_attempts=9), concurrency=8)
SCHEDULED = Policy(retry=Retry(schedule=(60.0, 180.0, 600.0), max_attempts=4, max_age=86400.0))


def merge(policy: Policy, **table: Any) -> Policy:
    """Load the keys as the loader does and put them in place of the policy's."""
    return merged(policy, PolicyKeys().load(table))


def refusal(policy: Policy, **table: Any) -> Any:
    """Return the messages of the error that merging raises."""
    with pytest.raises(ValidationError) as error:
        merge(policy, **table)
    return error.value.messages


def test_without_keys_the_kinds_policy_stays() -> None:
    """A destination that says nothing gets its kind's policy."""
    assert merge(KIND) == KIND


def test_a_table_changes_only_the_keys_it_has() -> None:
    """Keys that are not given keep the kind's values."""
    policy = merge(KIND, timeout={"total": "20s"}, retry={"max_attempts": 3}, on_ambiguous="hold")
    assert policy == Policy(
        Timeout(4.0, 20.0), Retry(base=2.0, cap=600.0, max_attempts=3), concurrency=8, on_ambiguous="hold"
    )


def test_a_schedule_replaces_the_exponential_form_and_ends_the_attempts() -> None:
    """A schedule of n waits allows n + 1 attempts."""
    retry = merge(KIND, retry={"schedule": ["0s", "5s", "5m"]}).retry
    assert retry.schedule == (0.0, 5.0, 300.0)
    assert retry.max_attempts == 4


def test_a_schedule_longer_than_the_default_age_is_not_cut_short() -> None:
    """Without an age of its own, a schedule runs to its end."""
    retry = merge(KIND, retry={"schedule": ["5d"]}).retry
    assert retry.max_age >= 5 * 86400 * 1.2
    assert merge(KIND, retry={"schedule": ["5d"], "max_age": "1h"}).retry.max_age == 3600.0


@pytest.mark.parametrize("key", ["base", "factor", "cap"])
def test_an_exponential_key_puts_the_kinds_schedule_aside(key: str) -> None:
    """Giving base, factor or cap means the exponential form."""
    value = {"base": "1s", "factor": 2, "cap": "1h"}[key]
    assert merge(SCHEDULED, retry={key: value}).retry.schedule == ()


def test_an_age_or_fewer_attempts_keep_the_kinds_schedule() -> None:
    """Keys that fit both forms do not change the form."""
    retry = merge(SCHEDULED, retry={"max_age": "1h", "max_attempts": 2}).retry
    assert (retry.schedule, retry.max_age, retry.max_attempts) == ((60.0, 180.0, 600.0), 3600.0, 2)


def test_more_attempts_than_the_kinds_schedule_has_are_refused() -> None:
    """A number of attempts that could never be reached is a mistake, not ignored."""
    assert "at most 4" in refusal(SCHEDULED, retry={"max_attempts": 5})["retry"]["max_attempts"][0]


def test_a_schedule_beside_exponential_keys_is_refused_at_each_of_them() -> None:
    """The two forms cannot be mixed, and every key too many is named."""
    messages = refusal(KIND, retry={"schedule": ["1s"], "base": "1s", "max_attempts": 3})["retry"]
    assert set(messages) == {"base", "max_attempts"}


def test_a_short_total_shortens_the_kinds_connect_time() -> None:
    """Who only limits the whole attempt need not know the kind's time for connecting."""
    assert merge(KIND, timeout={"total": "2s"}).timeout == Timeout(2.0, 2.0)


def test_a_connect_time_beyond_the_total_is_refused() -> None:
    """Times that contradict each other are refused, also against the kind's default, which is then named."""
    assert refusal(KIND, timeout={"connect": "9s", "total": "5s"}) == {"timeout": {"connect": ["at most total (5s)"]}}
    messages = refusal(KIND, timeout={"connect": "11s"})
    assert messages == {"timeout": {"connect": ["at most total (10s, the default of the kind)"]}}


def test_a_base_beyond_the_cap_is_refused_at_the_key_that_was_given() -> None:
    """The mistake is placed where it was made."""
    assert refusal(KIND, retry={"base": "1h"}) == {"retry": {"base": ["at most cap (10m)"]}}
    assert refusal(KIND, retry={"cap": "1s"}) == {"retry": {"cap": ["at least base (2s, the default of the kind)"]}}


def test_contradictions_in_both_tables_are_reported_together() -> None:
    """One contradiction does not hide another."""
    assert set(refusal(KIND, timeout={"connect": "11s"}, retry={"cap": "1s"})) == {"timeout", "retry"}


@pytest.mark.parametrize(
    "table",
    [
        {"timeout": {"total": "0s"}},
        {"timeout": {"connect": "0s"}},
        {"timeout": {"total": "301s"}},
        {"timeout": {"total": "-1s"}},
        {"timeout": "5s"},
        {"retry": {"factor": 0.9}},
        {"retry": {"factor": "nan"}},
        {"retry": {"base": "0s"}},
        {"retry": {"cap": "8d"}},
        {"retry": {"max_attempts": 0}},
        {"retry": {"max_attempts": 1001}},
        {"retry": {"max_attempts": 2.5}},
        {"retry": {"max_attempts": True}},
        {"retry": {"max_age": "91d"}},
        {"retry": {"schedule": []}},
        {"retry": {"schedule": ["1s"] * 1000}},
        {"retry": {"schedule": "5s"}},
        {"retry": {"schedule": ["5s", "8d"]}},
        {"retry": []},
        {"concurrency": 0},
        {"concurrency": 10_001},
        {"on_ambiguous": "drop"},
    ],
)
def test_a_value_out_of_range_or_of_the_wrong_type_is_refused(table: dict[str, Any]) -> None:
    """No policy can be configured that the worker could not follow."""
    with pytest.raises(ValidationError):
        PolicyKeys().load(table)
