"""Pages of a list: where one goes on is written into an opaque text that the next request brings back."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import orjson
from marshmallow import ValidationError, fields, validate

from outhaul_config.moments import PointInTime, parse_point
from outhaul_producers.web.schemas import about

LOOK = 5_000  # entries one request looks at; where few match, a page is short and says where to go on
_TIME = "RFC 3339 with its zone, or how long ago: `15m`, `2h`, `7d`."


class Cursor(fields.Field[tuple[Any, ...]]):
    """A text made by `cursor`, read back; what somebody else made is refused."""

    def __init__(self, *types: type, **options: Any) -> None:
        super().__init__(
            metadata={**about("`next` of the page before; nothing for the first page."), "type": "string"}, **options
        )
        self._types = types

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[Any, ...]:
        try:
            read = orjson.loads(urlsafe_b64decode(value.encode("ascii")))
        except (ValueError, AttributeError):
            read = None
        if not isinstance(read, list) or [type(each) for each in read] != list(self._types):
            raise ValidationError("expected the `next` of a page of this list, got something else")
        return tuple(read)


class Point(fields.Field[PointInTime]):
    """A point in time, fixed or so long ago."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> PointInTime:
        try:
            return parse_point(value)
        except (ValueError, OverflowError, TypeError) as error:
            raise ValidationError(str(error)) from None


def cursor(*values: object) -> str:
    """Write where a list goes on."""
    return urlsafe_b64encode(orjson.dumps(values)).decode()


def limit() -> fields.Integer:
    """Make the parameter that bounds a page."""
    bounds = validate.Range(1, 500, error="expected a number from 1 to 500, got {input}")
    return fields.Integer(load_default=100, validate=bounds, metadata=about("The most entries on the page."))


def since() -> Point:
    """Make the parameter of the earliest time."""
    return Point(load_default=None, metadata={**about(f"Nothing earlier: {_TIME}"), "type": "string"})


def until() -> Point:
    """Make the parameter of the latest time."""
    return Point(load_default=None, metadata={**about(f"Nothing later: {_TIME}"), "type": "string"})


def names(text: str) -> fields.List[str]:
    """Make a parameter that may be given more than once, which means "or"."""
    word = fields.String(validate=validate.Length(1, 256, error="expected 1 to 256 characters, got {input}"))
    many = validate.Length(max=100, error="expected at most 100 values")
    return fields.List(word, load_default=list, validate=many, metadata=about(text))
