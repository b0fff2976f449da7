"""The marshmallow field all configuration is validated with: it says what it expects in plain words."""

import math
import re
from collections.abc import Callable
from typing import Any, TypeVar

from marshmallow import ValidationError, fields

T = TypeVar("T")


class Expected(fields.Field[T]):
    """A value that `parse` accepts; `expected` completes the sentence "expected ..." when it does not.

    `parse` takes what TOML or the environment holds; it raises `ValueError` or `TypeError` to refuse it.
    `choices` are the accepted names, where it is a closed set: the nearest one is suggested.
    """

    def __init__(
        self, parse: Callable[[Any], T], expected: str, *, choices: tuple[str, ...] = (), **kwargs: Any
    ) -> None:
        super().__init__(error_messages={"required": expected, "null": expected}, **kwargs)
        self.parse = parse
        self.expected = expected
        self.choices = choices

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> T:
        try:
            return self.parse(value)
        except (ValueError, TypeError):
            # The cause is cut off because its text quotes the value, which may be a secret.
            raise ValidationError(self.expected) from None


def whole(low: int, high: int, **kwargs: Any) -> Expected[int]:
    """Make a field for a whole number from `low` to `high`, given as a number or as digits."""

    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError
        return within(int(value), low, high)

    return Expected(parse, f"a whole number from {low} to {high}", **kwargs)


def number(low: float, high: float, **kwargs: Any) -> Expected[float]:
    """Make a field for a finite number from `low` to `high`, given as a number or as text."""

    def parse(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        return within(float(value), low, high)

    return Expected(parse, f"a number from {low:g} to {high:g}", **kwargs)


def choice(*names: str, **kwargs: Any) -> Expected[str]:
    """Make a field for one of `names`, in any case; the result has the case of `names`."""
    by_lower_case = {name.lower(): name for name in names}

    def parse(value: Any) -> str:
        if not isinstance(value, str) or value.lower() not in by_lower_case:
            raise ValueError
        return by_lower_case[value.lower()]

    listed = ", ".join(f'"{name}"' for name in names)
    return Expected(parse, f"one of {listed}", choices=names, **kwargs)


def text(pattern: str, expected: str, **kwargs: Any) -> Expected[str]:
    """Make a field for text that the regular expression `pattern` matches as a whole."""
    compiled = re.compile(pattern)

    def parse(value: Any) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise ValueError
        return value

    return Expected(parse, expected, **kwargs)


def flag(**kwargs: Any) -> Expected[bool]:
    """Make a field for true or false, given as TOML's booleans or as these words."""
    words = {"true": True, "false": False}

    def parse(value: Any) -> bool:
        if isinstance(value, bool):
            return value
        if not isinstance(value, str) or value.lower() not in words:
            raise ValueError
        return words[value.lower()]

    return Expected(parse, "true or false", **kwargs)


N = TypeVar("N", int, float)


def within(value: N, low: float, high: float) -> N:
    """Return `value` when it is finite and from `low` to `high`; raise `ValueError` otherwise."""
    if not math.isfinite(value) or not low <= value <= high:
        raise ValueError
    return value
