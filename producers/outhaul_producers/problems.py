"""How a refusal is worded: what was expected, what was got, what to do, at the path of the field."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from marshmallow import ValidationError

MOST_PROBLEMS = 25

_SHOWN = 40
_NEAR = 0.6
_LISTED = 12
_WORDS = re.compile(r"[A-Za-z0-9_-]{1,64}").fullmatch
_HOSTILE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def refusal(expected: str, got: Any, advice: str = "", *, personal: bool = False) -> ValidationError:
    """Build the error for a value; `personal` keeps the value itself out of the message."""
    if got is None and not advice:
        advice = "leave the key out where there is no value"
    return ValidationError(f"expected {expected}, got {described(got, personal=personal)}{advice and f': {advice}'}")


def hostile_character(text: str, allowed: str = "") -> str:
    """Name the first character JSON text or a log line should not carry; empty when there is none."""
    for match in _HOSTILE.finditer(text):
        if match.group() not in allowed:
            return f"U+{ord(match.group()):04X} at position {match.start()}"
    return ""


def described(value: Any, *, personal: bool = False) -> str:
    """Say what a value is, in few and harmless characters whatever it holds."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > 64:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, int | float):
        return f"the number {value!r}"
    if isinstance(value, str):
        return f"a string of {len(value)} characters" if personal else _quoted(value)
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return f"a value of type {type(value).__name__}"


def unknown_name(name: Any, known: Iterable[str], what: str, advice: str = "") -> str:
    """Word the refusal of a name that is not known, with the nearest one that is."""
    # swapped case puts our own lower-case names before the aliases
    names = sorted(known, key=str.swapcase)
    shown = described(name)
    near = get_close_matches(str(name)[:64], names, 1, _NEAR) if isinstance(name, str) else []
    if near:
        return f"expected {what}, got {shown}: did you mean {near[0]!r}?"
    listed = ", ".join(names[:_LISTED]) + (", ..." if len(names) > _LISTED else "")
    return f"expected {what} ({listed}), got {shown}{advice and f': {advice}'}"


def flattened(messages: Any) -> dict[str, str]:
    """Turn marshmallow's nested messages into path -> message; at most 25, then how many there are in all."""
    found: dict[str, str] = {}
    total = 0
    for path, message in _walk(messages, ""):
        total += 1
        if total <= MOST_PROBLEMS:
            found[path] = f"{found[path]}; {message}" if path in found else message
    if total > MOST_PROBLEMS:
        found["event"] = f"expected a valid event, got one with {total} problems, of which {MOST_PROBLEMS} are shown"
    return found


def _walk(messages: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _walk(inner, _joined(path, key))
    elif isinstance(messages, list):
        for inner in messages:
            yield from _walk(inner, path)
    else:
        yield path or "event", str(messages)


def _joined(path: str, key: Any) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    if key == "_schema":
        return path
    if isinstance(key, str) and _WORDS(key):
        return f"{path}.{key}" if path else key
    return f"{path}[{described(key)}]"


def _quoted(text: str) -> str:
    return repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}... ({len(text)} characters)"
