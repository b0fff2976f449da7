"""What the simulated Remarkety stores, drops and holds."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from outhaul_ops.simulators import Fate, Simulator

Send = Callable[..., requests.Response]
JsonObject = dict[str, Any]


def contacts(simulator: Simulator) -> list[JsonObject]:
    """The contacts now held."""
    held: Any = simulator.state()["contacts"]
    return list(held)


def fates(simulator: Simulator) -> list[Fate]:
    """The fates of all requests in order."""
    return [entry.fate for entry in simulator.record]


@pytest.mark.parametrize(
    ("platform", "fate"),
    [
        ("custom", Fate.STORED),
        ("CUSTOM", Fate.NOT_STORED),
        ("Custom", Fate.NOT_STORED),
        ("MAGENTO1", Fate.NOT_STORED),
        (None, Fate.NOT_STORED),
    ],
)
def test_a_custom_event_of_another_platform_is_accepted_but_not_stored(
    send: Send, remarkety: Simulator, platform: str | None, fate: Fate
) -> None:
    """Only `x-platform: custom` in lower case keeps a custom event; the answer is 200 in any case."""
    answer = send("product-viewed", {"event_id": "ev_1", "any": ["shape"]}, x_platform=platform)
    assert (answer.status_code, fates(remarkety)) == (200, [fate])
    assert remarkety.state()["custom"] == ({"product-viewed": 1} if fate is Fate.STORED else {})


def test_a_built_in_event_needs_no_platform(send: Send, remarkety: Simulator, order: JsonObject) -> None:
    """The platform decides about custom events only."""
    send("orders/create", order, x_platform="MAGENTO1")
    send("orders/create", order)
    assert fates(remarkety) == [Fate.STORED, Fate.STORED]


def test_a_product_cannot_be_deleted(send: Send, remarkety: Simulator) -> None:
    """`products/delete` is accepted and thrown away, with the way that works as the reason."""
    assert send("products/delete", {"id": "P-9"}, x_platform="custom").status_code == 200
    (entry,) = remarkety.record
    assert entry.fate is Fate.NOT_STORED
    assert "product_exists" in entry.reason


def test_orders_carts_and_products_are_replaced_by_id(
    send: Send, remarkety: Simulator, order: JsonObject, cart: JsonObject, product: JsonObject
) -> None:
    """A repeated id overwrites, so a repeated delivery does no harm."""
    for event, body in (("orders", order), ("carts", cart), ("products", product)):
        send(f"{event}/create", body)
        send(f"{event}/update", body | {"note": "second"})
    state: Any = remarkety.state()
    held = [state[name] for name in ("orders", "carts", "products")]
    assert [list(objects) for objects in held] == [["O-5001"], ["K-1"], ["P-9"]]
    assert all(next(iter(objects.values()))["note"] == "second" for objects in held)


def test_a_contact_is_found_by_id_or_else_by_email(send: Send, remarkety: Simulator) -> None:
    """An update reaches the contact of the same id, or of the same e-mail in any letter case."""
    send("customers/create", {"email": "mara@shop.example", "first_name": "Mara"})
    send("customers/update", {"email": "MARA@shop.example", "id": "C-71"})
    send("customers/update", {"email": "mara@new.example", "id": "C-71"})
    (contact,) = contacts(remarkety)
    assert contact == {"email": "mara@new.example", "first_name": "Mara", "id": "C-71", "marketable": False}


def test_a_new_email_without_an_id_makes_a_second_contact(send: Send, remarkety: Simulator) -> None:
    """Without an id nothing ties the new address to the old contact."""
    send("customers/create", {"email": "mara@shop.example", "id": "C-71"})
    send("customers/update", {"email": "mara@new.example"})
    assert len(contacts(remarkety)) == 2


def test_tags_replace_unless_they_are_appended(send: Send, remarkety: Simulator) -> None:
    """`append_tags` true keeps the tags there were; anything else replaces them."""
    person = {"email": "mara@shop.example"}
    send("customers/create", person | {"tags": ["a", "b"]})
    send("customers/update", person | {"tags": ["b", "c"], "append_tags": True})
    assert contacts(remarkety)[0]["tags"] == ["a", "b", "c"]
    send("customers/update", person | {"tags": ["d"]})
    assert contacts(remarkety)[0]["tags"] == ["d"]


def test_unknown_consent_is_not_refusal(send: Send, remarkety: Simulator, order: JsonObject) -> None:
    """`accepts_marketing` null, as in the order here, leaves what was known."""
    send("customers/create", {"email": "mara@shop.example", "id": "C-71", "accepts_marketing": True})
    send("orders/create", order)
    assert contacts(remarkety)[0]["marketable"] is True


def test_the_suppression_list_outranks_consent_until_a_new_subscription(send: Send, remarkety: Simulator) -> None:
    """After leaving the newsletter only an explicit subscription makes a contact marketable again."""
    person = {"email": "mara@shop.example", "id": "C-71", "accepts_marketing": True}
    send("customers/create", person)
    send("newsletter/unsubscribe", {"email": "Mara@shop.example"})
    send("customers/update", person)
    assert contacts(remarkety)[0]["marketable"] is False
    assert remarkety.state()["suppressed"] == ["mara@shop.example"]
    assert "suppression list" in remarkety.record.entries()[-1].reason
    send("newsletter/subscribe", {"email": "mara@shop.example", "customerId": "C-71"})
    assert (contacts(remarkety)[0]["marketable"], remarkety.state()["suppressed"]) == (True, [])


def test_the_record_tells_event_id_key_time_and_body(send: Send, remarkety: Simulator, order: JsonObject) -> None:
    """An entry says what arrived: event name, id, the vendor's key, times, fate, status and body."""
    send("orders/create", order, x_event_time="1763599000")
    send("product-viewed", {"event_id": "ev_7", "email": "mara@shop.example"}, x_platform="custom")
    send("newsletter/unsubscribe", {"email": "mara@shop.example"})
    entries = remarkety.record.entries()
    assert [(entry.event_id, entry.key) for entry in entries] == [
        ("O-5001", "orders/O-5001"),
        ("ev_7", "product-viewed/ev_7"),
        ("", "newsletter/mara@shop.example"),
    ]
    first = entries[0]
    assert (first.number, first.event, first.status, first.reason) == (1, "orders/create", 200, "")
    assert (first.occurred_at, first.received_at) == (1_763_599_000.0, 1_763_600_000.0)
    assert first.document == order


def test_a_reset_forgets_everything(send: Send, remarkety: Simulator, order: JsonObject) -> None:
    """After a reset the account is as new."""
    fresh = remarkety.state()
    send("orders/create", order)
    remarkety.misbehave("all: 500")
    remarkety.reset()
    assert (remarkety.state(), len(remarkety.record)) == (fresh, 0)
    assert send("orders/create", order).status_code == 200
