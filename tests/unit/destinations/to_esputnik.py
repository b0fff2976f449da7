"""What an eSputnik destination makes of an event, for its tests."""

from typing import Any

from outhaul_producers.event import Event
from unit.destinations.sending import sent_body

GUEST = {"email": "mara@shop.example"}
"""The least a customer may be to be of use to eSputnik."""


def body_of(sample: Event, **options: Any) -> dict[str, Any]:
    """The body of an event that is sent."""
    return sent_body("esputnik", sample, **options)


def params_of(sample: Event, **options: Any) -> dict[str, str]:
    """The parameters of an event that is sent, by name."""
    return {param["name"]: param["value"] for param in body_of(sample, **options)["params"]}


def order_of(sample: Event, **options: Any) -> dict[str, Any]:
    """The one order of an event that is sent to the orders resource."""
    (order,) = body_of(sample, orders_api=True, **options)["orders"]
    found: dict[str, Any] = order
    return found
