"""A small vocabulary for what JSON must look like: checks that name every breach by its path."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from ipaddress import ip_address

import orjson

Check = Callable[[object, str], Iterator[str]]
"""Yields one sentence for each breach in a value, and `Remark`s; the second argument is the value's path."""


class Remark(str):
    """A sentence about something worth noting that is no breach."""

    __slots__ = ()


def sifted(found: Iterable[str]) -> tuple[list[str], list[str]]:
    """Breaches and remarks, apart."""
    listed = list(found)
    breaches = [sentence for sentence in listed if not isinstance(sentence, Remark)]
    return breaches, [sentence for sentence in listed if isinstance(sentence, Remark)]


EARLIEST_MILLISECONDS = 10**11
LATEST_MILLISECONDS = 10**14

_SHOWN = 40


def _breach(path: str, expected: str, got: object) -> str:
    return f"{path or 'body'}: expected {expected}, got {_shown(got)}"


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = orjson.dumps(value).decode()
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _simple(expected: str, holds: Callable[[object], bool]) -> Check:
    def check(value: object, path: str) -> Iterator[str]:
        if not holds(value):
            yield _breach(path, expected, value)

    return check


def matching(pattern: str, expected: str) -> Check:
    """A string that matches the whole pattern."""
    compiled = re.compile(pattern, re.ASCII)
    return _simple(expected, lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None)


def number(expected: str = "a number", least: float = float("-inf"), most: float = float("inf")) -> Check:
    """A JSON number within bounds: neither a string of digits nor a boolean."""

    def holds(value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most

    return _simple(expected, holds)


def one_of(*values: str) -> Check:
    """One of the given strings."""
    return _simple(" or ".join(values), lambda value: value in values)


def at_most(length: int) -> Check:
    """A string with content, of at most so many characters."""
    expected = f"a string of 1 to {length} characters"
    return _simple(expected, lambda value: isinstance(value, str) and value.strip() != "" and len(value) <= length)


def nullable(check: Check) -> Check:
    """Null, or what the other check wants."""

    def either(value: object, path: str) -> Iterator[str]:
        return iter(()) if value is None else check(value, path)

    return either


def any_of(expected: str, *checks: Check) -> Check:
    """What at least one of the checks lets through."""

    def holds(value: object) -> bool:
        return any(not sifted(check(value, ""))[0] for check in checks)

    return _simple(expected, holds)


def all_of(*checks: Check) -> Check:
    """What every one of the checks lets through."""

    def every(value: object, path: str) -> Iterator[str]:
        for check in checks:
            yield from check(value, path)

    return every


def list_of(check: Check, least: int = 0) -> Check:
    """A list with at least `least` members, each passing the check."""

    def every(value: object, path: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield _breach(path, "a list", value)
            return
        if len(value) < least:
            yield f"{path}: expected at least {least} member, got {len(value)}"
        for position, member in enumerate(value):
            yield from check(member, f"{path}[{position}]")

    return every


def mapping_of(check: Check) -> Check:
    """An object of any names, each value passing the check."""

    def every(value: object, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield _breach(path, "an object", value)
            return
        for name, member in value.items():
            yield from check(member, f"{path}.{name}")

    return every


def noted(check: Check) -> Check:
    """Turns the breaches of a check into remarks."""

    def remarks(value: object, path: str) -> Iterator[str]:
        return map(Remark, check(value, path))

    return remarks


def shaped(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None, closed: bool = False) -> Check:
    """An object with all the required members; members of other names are let through unread.

    Where it is `closed`, each member of another name is a remark: mostly it is a misspelling.
    """
    checks = {**required, **(optional or {})}

    def members(value: object, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield _breach(path, "an object", value)
            return
        prefix = f"{path}." if path else ""
        yield from (f"{prefix}{name}: mandatory, got nothing" for name in required if name not in value)
        for name, check in checks.items():
            if name in value:
                yield from check(value[name], prefix + name)
        if closed:
            yield from (Remark(f"{prefix}{name}: unknown member") for name in value if name not in checks)

    return members


def _dated(expected: str, pattern: str, parse: Callable[[str], object]) -> Check:
    written = re.compile(pattern, re.ASCII)

    def holds(value: object) -> bool:
        if not isinstance(value, str) or not written.fullmatch(value):
            return False
        try:
            parse(value)
        except ValueError:
            return False
        return True

    return _simple(expected, holds)


def summary(breaches: Iterable[str], most: int = 5) -> str:
    """The first few breaches in one line."""
    listed = list(breaches)
    more = f"; and {len(listed) - most} more" if len(listed) > most else ""
    return "; ".join(listed[:most]) + more


def _is_internet_address(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(ip_address(value))
    except ValueError:
        return False


_CLOCK = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?"
_OFFSET = r"[+-]\d\d:\d\d"

string: Check = _simple("a string", lambda value: isinstance(value, str))
filled: Check = _simple("a string with content", lambda value: isinstance(value, str) and value.strip() != "")
boolean: Check = _simple("true or false", lambda value: isinstance(value, bool))
whole: Check = _simple("an integer", lambda value: isinstance(value, int) and not isinstance(value, bool))
identifier: Check = any_of("a string with content or an integer", filled, whole)
obj: Check = shaped({})
email: Check = matching(r"[^@\s]+@[^@\s]+\.[^@\s.]+", "an e-mail address")
positive: Check = number("a number above zero", least=5e-324)
web_address: Check = matching(r"https?://[^\s/]\S*", "an http or https address")
internet_address: Check = _simple("an IPv4 or IPv6 address", _is_internet_address)
milliseconds: Check = number("a time in Unix milliseconds", least=EARLIEST_MILLISECONDS, most=LATEST_MILLISECONDS)
phone: Check = matching(r"\+[1-9]\d{5,14}", "an E.164 phone number such as +40721000000")
currency: Check = matching(r"[A-Z]{3}", "a three-letter currency code such as EUR")
moment: Check = _dated(
    "a date and time with a numeric offset such as 2026-03-05T10:15:00+02:00",
    _CLOCK + _OFFSET,
    datetime.fromisoformat,
)
zoned_moment: Check = _dated(
    "an RFC 3339 date and time with Z or an offset", f"{_CLOCK}(Z|{_OFFSET})", datetime.fromisoformat
)
day: Check = _dated("a date such as 1990-05-17", r"\d{4}-\d\d-\d\d", date.fromisoformat)
