"""What goes in and out of every operation, beside the event model itself."""

from typing import Any, ClassVar

from marshmallow import RAISE, Schema, fields


class Strict(Schema):
    """What a request carries: an unknown name is refused, not passed over."""

    may_be_absent: ClassVar[bool] = False
    """Whether a request without a body stands for an empty object."""

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


class AttemptView(Schema):
    """One try at a delivery."""

    attempt = fields.Integer(required=True, metadata=about("Its number, from 1."))
    at = fields.String(required=True, metadata=about("When it began."))
    outcome = fields.String(required=True, metadata=about("What it came to."))
    status = fields.Integer(required=True, allow_none=True, metadata=about("The HTTP status; null without an answer."))
    duration_ms = fields.Float(required=True, allow_none=True, metadata=about("How long it took."))
    reason = fields.String(required=True, metadata=about("Why it came to this."))
    answer = fields.String(required=True, metadata=about("The beginning of what the endpoint said, redacted."))
    due_at = fields.String(required=True, allow_none=True, metadata=about("When the next one was to follow."))
    possible_duplicate = fields.Boolean(required=True, metadata=about("The endpoint may have got the event before."))
    stale = fields.Boolean(required=True, metadata=about("Its right to the delivery had gone to another worker."))
    worker = fields.String(required=True, metadata=about("Who made it."))
    warnings = fields.List(fields.String(), required=True, metadata=about("What the endpoint accepted, but not whole."))
    vendor_id = fields.String(required=True, metadata=about("The id that the endpoint knows the event by."))


class DeliveryView(Schema):
    """How one destination stands to an event."""

    destination = fields.String(required=True, metadata=about("Its name."))
    kind = fields.String(required=True, metadata=about("Its kind; empty where it is not known."))
    state = fields.String(
        required=True, metadata=about("`pending` `leased` `delivered` `dead` `skipped` `held` `cancelled`")
    )
    attempts = fields.Integer(required=True, metadata=about("How many there were, one in flight included."))
    due_at = fields.String(required=True, allow_none=True, metadata=about("When a pending delivery is tried next."))
    waiting_for = fields.String(
        required=True,
        allow_none=True,
        metadata=about("Why not now: `backoff` `delayed` `breaker_open` `rate_limited` `paused` `order` `due`"),
    )
    waiting_until = fields.String(
        required=True, allow_none=True, metadata=about("Until when at least, where that is known.")
    )
    waiting_for_event = fields.String(
        required=True, allow_none=True, metadata=about("The event it waits for, to keep their order.")
    )
    possible_duplicate = fields.Boolean(required=True, metadata=about("The endpoint may have got it more than once."))
    last_status = fields.Integer(required=True, allow_none=True, metadata=about("The last HTTP status."))
    last_error = fields.String(required=True, allow_none=True, metadata=about("Why it is not delivered."))
    log = fields.List(fields.Nested(AttemptView), required=True, metadata=about("The attempts, oldest first."))


class EventView(Schema):
    """An event, and what became of it."""

    event_id = fields.String(required=True, metadata=about("Its id."))
    type = fields.String(required=True, metadata=about("Its type."))
    source = fields.String(required=True, metadata=about("The system it comes from."))
    accepted_at = fields.String(required=True, metadata=about("When it was accepted."))
    routed = fields.Boolean(required=True, metadata=about("Whether its destinations have been worked out."))
    expires_at = fields.String(
        required=True,
        allow_none=True,
        metadata=about("From when on it is not wanted, known once it is routed."),
    )
    cancelled_at = fields.String(required=True, allow_none=True, metadata=about("When its sender took it back."))
    deliveries = fields.List(fields.Nested(DeliveryView), required=True, metadata=about("One a destination."))
    event = fields.Dict(
        keys=fields.String(), required=True, allow_none=True, metadata=about("The canonical event, as it was accepted.")
    )
