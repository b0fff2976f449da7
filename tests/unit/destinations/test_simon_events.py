"""What `simon` sends as properties of each event, and what it refuses to send."""

from typing import Any

import pytest

from outhaul_worker.destinations.simon.schema import breaches
from unit.destinations.canonical import (
    BOWL,
    CART,
    COURIER,
    CUSTOMER,
    MUG,
    ORDER,
    PLAIN_PRODUCT,
    SAMPLES,
    event,
    without,
)
from unit.destinations.configured import NAME
from unit.destinations.sending import sent_body, why_refused

KIND = "simon"
WHO = {"id": "C-71", "email": "mara@shop.example"}
ARN = "arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/shop/1"


def _properties(event_type: str, **sections: Any) -> dict[str, Any]:
    found: dict[str, Any] = sent_body(KIND, event(event_type, **{"customer": WHO, **sections}))["properties"]
    return found


def _transaction(**totals: Any) -> dict[str, Any]:
    return _properties("order.created", order={**ORDER, "totals": totals})


@pytest.mark.parametrize(
    ("totals", "revenue"),
    [
        ({"total": "19.00", "shipping": "4.00", "tax": "3.03", "tax_included": True}, 11.97),
        ({"total": "22.03", "shipping": "4.00", "tax": "3.03", "tax_included": False}, 15),
        ({"total": "19.00"}, 19),
        ({"total": "0.30", "shipping": "0.10"}, 0.2),
        ({"total": "0.00", "shipping": "4.00"}, -4),
    ],
)
def test_the_revenue_is_without_shipping_and_tax(totals: dict[str, Any], revenue: float) -> None:
    """One formula for shops with and without tax in their prices, exact to the cent."""
    assert _transaction(**totals)["revenue"] == revenue


def test_an_order_without_a_total_is_refused() -> None:
    """Simon demands the revenue, and nothing stands in for it."""
    refused = why_refused(KIND, event("order.created", order=without(ORDER, "totals"), customer=WHO))
    assert refused.field == "order.totals.total"


def test_an_order_is_sent_with_what_simon_has_fields_for_and_the_rest_beside_it() -> None:
    """Shipping, tax and the first coupon have fields; currency, status and ids do not."""
    order = {**ORDER, "coupons": [{"name": "Spring sale", "amount": "2.00"}, {"code": "B", "amount": "1.00"}]}
    sent = _properties("order.created", order=order, properties={"gift": True, "eventId": "forged"})
    assert (sent["transactionId"], sent["shipping"], sent["tax"], sent["promotion"]) == (
        "O-5001",
        4,
        3.03,
        "Spring sale",
    )
    assert sent["properties"] == {
        "eventId": "ev_01HX5W2K7T",
        "occurredAt": 1_772_698_500_000,
        "currency": "EUR",
        "channel": "website",
        "status": "Paid",
        "gift": True,
    }


def test_parcels_can_be_followed() -> None:
    """A mail about a shipped order needs the number of its parcel."""
    line = {**COURIER, "tracking_carrier": "DHL", "tracking_number": "JD01"}
    told = _properties("order.shipped", order={**ORDER, "shipping_lines": [COURIER, line]})["properties"]
    assert (told["trackingCarrier"], told["trackingNumber"]) == ("DHL", "JD01")
    untracked = _properties("order.shipped", order={**ORDER, "shipping_lines": [COURIER]})["properties"]
    assert "trackingNumber" not in untracked


def test_a_later_order_event_may_lack_its_total() -> None:
    """Custom events demand nothing, so an order without totals still says that it was shipped."""
    told = _properties("order.shipped", order=without(ORDER, "totals"))["properties"]
    assert told["transactionId"] == "O-5001"
    assert "revenue" not in told


def test_everything_known_of_an_item_is_sent() -> None:
    """Each field of the vendor's table has its value where the event has it."""
    item = {**MUG, "color": "red", "size": "M", "style": "plain", "properties": {"glaze": "celadon"}}
    assert _properties("cart.viewed", cart={**CART, "items": [item]})["cartItems"] == [
        {
            "productId": "P-9",
            "variant": "P-9-R",
            "quantity": 2,
            "productName": "Mug, red",
            "price": 8.5,
            "brand": "Kiln",
            "color": "red",
            "size": "M",
            "style": "plain",
            "productUrl": "https://shop.example/mug",
            "properties": {"glaze": "celadon"},
            "productImageUrl": "https://cdn.shop.example/mug.jpg",
            "category": "Kitchen/Mugs",
        }
    ]


