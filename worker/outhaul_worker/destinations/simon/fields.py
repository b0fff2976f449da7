"""Fields of the schemas that every payload passes on its way to Simon: strict about JSON's own types, and quick."""

import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from outhaul_producers.problems import refusal
from outhaul_producers.schema.section import Value

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+").fullmatch
_WEB_ADDRESS = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://\S+").fullmatch
_CATEGORY = re.compile(r"[^/]+(?:/[^/]+){0,4}").fullmatch
_ARN = re.compile(r"arn:aws[\w-]*:sns:\S+").fullmatch


class Plain(Value):
    """A value that `accepts` takes, as it is; `expected` completes the sentence "expected ..." when it does not."""

    def __init__(self, expected: str, accepts: Callable[[Any], object], *, required: bool = False) -> None:
        super().__init__(required=required)
        self._expected = expected
        self._accepts = accepts

    def read(self, value: Any) -> Any:
        """Return the value.

        Raises:
            marshmallow.ValidationError: it is not what was expected; the message does not show it.
        """
        if self._accepts(value):
            return value
        raise refusal(self._expected, value, personal=True)


def text(**options: bool) -> Plain:
    """Make a field for any text."""
    return Plain("a text", lambda value: isinstance(value, str), **options)


def filled(most: int = 2048, **options: bool) -> Plain:
    """Make a field for a text of 1 to `most` characters that are not all spaces."""

    def accepts(value: Any) -> bool:
        return isinstance(value, str) and len(value) <= most and not value.isspace() and value != ""

    return Plain(f"a text of 1 to {most} characters", accepts, **options)


def exactly(word: str) -> Plain:
    """Make a field for one mandatory word."""
    return Plain(word, lambda value: value == word, required=True)


def amount(**options: bool) -> Plain:
    """Make a field for a JSON number."""
    return Plain("a number", _is_number, **options)


def count(**options: bool) -> Plain:
    """Make a field for a JSON number that is not negative."""
    return Plain("a number of at least 0", lambda value: _is_number(value) and value >= 0, **options)


def minutes(least: int, most: int) -> Plain:
    """Make a field for a whole number of minutes."""
    return Plain(f"a whole number from {least} to {most}", lambda value: type(value) is int and least <= value <= most)


def flag(**options: bool) -> Plain:
    """Make a field for true or false."""
    return Plain("true or false", lambda value: isinstance(value, bool), **options)


def free() -> Plain:
    """Make a field for an object of any content."""
    return Plain("an object", lambda value: isinstance(value, dict))


def email(**options: bool) -> Plain:
    """Make a field for an e-mail address."""
    return _formed("an e-mail address", _EMAIL, **options)


def web_address(**options: bool) -> Plain:
    """Make a field for an http(s) address."""
    return _formed("an absolute http(s) address", _WEB_ADDRESS, **options)


def category(**options: bool) -> Plain:
    """Make a field for a category: up to 5 levels, with `/` between them."""
    return _formed("up to 5 levels with / between them", _CATEGORY, **options)


def push_address(**options: bool) -> Plain:
    """Make a field for the ARN of an AWS SNS endpoint."""
    return _formed("the ARN of an AWS SNS endpoint", _ARN, **options)


def internet_address() -> Plain:
    """Make a field for an IPv4 or IPv6 address."""
    return Plain("an IP address", lambda value: isinstance(value, str) and _is_ip(value))


def is_push_address(value: str) -> bool:
    """Whether a text is the ARN of an AWS SNS endpoint."""
    return _ARN(value) is not None


def _formed(expected: str, matches: Callable[[str], object], **options: bool) -> Plain:
    return Plain(expected, lambda value: isinstance(value, str) and matches(value), **options)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_ip(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True
