"""The filter of a subscription: conditions on fields of the event, declared as JSON; nothing in it is code.

`{"field": "order.totals.total", "gte": "100"}` compares what stands at a path; `all`, `any` and `not` combine such.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

Condition = Callable[[Mapping[str, Any]], bool]

DEEPEST = 5
MOST = 32
LONGEST_LIST = 64
LONGEST_TEXT = 255

_PATH = re.compile(r"[A-Za-z0-9_-]{1,64}(?:\.[A-Za-z0-9_-]{1,64}){0,9}")
# "007" is the text of somebody's id.
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,29})(?:\.\d{1,30})?")
_FORMS = (
    'a condition such as {"field": "order.currency", "eq": "EUR"}, or {"all": [...]}, {"any": [...]}, {"not": {...}}'
)


class InvalidFilter(ValueError):
    """A filter that cannot be used; `path` leads to what is wrong in it."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(f"{path}: expected {expected}" if path else f"expected {expected}")
        self.path = path
        self.expected = expected


def compile_filter(given: Any) -> Condition:
    """Turn a filter into a function of an event's canonical body; the function never raises.

    Raises:
        InvalidFilter: it is not one, or larger than 32 conditions or 5 levels.
    """
    return _Compiler().condition(given, "", 1)


class _Compiler:
    def __init__(self) -> None:
        self._count = 0

    def condition(self, given: Any, path: str, depth: int) -> Condition:
        if depth > DEEPEST:
            raise InvalidFilter(path, f"at most {DEEPEST} levels of conditions")
        if not isinstance(given, dict) or not given:
            raise InvalidFilter(path, _FORMS)
        if "field" in given:
            return self._comparison(given, path)
        if len(given) != 1:
            raise InvalidFilter(path, f"one of all, any and not: {_FORMS}")
        ((word, parts),) = given.items()
        here = f"{path}.{word}" if path else str(word)
        if word == "not":
            return _negated(self.condition(parts, here, depth + 1))
        if word in ("all", "any"):
            return _combined(all if word == "all" else any, self._parts(parts, here, depth))
        raise InvalidFilter(path, _FORMS)

    def _parts(self, parts: Any, path: str, depth: int) -> list[Condition]:
        if not isinstance(parts, list) or not parts:
            raise InvalidFilter(path, "a list of at least one condition")
        return [self.condition(part, f"{path}[{index}]", depth + 1) for index, part in enumerate(parts)]

    def _comparison(self, given: Mapping[str, Any], path: str) -> Condition:
        self._count += 1
        if self._count > MOST:
            raise InvalidFilter(path, f"at most {MOST} conditions")
        steps = given["field"]
        if not isinstance(steps, str) or not _PATH.fullmatch(steps):
            raise InvalidFilter(f"{path}.field".strip("."), "a path such as order.totals.total, of at most 10 names")
        words = [word for word in given if word != "field"]
        if len(words) != 1 or words[0] not in _WORDS:
            raise InvalidFilter(path, f"exactly one of {', '.join(_WORDS)} beside field")
        (word,) = words
        return _at(tuple(steps.split(".")), _WORDS[word](given[word], f"{path}.{word}".strip(".")))


Test = Callable[[Any], bool]
"""Says whether a value that stands at the path will do; of `_ABSENT`, whether it will do that nothing stands there."""

_ABSENT = object()


def _at(steps: tuple[str, ...], test: Test) -> Condition:
    def condition(body: Mapping[str, Any]) -> bool:
        found = list(_values(body, steps))
        return any(map(test, found)) if found else test(_ABSENT)

    return condition


def _values(value: Any, steps: tuple[str, ...]) -> Iterator[Any]:
    """Yield what stands at the path; in a list, what stands there in each of its members."""
    if isinstance(value, list):
        for each in value:
            yield from _values(each, steps)
    elif not steps:
        if value is not None:
            yield value
    elif isinstance(value, Mapping) and steps[0] in value:
        yield from _values(value[steps[0]], steps[1:])


def _negated(condition: Condition) -> Condition:
    return lambda body: not condition(body)


def _combined(how: Callable[[Iterator[bool]], bool], conditions: list[Condition]) -> Condition:
    return lambda body: how(condition(body) for condition in conditions)


def _comparable(value: Any) -> Any:
    """Return numbers, and texts that are numbers, as what compares as such: amounts are decimal texts in events."""
    if isinstance(value, bool) or value is _ABSENT:
        return value
    if isinstance(value, int | float):
        value = str(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return Decimal(value)
    return value


def _scalar(given: Any, path: str) -> Any:
    if not isinstance(given, str | int | float | bool) or (isinstance(given, str) and len(given) > LONGEST_TEXT):
        raise InvalidFilter(path, f"a text of at most {LONGEST_TEXT} characters, a number, true or false")
    return _comparable(given)


def _text(given: Any, path: str) -> str:
    if not isinstance(given, str) or not 1 <= len(given) <= LONGEST_TEXT:
        raise InvalidFilter(path, f"a text of 1 to {LONGEST_TEXT} characters")
    return given


def _equal(given: Any, path: str) -> Test:
    wanted = _scalar(given, path)
    return lambda value: _same(_comparable(value), wanted)


def _different(given: Any, path: str) -> Test:
    wanted = _scalar(given, path)
    return lambda value: not _same(_comparable(value), wanted)


def _same(one: Any, other: Any) -> bool:
    # In Python, true equals 1.
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _among(given: Any, path: str) -> Test:
    if not isinstance(given, list) or not 1 <= len(given) <= LONGEST_LIST:
        raise InvalidFilter(path, f"a list of 1 to {LONGEST_LIST} values")
    wanted = [_scalar(each, f"{path}[{index}]") for index, each in enumerate(given)]
    return lambda value: any(_same(_comparable(value), each) for each in wanted)


def _ordered(fits: Callable[[Any, Any], bool]) -> Callable[[Any, str], Test]:
    def make(given: Any, path: str) -> Test:
        bound = _scalar(given, path)
        if isinstance(bound, bool):
            raise InvalidFilter(path, "a number, or a text such as a time")

        def test(value: Any) -> bool:
            # Texts of one form, such as times, are ordered as they are written; numbers and texts are not compared.
            found = _comparable(value)
            return isinstance(found, type(bound)) and fits(found, bound)

        return test

    return make


def _begins(given: Any, path: str) -> Test:
    start = _text(given, path)
    return lambda value: isinstance(value, str) and value.startswith(start)


def _exists(given: Any, path: str) -> Test:
    if not isinstance(given, bool):
        raise InvalidFilter(path, "true or false")
    return lambda value: (value is not _ABSENT) == given


_WORDS: Mapping[str, Callable[[Any, str], Test]] = {
    "eq": _equal,
    "ne": _different,
    "in": _among,
    "lt": _ordered(lambda one, other: bool(one < other)),
    "lte": _ordered(lambda one, other: bool(one <= other)),
    "gt": _ordered(lambda one, other: bool(one > other)),
    "gte": _ordered(lambda one, other: bool(one >= other)),
    "starts_with": _begins,
    "exists": _exists,
}
