"""What goes in and out of every operation, beside the event model itself."""

from typing import Any

from marshmallow import RAISE, Schema, fields


class Strict(Schema):
    """What a request carries: an unknown name is refused, not passed over."""

    class Meta:
        """Marshmallow's settings."""

        unknown = RAISE


def about(text: str) -> dict[str, Any]:
    """Return a field's metadata with the sentence that the OpenAPI document shows."""
    return {"description": text}


class ProblemError(Schema):
    """One thing that is wrong with a request."""

    path = fields.String(required=True, metadata=about("Where: `order.items[2].price`, a parameter or a header."))
    message = fields.String(required=True, metadata=about("What was expected there and what was got."))


class ProblemDocument(Schema):
    """Problem details (RFC 9457)."""

    type = fields.String(required=True, metadata=about("The kind of the problem: `/problems/` and its name."))
    title = fields.String(required=True, metadata=about("The kind in words."))
    status = fields.Integer(required=True, metadata=about("The HTTP status."))
    detail = fields.String(metadata=about("What was expected and what was got."))
    errors = fields.List(fields.Nested(ProblemError), metadata=about("Everything that is wrong, each with its path."))
