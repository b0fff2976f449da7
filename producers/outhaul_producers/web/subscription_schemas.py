"""What goes in and out of the operations on subscriptions."""

from marshmallow import Schema, fields, validate

from outhaul_producers.web.schemas import DeliveryView, Strict, about

MOST_TYPES = 100
MOST_HEADERS = 20
LONGEST_OVERLAP = 30 * 86_400
_TYPES = "Event types, and patterns such as `order.*` or `*`."
_FILTER = (
    'Conditions on the event, such as `{"all": [{"field": "order.currency", "eq": "EUR"}]}`; only events that meet them'
    " are sent."
)
_HEADERS = "Headers that are sent along; their values are never shown again."
_DURATION = "A duration such as `10s`, `5m` or `5d`, or seconds."


def _text(longest: int, description: str, *, required: bool = False) -> fields.String:
    return fields.String(required=required, validate=validate.Length(max=longest), metadata=about(description))


class SubscriptionChange(Strict):
    """What a subscription can be changed in; what is left out stays as it is."""

    url = _text(2048, "Where events are posted to.")
    types = fields.List(fields.String(), validate=validate.Length(1, MOST_TYPES), metadata=about(_TYPES))
    filter = fields.Dict(keys=fields.String(), allow_none=True, metadata=about(_FILTER))
    headers = fields.Dict(
        keys=fields.String(),
        values=fields.String(validate=validate.Length(max=4096)),
        validate=validate.Length(max=MOST_HEADERS),
        metadata=about(_HEADERS),
    )
    description = _text(1000, "What it is for.")
    timeout = fields.Dict(keys=fields.String(), metadata=about("As the table `timeout` of a destination."))
    retry = fields.Dict(keys=fields.String(), metadata=about("As the table `retry` of a destination."))
    concurrency = fields.Integer(
        strict=True, validate=validate.Range(1, 1000), metadata=about("The most requests in flight.")
    )
    disable_after = fields.Raw(metadata=about(f"How long every delivery may fail until it is disabled. {_DURATION}"))


class SubscriptionInput(SubscriptionChange):
    """A new subscription."""

    url = _text(2048, "Where events are posted to.", required=True)
    types = fields.List(fields.String(), required=True, validate=validate.Length(1, MOST_TYPES), metadata=about(_TYPES))


class SubscriptionView(Schema):
    """A subscription, without its secrets."""

    name = fields.String(required=True, metadata=about("Its name, which is that of a destination."))
    kind = fields.String(required=True, metadata=about("`webhook`, or `okanjo` for those of the Okanjo API."))
    owner = fields.String(required=True, metadata=about("`api`, or `okanjo:` and the account."))
    url = fields.String(required=True, metadata=about("Where events are posted to."))
    types = fields.List(fields.String(), required=True, metadata=about(_TYPES))
    filter = fields.Dict(keys=fields.String(), required=True, allow_none=True, metadata=about(_FILTER))
    headers = fields.List(fields.String(), required=True, metadata=about("The names of the headers sent along."))
    description = fields.String(required=True, metadata=about("What it is for."))
    created_at = fields.String(required=True, metadata=about("Events accepted since then are sent."))
    version = fields.Integer(required=True, metadata=about("Grows with every change of any subscription."))
    state = fields.String(required=True, metadata=about("`enabled` or `disabled`."))
    reason = fields.String(required=True, metadata=about("Why it is disabled."))
    disabled_at = fields.String(required=True, allow_none=True, metadata=about("Since when it is disabled."))
    failing_since = fields.String(
        required=True, allow_none=True, metadata=about("Since when no delivery has succeeded.")
    )
    disable_after_seconds = fields.Float(
        required=True, metadata=about("How long every delivery may fail until it is disabled.")
    )
    secrets = fields.Integer(required=True, metadata=about("How many secrets sign: two while one replaces another."))


class NewSubscription(SubscriptionView):
    """A new subscription, with its secret."""

    secret = fields.String(required=True, metadata=about("What signs its requests. It is never shown again."))


class SubscriptionPage(Schema):
    """Subscriptions, the oldest first."""

    subscriptions = fields.List(fields.Nested(SubscriptionView), required=True)
    next = fields.String(
        required=True, allow_none=True, metadata=about("`after` for the next page; null on the last one.")
    )


class PageQuery(Strict):
    """Which page."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200), metadata=about("The most on the page."))
    after = fields.String(
        load_default="", validate=validate.Length(max=100), metadata=about("`next` of the page before.")
    )


class Rotation(Strict):
    """How a secret is replaced."""

    overlap_seconds = fields.Float(
        load_default=86_400.0,
        validate=validate.Range(0, LONGEST_OVERLAP),
        metadata=about("How long the secrets until now sign beside the new one."),
    )


class Disabling(Strict):
    """Why a subscription is disabled."""

    reason = fields.String(
        load_default="disabled by hand", validate=validate.Length(1, 200), metadata=about("Shown wherever it waits.")
    )


class Removed(Schema):
    """It is removed."""

    name = fields.String(required=True, metadata=about("What is gone."))


class TrialView(Schema):
    """What the receiver answered to a test event."""

    outcome = fields.String(required=True, metadata=about("`accepted`, `refused` or `unanswered`."))
    status = fields.Integer(required=True, metadata=about("The HTTP status; 0 without an answer."))
    duration_ms = fields.Float(required=True, metadata=about("How long it took."))
    reason = fields.String(required=True, metadata=about("What the answer means."))
    answer = fields.String(required=True, metadata=about("The beginning of what it said, redacted."))


class RecentDelivery(DeliveryView):
    """A delivery that was attempted lately."""

    event_id = fields.String(required=True, metadata=about("The event."))
    type = fields.String(required=True, metadata=about("Its type."))


class RecentDeliveries(Schema):
    """The latest deliveries, the latest first; those of expired events are left out."""

    deliveries = fields.List(fields.Nested(RecentDelivery), required=True)
