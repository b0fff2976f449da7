"""Fields for the schemas of vendors' payloads: strict about JSON's own types, where marshmallow would convert."""

import re
from typing import Any

from marshmallow import fields, validate

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+$")
_WEB_ADDRESS = re.compile(r"(?i)https?://")


class JsonNumber(fields.Float):
    """A number that is written as one: no text, no true or false."""

    def _validated(self, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class JsonFlag(fields.Boolean):
    """True or false, and nothing that resembles them."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


def text_field(most: int | None = None, *, required: bool = True) -> fields.String:
    """Make a field for a text of 1 to `most` characters."""
    return fields.String(required=required, validate=validate.Length(min=1, max=most))


def flag_field(*, required: bool = False, allow_none: bool = False) -> fields.Boolean:
    """Make a field for true and false."""
    return JsonFlag(required=required, allow_none=allow_none)


def email_field(*, required: bool = True, allow_none: bool = False) -> fields.String:
    """Make a field for an e-mail address."""
    return fields.String(required=required, allow_none=allow_none, validate=validate.Regexp(_EMAIL))


def web_field(*, required: bool = True) -> fields.String:
    """Make a field for an http(s) address."""
    return fields.String(required=required, validate=validate.Regexp(_WEB_ADDRESS))


def whole_field(**kwargs: Any) -> fields.Integer:
    """Make a field for a number without a fraction."""
    return fields.Integer(strict=True, **kwargs)


def free_field(*, required: bool = False) -> fields.Dict:
    """Make a field for an object of any content."""
    return fields.Dict(keys=fields.String(), required=required)