def test_a_product_without_variants_is_its_own_and_counts_once() -> None:
    """Simon demands variant and quantity of everything in a cart; its page and picture may be the parent's."""
    bowl = _properties("cart.viewed", cart={**CART, "items": [BOWL]})["cartItems"][0]
    assert (bowl["variant"], bowl["quantity"]) == ("P-12", 1)
    assert (bowl["productUrl"], bowl["productImageUrl"]) == (BOWL["parent_url"], BOWL["images"][0])


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("A/B/C/D/E", "A/B/C/D/E"),
        ("A/B/C/D/E/F", "A/B/C/D/E"),
        (" A / B/", "A/B"),
        ("//A", "A"),
        ("", None),
        ("/", None),
    ],
)
def test_a_category_has_at_most_five_levels(given: str, sent: str | None) -> None:
    """The deeper ones are cut off, as Simon would drop the event for one too many."""
    assert _properties("product.viewed", product={**PLAIN_PRODUCT, "category": given}).get("category") == sent


def test_a_product_that_was_looked_at_has_no_quantity_of_its_own() -> None:
    """Nothing was counted yet; what the event says is kept."""
    seen = _properties("product.viewed", product=PLAIN_PRODUCT)
    assert "quantity" not in seen
    assert (seen["productId"], seen["variant"]) == ("P-12", "P-12")
    assert _properties("product.viewed", product=MUG)["quantity"] == 2


def test_properties_of_a_product_and_of_its_event_share_their_place() -> None:
    """Both are kept, and neither can forge the event's id."""
    product = {**MUG, "properties": {"glaze": "celadon", "eventId": "forged"}}
    told = _properties("product.viewed", product=product, properties={"list": "new"})["properties"]
    assert (told["glaze"], told["list"], told["eventId"]) == ("celadon", "new", "ev_01HX5W2K7T")


def test_what_is_put_into_a_cart_comes_with_the_whole_cart() -> None:
    """Taking something out does not; an unknown cart is not an empty one."""
    added = _properties("cart.item_added", cart=CART, product=BOWL)
    assert (added["productId"], added["quantity"], len(added["cartItems"])) == ("P-12", 1, 2)
    assert "cartItems" not in _properties("cart.item_added", cart={"id": "K-1"}, product=BOWL)
    removed = _properties("cart.item_removed", cart=CART, product=BOWL)
    assert "cartItems" not in removed
    assert removed["properties"]["cartId"] == "K-300"


def test_an_updated_cart_says_what_changed_where_the_event_does() -> None:
    """Quantities before and after are of the product that was sent along."""
    changed = _properties("cart.updated", cart=CART, product={**MUG, "quantity": 3, "previous_quantity": 2})
    assert (changed["quantity"], changed["previousQuantity"], len(changed["cartItems"])) == (3, 2, 2)
    assert "quantity" not in _properties("cart.updated", cart=CART)


def test_an_empty_cart_is_an_empty_list() -> None:
    """Simon demands the list of a cart."""
    assert _properties("cart.created", cart={"id": "K-1"})["cartItems"] == []


@pytest.mark.parametrize(("known", "sent"), [(True, True), (False, False), (None, None)])
def test_only_a_known_answer_about_marketing_is_sent(known: bool | None, sent: bool | None) -> None:
    """Null is unknown; false would be a refusal that nobody gave."""
    given = {**CUSTOMER, "accepts_marketing": known}
    assert _properties("customer.created", customer=given).get("optIn") == sent


def test_a_registration_needs_an_address() -> None:
    """Simon demands it there."""
    assert why_refused(KIND, event("customer.created", customer={"id": "C-71"})).field == "customer.email"


@pytest.mark.parametrize(("event_type", "inside"), [("customer.logged_in", True), ("customer.logged_out", False)])
def test_authentication_is_for_customers_with_a_push_address(event_type: str, inside: bool) -> None:
    """It is about AWS SNS endpoints; without one a login is a custom event."""
    body = sent_body(KIND, event(event_type, customer={**WHO, "push_arn": ARN}))
    assert body["event"] == "authentication"
    told = body["properties"]
    assert (told["userId"], told["isLoggedIn"], told["ARN"], told["email"]) == ("C-71", inside, ARN, WHO["email"])
    for incomplete in (WHO, {**WHO, "push_arn": "no-arn"}, {"email": WHO["email"], "push_arn": ARN}):
        custom = sent_body(KIND, event(event_type, customer=incomplete))
        assert (custom["event"], custom["properties"]["eventName"]) == ("custom", event_type.replace(".", "_"))
        assert "no-arn" not in str(custom)


def test_a_page_is_described_by_itself_and_by_what_the_context_knows() -> None:
    """The page's own title, language and referrer come first."""
    context = {"page_title": "Old", "language": "ro", "referrer_url": "https://search.example/"}
    page = {"title": "Mugs", "category": "Mugs", "name": "List", "path": "/mugs", "url": "https://shop.example/mugs"}
    body = sent_body(KIND, event("product.category_viewed", customer=WHO, page=page, context=context))
    told = body["properties"]
    assert (told["title"], told["language"], told["referrer"]) == ("Mugs", "ro", "https://search.example/")
    assert body["context"]["page"] == {"url": "https://shop.example/mugs"}
    assert {"pageName": "List", "pagePath": "/mugs", "pageCategory": "Mugs"}.items() <= told["properties"].items()


