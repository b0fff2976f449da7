"""From a canonical event to the body Remarkety gets under an event name.

Customers and newsletters are here; carts and orders, products and custom events have modules of their own.
"""

from collections.abc import Callable, Mapping
from typing import Any

from outhaul_producers.event import Event
from outhaul_worker.destinations.contract import NotApplicable
from outhaul_worker.destinations.remarkety.custom import custom_payload
from outhaul_worker.destinations.remarkety.names import family
from outhaul_worker.destinations.remarkety.parts import (
    customer,
    occurrence,
    required,
)
from outhaul_worker.destinations.remarkety.product import product_payload
from outhaul_worker.destinations.remarkety.purchases import cart_payload, order_payload
from outhaul_worker.destinations.rows import Row, copied, same, section

_EMAIL: Mapping[str, str] = {"email": "email"}
_SUBSCRIBER: tuple[Row, ...] = (
    ("email", "email", same),
    ("first_name", "first_name", same),
    ("last_name", "last_name", same),
    ("id", "customerId", same),
    ("tags", "tags", same),
)


def payload_for(event: Event, name: str) -> dict[str, Any] | NotApplicable:
    """The body of the event under the Remarkety event name it goes by.

    Raises:
        Unserialisable: something mandatory is missing and cannot be derived.
    """
    return _BUILDERS[family(name)](event)


def customer_payload(event: Event) -> dict[str, Any]:
    """The body of `customers/create` and `customers/update`.

    Raises:
        Unserialisable: without an e-mail address.
    """
    payload = customer(section(event, "customer"))
    required(payload, _EMAIL, "customer.")
    if event.type == "customer.created":
        payload.setdefault("created_at", occurrence(event))
    payload.setdefault("updated_at", occurrence(event))
    return payload


def newsletter_payload(event: Event) -> dict[str, Any] | NotApplicable:
    """The body of `newsletter/subscribe` and `newsletter/unsubscribe`.

    Raises:
        Unserialisable: without an e-mail address, or without a phone number where SMS is subscribed to.
    """
    subscription = event.body.get("subscription") or {}
    by_sms = subscription.get("channel") == "sms"
    if event.type == "newsletter.unsubscribed":
        return _unsubscription(event, by_sms=by_sms)
    who = section(event, "customer")
    payload = copied(who, _SUBSCRIBER)
    # A number sent along would subscribe it to text messages, so only who asked for these gets it sent.
    if by_sms:
        payload.update(copied(who, (("phone", "sms_phone_number_e164", same),)))
        required(payload, {"sms_phone_number_e164": "phone"}, "customer.")
    payload.update(copied(subscription, (("double_optin", "double_optin_required", same),)))
    required(payload, _EMAIL, "customer.")
    return payload


def _unsubscription(event: Event, *, by_sms: bool) -> dict[str, Any] | NotApplicable:
    if by_sms:
        return NotApplicable("Remarkety would suppress the e-mail address, and only text messages were refused")
    payload = copied(section(event, "customer"), (("email", "email", same),))
    required(payload, _EMAIL, "customer.")
    return payload


_BUILDERS: Mapping[str, Callable[[Event], dict[str, Any] | NotApplicable]] = {
    "": custom_payload,
    "customers": customer_payload,
    "orders": order_payload,
    "carts": cart_payload,
    "products": product_payload,
    "newsletter": newsletter_payload,
}
