"""The free parts of an event: any JSON, of bounded depth, size and cleanliness."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError

from outhaul_producers.problems import described, hostile_character, refusal
from outhaul_producers.schema.moments import Moment
from outhaul_producers.schema.section import Value

DEPTH = 5

_MOST_VALUES = 32_768
_LONGEST_KEY = 255
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_LINES = "\t\n\r"
_moment = Moment().read


class Free(Value):
    """An object of any JSON, at most `depth` containers deep, itself included.

    Decimals become strings, aware datetimes RFC 3339 in UTC, dates `YYYY-MM-DD`.
    """

    def __init__(self, *, depth: int = DEPTH, **options: Any) -> None:
        super().__init__(**options)
        self._depth = depth

    def read(self, value: Any) -> dict[str, Any]:
        """Return the object as plain JSON."""
        if not isinstance(value, Mapping):
            raise refusal("an object", value)
        return _Reading(self._depth).read_object(value, self._depth)


class _Reading:
    """One walk. It counts the values, so that a list that repeats one list many times ends, too."""

    __slots__ = ("_depth", "_left")

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._left = _MOST_VALUES

    def read_object(self, value: Mapping[Any, Any], room: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        problems: dict[Any, Any] = {}
        for key, inner in value.items():
            try:
                found[_key(key)] = self.read(inner, room - 1)
            except ValidationError as error:
                problems[key] = error.messages
                if self._left <= 0:
                    break
        if problems:
            raise ValidationError(problems)
        return found

    def read_list(self, value: list[Any] | tuple[Any, ...], room: int) -> list[Any]:
        found: list[Any] = []
        problems: dict[Any, Any] = {}
        for index, inner in enumerate(value):
            try:
                found.append(self.read(inner, room - 1))
            except ValidationError as error:
                problems[index] = error.messages
                if self._left <= 0:
                    break
        if problems:
            raise ValidationError(problems)
        return found

    def read(self, value: Any, room: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise ValidationError(f"expected at most {_MOST_VALUES} values, got more")
        reader = _SCALARS.get(type(value))
        if reader:
            return reader(value)
        if isinstance(value, Mapping | list | tuple):
            if room <= 0:
                raise refusal(f"at most {self._depth} levels of nesting", value, "flatten it or pass it as a string")
            return self.read_object(value, room) if isinstance(value, Mapping) else self.read_list(value, room)
        return _derived(value)


def _same(value: Any) -> Any:
    return value


def _text(value: str) -> str:
    if not value.isprintable():
        found = hostile_character(value, _LINES)
        if found:
            raise refusal("text without control characters and lone surrogates", value, found, personal=True)
    return value


def _integer(value: int) -> int:
    if not _SMALLEST <= value <= _LARGEST:
        raise refusal("an integer of at most 64 bits", value, "pass it as a string")
    return value


def _float(value: float) -> float:
    # NaN and the infinities are the floats whose difference to themselves is not 0
    if value - value != 0:
        raise refusal("a finite number", value, "JSON knows no NaN and no infinity")
    return value


def _decimal(value: Decimal) -> str:
    if not value.is_finite() or abs(value.adjusted()) > 40 or len(value.as_tuple().digits) > 80:
        raise refusal("a finite decimal of ordinary size", value)
    return f"{value:f}"


def _key(key: Any) -> str:
    if not isinstance(key, str) or not 1 <= len(key) <= _LONGEST_KEY:
        raise refusal(f"a key of 1 to {_LONGEST_KEY} characters", key)
    if not key.isprintable():
        _text(key)
    return str.__str__(key)


_SCALARS: dict[type, Callable[[Any], Any]] = {
    str: _text,
    int: _integer,
    float: _float,
    bool: _same,
    type(None): _same,
    Decimal: _decimal,
    datetime: _moment,
    date: date.isoformat,
}


def _derived(value: Any) -> Any:
    """Read a value of a subclass, such as an enum member, as what it derives from."""
    if isinstance(value, str):
        return _text(str.__str__(value))
    if isinstance(value, int):
        return _integer(int(value))
    if isinstance(value, float):
        return _float(float(value))
    if isinstance(value, datetime):
        return _moment(value)
    raise ValidationError(f"expected a JSON value, got {described(value)}: pass it as a string")
