"""Every event type: what it is called, what it needs."""

import pytest

from outhaul_producers.errors import InvalidEvent
from outhaul_producers.event import Event
from outhaul_producers.normalise import normalise
from outhaul_producers.types import ALIASES, TYPES
from strategies.examples import SECTIONS, example

REQUIRED = {
    "customer.created": ["customer"],
    "customer.updated": ["customer"],
    "customer.logged_in": ["customer"],
    "customer.logged_out": ["customer"],
    "password.reset_requested": ["customer"],
    "newsletter.subscribed": ["customer"],
    "newsletter.unsubscribed": ["customer"],
    "order.created": ["order"],
    "order.updated": ["order"],
    "order.item_updated": ["item"],
    "order.cancelled": ["order"],
    "order.refunded": ["order"],
    "order.shipped": ["order"],
    "cart.created": ["cart"],
    "cart.updated": ["cart"],
    "cart.item_added": ["cart", "product"],
    "cart.item_removed": ["cart", "product"],
    "cart.viewed": ["cart"],
    "cart.abandoned": ["cart"],
    "checkout.started": ["cart"],
    "checkout.billing_added": ["cart"],
    "checkout.shipping_added": ["cart"],
    "checkout.payment_selected": ["cart"],
    "product.viewed": ["product"],
    "product.category_viewed": ["page"],
    "product.searched": ["search"],
    "product.wishlisted": ["product"],
    "product.waitlisted": ["product"],
    "product.created": ["product"],
    "product.updated": ["product"],
    "product.deleted": ["product"],
    "page.viewed": ["page"],
    "lead.created": ["customer"],
    "payout.created": ["payout"],
}

SEGMENT = {
    "Signed Up": "customer.created",
    "identify": "customer.updated",
    "Order Completed": "order.created",
    "Order Updated": "order.updated",
    "Order Cancelled": "order.cancelled",
    "Order Refunded": "order.refunded",
    "Product Added": "cart.item_added",
    "Product Removed": "cart.item_removed",
    "Cart Viewed": "cart.viewed",
    "Checkout Started": "checkout.started",
    "Product Viewed": "product.viewed",
    "Product List Viewed": "product.category_viewed",
    "Products Searched": "product.searched",
    "Product Added to Wishlist": "product.wishlisted",
    "page": "page.viewed",
}


def problems(given: object) -> dict[str, str]:
    """Return what is wrong with an event that must be refused."""
    with pytest.raises(InvalidEvent) as caught:
        normalise(given, source="/tests")
    return caught.value.problems


def test_the_vocabulary_is_the_documented_one() -> None:
    """No type is missing and none is there that the documentation does not name."""
    assert set(TYPES) == set(REQUIRED)
    assert ALIASES == SEGMENT


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_the_least_event_of_every_type_is_accepted(name: str) -> None:
    """Each type asks for its sections and for nothing more."""
    given = {"type": name, **{section: SECTIONS[section] for section in REQUIRED[name]}}
    assert Event(normalise(given, source="/tests").body).type == name


@pytest.mark.parametrize(("name", "section"), [(name, one) for name, many in REQUIRED.items() for one in many])
def test_an_event_without_a_section_of_its_type_is_refused_at_that_section(name: str, section: str) -> None:
    """The caller learns which section the type is about, at the section's path."""
    given = example(name)
    del given[section]
    assert problems(given) == {section: f"expected this section, as {name} is about it, got nothing"}


@pytest.mark.parametrize(("alias", "name"), SEGMENT.items())
def test_a_segment_name_means_the_canonical_type(alias: str, name: str) -> None:
    """What is stored carries our name, and a repeat under either name is the same content."""
    by_alias = normalise(example(name, id="same", type=alias), source="/tests")
    by_name = normalise(example(name, id="same"), source="/tests")
    assert (by_alias.type, by_alias.digest) == (name, by_name.digest)


@pytest.mark.parametrize("name", ["custom.quiz_finished", "custom.a.b_2.c", "custom." + "x" * 57])
def test_a_custom_type_needs_no_section_and_takes_any(name: str) -> None:
    """A shop's own events carry whatever sections suit them."""
    assert normalise({"type": name}, source="/tests").type == name
    assert normalise({"type": name, "cart": {"id": "K-3"}}, source="/tests").type == name


@pytest.mark.parametrize(
    "name", ["custom", "custom.", "custom.Quiz", "custom.a-b", "custom..a", "custom.a\n", "custom." + "x" * 58]
)
def test_a_custom_name_of_another_form_is_refused(name: str) -> None:
    """Types stay usable as a topic, a header and a file name."""
    assert set(problems({"type": name})) == {"type"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [("order.craeted", "order.created"), ("orders.created", "order.created"), ("Order Complete", "Order Completed")],
)
def test_an_unknown_type_is_answered_with_the_nearest_one(written: str, meant: str) -> None:
    """A typing error costs one look at the message."""
    assert problems({"type": written})["type"].endswith(f"did you mean {meant!r}?")


def test_a_type_near_to_nothing_is_answered_with_the_way_out() -> None:
    """Who needs a type of their own learns how to name it."""
    assert "name your own custom.<name>" in problems({"type": "zzz"})["type"]


def test_a_category_view_names_its_category() -> None:
    """A view of a list of products says nothing without the list's name."""
    given = {"type": "product.category_viewed", "page": {"url": "https://shop.example/kitchen"}}
    assert problems(given) == {"page.category": "expected a value, got nothing: this key is required"}
