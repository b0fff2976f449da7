"""What eSputnik's templates would make of an event's params: nested JSON, and contact data, all of it or nothing."""

import re
from collections.abc import Iterator, Mapping

import orjson

NAME_LENGTH = 60

_PHONE = re.compile(r"\+?[1-9][0-9 ()-]{5,20}", re.ASCII)
_NAMES = ("firstName", "lastName", "name", "surname")


def decoded(params: Mapping[str, object]) -> dict[str, object]:
    """The params with nested JSON read, where it can be."""
    return {name: _read(value) for name, value in params.items()}


def broken(params: Mapping[str, object]) -> list[str]:
    """The params whose value looks like nested JSON but will not do: unreadable, encoded twice, or not encoded."""
    return [name for name, value in params.items() if _breaks(value)]


def void_contact(params: Mapping[str, object]) -> Iterator[str]:
    """The params that make the service ignore all of the contact's data."""
    for name in _NAMES:
        value = params.get(name)
        if isinstance(value, str) and len(value) > NAME_LENGTH:
            yield name
    phone = params.get("phone")
    if isinstance(phone, str) and phone and not _PHONE.fullmatch(phone):
        yield "phone"


def _read(value: object) -> object:
    if not _like_json(value):
        return value
    try:
        return orjson.loads(str(value))
    except orjson.JSONDecodeError:
        return value


def _breaks(value: object) -> bool:
    if isinstance(value, dict | list):
        return True
    if not isinstance(value, str):
        return False
    if _like_json(value):
        return isinstance(_read(value), str)
    return _encoded_twice(value)


def _like_json(value: object) -> bool:
    return isinstance(value, str) and value.lstrip().startswith(("{", "["))


def _encoded_twice(value: str) -> bool:
    if not value.lstrip().startswith('"'):
        return False
    try:
        return _like_json(orjson.loads(value))
    except orjson.JSONDecodeError:
        return False