def test_a_search_is_a_custom_event_with_what_was_found() -> None:
    """Simon's own `search` is in no list of the events it takes."""
    told = _properties("product.searched", search={"term": "mug", "results": [MUG, {"name": "Bowl"}]})
    assert told["eventName"] == "search"
    assert told["properties"]["term"] == "mug"
    assert [each.get("productId") for each in told["properties"]["searchItems"]] == ["P-9", None]


def test_a_worth_is_sent_only_in_the_currency_that_is_named() -> None:
    """One currency is named, so no amount of another goes beside it."""
    told = _properties("lead.created", value="50.00", currency="RON")["properties"]
    assert (told["value"], told["currency"]) == (50, "RON")
    mixed = _properties("custom.offer", value="50.00", currency="RON", cart=CART)["properties"]
    assert mixed["currency"] == "EUR"
    assert "value" not in mixed


@pytest.mark.parametrize(
    ("override", "path"),
    [
        ({"clientId": "c" * 46}, "clientId"),
        ({"event": "search"}, "event"),
        ({"event": None}, "event"),
        ({"event": {}}, "event"),
        ({"type": "identify"}, "event"),
        ({"traits": {"email": None}}, "traits.email"),
        ({"traits": None}, "traits"),
        ({"context": {"debug": "yes"}}, "context.debug"),
        ({"timezone": 120.0}, "timezone"),
        ({"ipAddress": "home"}, "ipAddress"),
        ({"ipAddress": 5}, "ipAddress"),
        ({"properties": {"revenue": "11.97"}}, "properties.revenue"),
        ({"properties": {"revenue": True}}, "properties.revenue"),
        ({"properties": {"tax": None}}, "properties.tax"),
        ({"properties": {"cartItems": [{"productId": "P-1", "quantity": 1}]}}, "properties.cartItems[0].variant"),
        (
            {"properties": {"cartItems": [{"productId": "P", "variant": "P", "quantity": -1}]}},
            "properties.cartItems[0].quantity",
        ),
        ({"properties": {"cartItems": [{"sku": "MUG-R"}]}}, "properties.cartItems[0].sku"),
        ({"properties": {"properties": []}}, "properties.properties"),
        ({"properties": {"transactionId": "  "}}, "properties.transactionId"),
        ({"properties": {"promotoin": "x"}}, "properties.promotoin"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_what_simon_would_drop_is_refused_by_its_path(override: dict[str, Any], path: str) -> None:
    """Simon answers 200 to any of these and keeps nothing, so nobody else would say so."""
    sample = event("order.created", order=ORDER, customer=WHO, overrides={NAME: override})
    refused = why_refused(KIND, sample)
    assert refused.field == f"overrides.{NAME}.{path}"
    assert str(refused).endswith("Simon would drop the event without a word")


def test_a_misspelt_key_is_answered_with_the_one_that_was_meant() -> None:
    """A person reads how to mend the override."""
    sample = event("order.created", order=ORDER, customer=WHO, overrides={NAME: {"properties": {"promotoin": "x"}}})
    assert "did you mean 'promotion'?" in str(why_refused(KIND, sample))


def test_an_override_that_simon_takes_is_sent() -> None:
    """Producers can fill in what Outhaul has no section for."""
    over = {"properties": {"promotion": "OTHER", "properties": {"vip": True}}, "context": {"device": {"type": "kiosk"}}}
    body = sent_body(KIND, event("order.created", order=ORDER, customer=WHO, overrides={NAME: over}))
    assert (body["properties"]["promotion"], body["properties"]["properties"]["vip"]) == ("OTHER", True)
    assert body["context"]["device"] == {"type": "kiosk"}


def test_what_is_odd_in_the_event_itself_is_named_by_where_it_would_be_sent() -> None:
    """An id of spaces passes the door, but not Simon's check."""
    blank = why_refused(KIND, event("order.created", order={**ORDER, "id": "  "}, customer=WHO))
    assert blank.field == "payload.properties.transactionId"


def test_a_request_above_the_limit_is_refused_and_says_what_is_large() -> None:
    """Simon takes 100 KB with everything; nothing is cut off in secret."""
    item = {**MUG, "properties": {"text": "x" * 900}}
    large = why_refused(KIND, event("order.created", order={**ORDER, "items": [item] * 90}, customer=WHO))
    assert large.field == "order"
    assert "at most 100000" in str(large)
    sent_body(KIND, event("order.created", order={**ORDER, "items": [item] * 75}, customer=WHO))


@pytest.mark.parametrize("event_type", SAMPLES)
def test_every_payload_passes_the_vendors_schema(event_type: str) -> None:
    """What leaves is what Simon documents: all that is mandatory, nothing unknown, every type right."""
    if not event_type.startswith(("product.created", "product.updated", "product.deleted", "payout.")):
        assert breaches(sent_body(KIND, SAMPLES[event_type])) == {}
