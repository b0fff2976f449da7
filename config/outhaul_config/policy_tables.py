"""The `timeout` and `retry` tables and the other policy keys of a destination, and how they change a kind's policy."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from outhaul_config.durations import Duration, format_duration
from outhaul_config.fields import choice, number, whole
from outhaul_config.limit_tables import LimitKeys, merged_limits
from outhaul_config.policy import SCHEDULE_JITTER, Policy, Retry, Timeout

_MILLISECOND = 0.001
_WEEK = 7 * 86400.0
_QUARTER = 90 * 86400.0
_LONGEST_ATTEMPT = 300.0
_MOST_ATTEMPTS = 1000
_SCHEDULE = 'a list of 1 to 999 durations, such as ["5s", "5m", "2h"]'
_EXPONENTIAL = ("base", "factor", "cap")


def _about(description: str) -> dict[str, str]:
    return {"description": description}


class TimeoutTable(Schema):
    """The `timeout` table."""

    connect = Duration(_MILLISECOND, _LONGEST_ATTEMPT, metadata=_about("How long opening the connection may take."))
    total = Duration(
        _MILLISECOND,
        _LONGEST_ATTEMPT,
        metadata=_about("How long the whole attempt may take, from its start to the last byte read."),
    )


class RetryTable(Schema):
    """The `retry` table: either `base`, `factor`, `cap`, `max_attempts`, or `schedule`; with either, `max_age`."""

    base = Duration(
        _MILLISECOND,
        _WEEK,
        metadata=_about("The longest wait before the second attempt; the wait itself is drawn at random."),
    )
    factor = number(
        1,
        100,
        metadata=_about("What the longest wait is multiplied by with each further attempt."),
    )
    cap = Duration(_MILLISECOND, _WEEK, metadata=_about("What no wait exceeds."))
    max_attempts = whole(1, _MOST_ATTEMPTS, metadata=_about("After how many attempts a delivery is a dead letter."))
    max_age = Duration(
        _MILLISECOND,
        _QUARTER,
        metadata=_about(
            "How long after its acceptance a delivery is a dead letter; where it could be tried only later, because"
            " of a delay, its turn in an order, or a replay, how long after that."
        ),
    )
    schedule = fields.List(
        Duration(0, _WEEK),
        validate=validate.Length(min=1, max=_MOST_ATTEMPTS - 1, error=_SCHEDULE),
        error_messages={"invalid": _SCHEDULE, "null": _SCHEDULE},
        metadata=_about("The waits one by one, each +-20 %, in place of the keys above but `max_age`."),
    )


class PolicyKeys(LimitKeys):
    """The keys of a destination's table that change its policy."""

    timeout = fields.Nested(TimeoutTable, metadata=_about("How long one attempt may take."))
    retry = fields.Nested(
        RetryTable, metadata=_about("When a failed delivery is tried again, and when it is given up.")
    )
    on_ambiguous = choice(
        "retry",
        "hold",
        metadata=_about(
            "When a request was sent and its answer was lost: try again, or hold the delivery for a person."
        ),
    )


def merged(policy: Policy, given: Mapping[str, Any]) -> Policy:
    """Return the kind's policy with the given keys, as `PolicyKeys` loads them, put in its place.

    Raises:
        ValidationError: keys that are each valid contradict each other, or the defaults they are merged with.
    """
    changed: dict[str, Any] = {}
    refused: dict[str, Any] = {}
    for merge in (_tables, merged_limits):
        try:
            changed |= merge(policy, given)
        except ValidationError as error:
            refused |= error.messages_dict
    if refused:
        raise ValidationError(refused)
    return replace(policy, **changed, on_ambiguous=given.get("on_ambiguous", policy.on_ambiguous))


def _tables(policy: Policy, given: Mapping[str, Any]) -> dict[str, Any]:
    tables: dict[str, Any] = {}
    refused: dict[str, Any] = {}
    for table, merge in (("timeout", _timeout), ("retry", _retry)):
        try:
            tables[table] = merge(getattr(policy, table), given.get(table, {}))
        except ValidationError as error:
            refused |= error.messages_dict
    if refused:
        raise ValidationError(refused)
    return tables


def _timeout(default: Timeout, given: Mapping[str, float]) -> Timeout:
    timeout = replace(default, **given)
    if timeout.connect <= timeout.total:
        return timeout
    if "connect" not in given:
        # A default for connecting has no meaning beyond the whole attempt's end; nobody asked for it.
        return replace(timeout, connect=timeout.total)
    origin = "" if "total" in given else ", the default of the kind"
    raise _refused("timeout", ["connect"], f"at most total ({format_duration(timeout.total)}{origin})")


def _retry(default: Retry, given: Mapping[str, Any]) -> Retry:
    if "schedule" in given:
        return _scheduled(default, given)
    if any(key in given for key in _EXPONENTIAL):
        default = replace(default, schedule=())
    retry = replace(default, **given)
    if retry.schedule:
        _check_length(retry, given)
    elif retry.base > retry.cap:
        raise _refused("retry", *_contradiction(retry, given))
    return retry


def _contradiction(retry: Retry, given: Mapping[str, Any]) -> tuple[list[str], str]:
    if "base" in given:
        return ["base"], f"at most cap ({format_duration(retry.cap)})"
    return ["cap"], f"at least base ({format_duration(retry.base)}, the default of the kind)"


def _scheduled(default: Retry, given: Mapping[str, Any]) -> Retry:
    clashing = [key for key in (*_EXPONENTIAL, "max_attempts") if key in given]
    if clashing:
        raise _refused("retry", clashing, "no such key beside schedule, which sets the waits and ends the attempts")
    schedule = tuple(given["schedule"])
    # Without an age of its own a schedule would be cut short by the kind's, unnoticed.
    lasts = sum(schedule) * (1 + SCHEDULE_JITTER)
    max_age = given.get("max_age", max(default.max_age, lasts))
    return replace(default, schedule=schedule, max_attempts=len(schedule) + 1, max_age=max_age)


def _check_length(retry: Retry, given: Mapping[str, Any]) -> None:
    most = len(retry.schedule) + 1
    if given.get("max_attempts", most) > most:
        ends = f"at most {most}, where the kind's schedule ends, or a schedule or base of your own"
        raise _refused("retry", ["max_attempts"], ends)


def _refused(table: str, keys: Iterable[str], expected: str) -> ValidationError:
    return ValidationError({table: {key: [expected] for key in keys}})
