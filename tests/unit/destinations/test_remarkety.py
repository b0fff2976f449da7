"""The kind `remarkety`: what it derives, what it refuses, and the traps of the vendor's contract."""

from typing import Any

import orjson
import pytest

from outhaul_config.destinations import Destination
from outhaul_producers.event import Event
from outhaul_producers.types import TYPES
from outhaul_worker.destinations.contract import Moment, NotApplicable, Payload, Unserialisable
from outhaul_worker.destinations.registry import kind_specs
from outhaul_worker.destinations.remarkety import Remarkety
from outhaul_worker.destinations.remarkety.names import DEFAULT_NAMES, NOT_APPLICABLE, family, kebab_name
from outhaul_worker.destinations.remarkety.schema import schema_of
from unit.destinations.canonical import (
    BOWL,
    CART,
    CUSTOMER,
    MUG,
    ORDER,
    PLAIN_PRODUCT,
    PRODUCT,
    SAMPLES,
    TOTALS,
    event,
    without,
)
from unit.destinations.configured import NAME, built

GUEST = {"email": "mara@shop.example"}
MOMENT = Moment(sent_at=1_763_600_000.0, attempt=1)


def _payload(sample: Event, **options: Any) -> Payload:
    payload = built("remarkety", **options).serialise(sample)
    assert isinstance(payload, Payload)
    return payload


def _body(sample: Event, **options: Any) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(_payload(sample, **options).body)
    return body


def _refused(sample: Event) -> str:
    with pytest.raises(Unserialisable) as refused:
        built("remarkety").serialise(sample)
    return refused.value.field


def _skipped(sample: Event) -> str:
    result = built("remarkety").serialise(sample)
    assert isinstance(result, NotApplicable)
    return result.reason


@pytest.mark.parametrize("event_type", SAMPLES)
def test_every_payload_passes_the_vendors_schema(event_type: str) -> None:
    """What leaves is what Remarkety documents: all that is mandatory, nothing unknown, every type right."""
    result = built("remarkety").serialise(SAMPLES[event_type])
    if isinstance(result, Payload):
        assert schema_of(result.headers["x-event-type"]).validate(orjson.loads(result.body)) == {}


def test_the_table_of_names_covers_the_vocabulary() -> None:
    """Every type has a name or is known to have none; nobody can forget one."""
    assert set(DEFAULT_NAMES) | NOT_APPLICABLE == set(TYPES)
    assert not set(DEFAULT_NAMES) & NOT_APPLICABLE


def test_the_type_travels_in_a_header_and_the_body_has_no_envelope() -> None:
    """Remarkety reads the type from `x-event-type` and the object straight from the body."""
    payload = _payload(SAMPLES["order.created"])
    assert payload.headers["x-event-type"] == "orders/create"
    assert orjson.loads(payload.body)["id"] == "O-5001"


def test_the_event_time_is_in_seconds_and_not_the_time_of_sending() -> None:
    """A delivery that comes hours late still tells when it happened."""
    payload = _payload(event("customer.updated", customer=GUEST, occurred_at="2026-03-05T08:15:00.999Z"))
    assert payload.headers["x-event-time"] == "1772698500"


@pytest.mark.parametrize(("header", "other"), [("x-token", "x-api-key"), ("x-api-key", "x-token")])
def test_the_key_goes_into_the_one_header_that_is_configured(header: str, other: str) -> None:
    """Store keys and the newer keys have a header each, and only one is sent."""
    kind = built("remarkety", auth_header=header)
    payload = _payload(SAMPLES["customer.updated"])
    headers = kind.request(SAMPLES["customer.updated"], payload, MOMENT).headers
    assert headers[header] == "rm-secret-key"
    assert other not in headers


def test_the_store_is_addressed_by_its_id() -> None:
    """The id stands in the query, whatever characters it has, behind the configured address."""
    kind = built("remarkety", base_url="http://127.0.0.1:9000/rm/", store_id="A&B=1")
    payload = _payload(SAMPLES["customer.updated"])
    url = kind.request(SAMPLES["customer.updated"], payload, MOMENT).url
    assert url == "http://127.0.0.1:9000/rm/webhooks/?storeId=A%26B%3D1"


def test_domain_and_platform_are_sent_where_they_are_configured_and_left_out_elsewhere() -> None:
    """Optional headers are absent, not empty."""
    headers = _payload(SAMPLES["order.created"], domain="shop.example", platform="SHOP").headers
    assert (headers["x-domain"], headers["x-platform"]) == ("shop.example", "SHOP")
    spec = kind_specs()["remarkety"]
    least = spec.options().load({"store_id": "AAABBB", "api_key": "key"})
    bare = Remarkety(Destination(NAME, "remarkety", ("*",), options=least)).serialise(SAMPLES["order.created"])
    assert isinstance(bare, Payload)
    assert set(bare.headers) == {"content-type", "x-event-type", "x-event-time"}


@pytest.mark.parametrize("event_type", ["product.viewed", "custom.loyalty.tier_up", "lead.created"])
def test_custom_events_say_so_in_lower_case_whatever_the_shops_platform(event_type: str) -> None:
    """Remarkety drops custom events without a word unless their platform is `custom`."""
    payload = _payload(SAMPLES[event_type], platform="MAGENTO")
    assert payload.headers["x-platform"] == "custom"
    assert orjson.loads(payload.body)["event_id"] == SAMPLES[event_type].id


@pytest.mark.parametrize(
    ("event_type", "name"),
    [
        ("custom.loyalty.tier_up", "loyalty-tier-up"),
        ("custom.vip", "vip"),
        ("custom._a__b_", "a-b"),
        ("custom.orders.create", "orders-create"),
    ],
)
def test_a_custom_type_is_named_in_kebab_case(event_type: str, name: str) -> None:
    """A custom name reads like the vendor's examples and can never be taken for a built-in one."""
    assert kebab_name(event_type) == name
    assert not family(name)
    assert _payload(event(event_type, customer=GUEST)).headers["x-event-type"] == name


def test_a_custom_type_without_a_letter_or_digit_needs_a_configured_name() -> None:
    """An event can never go out under an empty name, which would lose it."""
    assert _refused(event("custom.__", customer=GUEST)) == "type"
    named = _payload(event("custom.__", customer=GUEST), names={"custom.__": "underscores"})
    assert named.headers["x-event-type"] == "underscores"


def test_properties_of_a_custom_event_stand_at_the_top_level_and_replace_nothing() -> None:
    """Automations can filter by them, and none of them can forge what Outhaul says about the event."""
    hostile = {"tier": "gold", "event_id": "forged", "email": "other@shop.example", "customer": "forged"}
    body = _body(event("custom.vip", customer=GUEST, properties=hostile))
    assert body["tier"] == "gold"
    assert (body["event_id"], body["email"]) == ("ev_01HX5W2K7T", "mara@shop.example")
    assert body["customer"] == GUEST


def test_a_custom_event_holds_its_sections_in_remarketys_terms() -> None:
    """Templates find orders, carts and items under the same names as in built-in events."""
    body = _body(
        event("custom.review_asked", customer=GUEST, order=ORDER, cart=CART, item={**MUG, "order_id": "O-5001"})
    )
    assert (body["order_id"], body["cart_id"], body["product_id"]) == ("O-5001", "K-300", "P-9")
    assert body["order"]["line_items"][0]["price"] == 8.5
    assert body["cart"]["abandoned_checkout_url"] == CART["url"]
    assert body["item"]["sku"] == "MUG-R"


@pytest.mark.parametrize("customer", [None, {"phone": "+40712000111"}, {"username": "mara"}])
def test_a_custom_event_about_nobody_known_is_skipped(customer: dict[str, str] | None) -> None:
    """Remarkety ignores visitors it cannot identify, so nothing is sent and the reason is kept."""
    sections = {"customer": customer} if customer else {}
    assert "nobody is identified" in _skipped(event("custom.vip", **sections))


def test_a_customer_id_is_enough_to_identify_whose_custom_event_it_is() -> None:
    """Contacts that Remarkety knows by id need no e-mail address in every event."""
    assert _body(event("custom.vip", customer={"id": "C-71"}))["customer_id"] == "C-71"


@pytest.mark.parametrize("known", [True, False, None])
def test_what_is_known_of_consent_is_sent_as_it_is(known: bool | None) -> None:
    """Null means unknown and stays null: false would unsubscribe the person."""
    customer = {**GUEST, "id": "C-71", "accepts_marketing": known}
    assert _body(event("customer.updated", customer=customer))["accepts_marketing"] is known
    assert _body(event("order.updated", order=ORDER, customer=customer))["customer"]["accepts_marketing"] is known
    cart = _body(event("cart.updated", cart=CART, customer=customer))
    assert cart["accepts_marketing"] is known
    assert cart["customer"]["accepts_marketing"] is known


def test_unsaid_consent_is_unknown_where_it_is_mandatory_and_absent_elsewhere() -> None:
    """A profile update that says nothing about marketing changes nothing about it."""
    assert "accepts_marketing" not in _body(event("customer.updated", customer=GUEST))
    assert _body(event("order.updated", order=ORDER, customer=GUEST))["customer"]["accepts_marketing"] is None
    assert _body(event("cart.updated", cart=CART, customer=GUEST))["accepts_marketing"] is None


def test_only_the_genders_that_remarkety_knows_are_sent() -> None:
    """X has no counterpart and is left out rather than guessed."""
    assert _body(event("customer.updated", customer={**GUEST, "gender": "F"}))["gender"] == "F"
    assert "gender" not in _body(event("customer.updated", customer={**GUEST, "gender": "X"}))


def test_a_phone_number_stands_in_the_default_address_and_yields_to_the_addresss_own() -> None:
    """Remarkety has no phone number of the customer but this one."""
    alone = _body(event("customer.updated", customer={**GUEST, "phone": "+40712000111"}))
    assert alone["default_address"] == {"phone": "+40712000111"}
    both = {**GUEST, "phone": "+40712000111", "address": {"phone": "+40712000222", "city": "Cluj-Napoca"}}
    assert _body(event("customer.updated", customer=both))["default_address"]["phone"] == "+40712000222"


def test_a_new_customer_was_created_when_the_event_happened() -> None:
    """Unsaid, the registration date is the event's, never the moment of a late arrival."""
    created = _body(event("customer.created", customer=GUEST))
    assert created["created_at"] == created["updated_at"] == "2026-03-05T08:15:00+00:00"
    assert "created_at" not in _body(event("customer.updated", customer=GUEST))


@pytest.mark.parametrize(
    "event_type",
    ["customer.created", "customer.updated", "newsletter.subscribed", "newsletter.unsubscribed"],
)
def test_a_contact_without_an_e_mail_address_is_refused_by_path(event_type: str) -> None:
    """The address is what Remarkety finds contacts by; a person reads which field is missing."""
    assert _refused(event(event_type, customer={"id": "C-71"})) == "customer.email"


def test_an_order_of_nobody_is_refused_by_path() -> None:
    """Orders need the customer's address."""
    assert _refused(event("order.created", order=ORDER)) == "customer.email"
    assert _refused(event("order.created", order=ORDER, customer={"id": "C-71"})) == "customer.email"


def test_the_buyer_is_known_since_the_order_where_nothing_earlier_is_said() -> None:
    """Both mandatory dates of the customer have a sensible value for guests."""
    buyer = _body(SAMPLES["order.cancelled"])["customer"]
    assert (buyer["created_at"], buyer["updated_at"]) == ("2026-03-05T08:15:00+00:00", "2026-03-05T08:15:00+00:00")


@pytest.mark.parametrize(
    ("event_type", "status"),
    [
        ("order.created", "Created"),
        ("order.cancelled", "Cancelled"),
        ("order.refunded", "Refunded"),
        ("order.shipped", "Shipped"),
    ],
)
def test_an_order_without_a_status_has_the_one_its_event_tells(event_type: str, status: str) -> None:
    """The mandatory status is what just happened; a given one wins."""
    bare = without(ORDER, "status")
    assert _body(event(event_type, order=bare, customer=GUEST))["status"] == {"name": status}
    assert _body(event(event_type, order=ORDER, customer=GUEST))["status"] == {"code": "P", "name": "Paid"}


def test_a_status_that_is_only_a_code_is_its_own_name() -> None:
    """Remarkety wants a name; shops that keep codes alone still get their orders through."""
    order = {**ORDER, "status": {"code": "S"}}
    assert _body(event("order.updated", order=order, customer=GUEST))["status"] == {"code": "S", "name": "S"}


@pytest.mark.parametrize(
    ("order", "path"),
    [
        (without(ORDER, "created_at"), "order.created_at"),
        (without(ORDER, "status"), "order.status"),
        (without(ORDER, "totals"), "order.totals.total"),
        ({**ORDER, "totals": {"tax": "3.03", "total": "19.00"}}, "order.totals.subtotal"),
        ({**ORDER, "items": [MUG, without(MUG, "url")]}, "order.items[1].url"),
        ({**ORDER, "items": [without(MUG, "image")]}, "order.items[0].image"),
    ],
)
def test_an_updated_order_that_lacks_something_mandatory_is_refused_by_path(order: dict[str, Any], path: str) -> None:
    """Nothing is invented that would overwrite what Remarkety knows better."""
    assert _refused(event("order.updated", order=order, customer=GUEST)) == path


@pytest.mark.parametrize(
    ("totals", "subtotal"),
    [
        ({"total": "19.00"}, 19),
        ({"total": "19.00", "discount": "2.00", "shipping": "4.00"}, 17),
        ({"total": "19.00", "tax": "3.03", "tax_included": True}, 19),
        ({"total": "19.00", "tax": "3.03", "tax_included": False}, 15.97),
        ({"total": "0.30", "discount": "0.10", "shipping": "0.20"}, 0.2),
        (TOTALS, 17),
    ],
)
def test_a_missing_subtotal_is_worked_back_from_the_total(totals: dict[str, Any], subtotal: float) -> None:
    """The sums of an order always fit together, to the cent."""
    body = _body(event("order.updated", order={**ORDER, "totals": totals}, customer=GUEST))
    assert body["subtotal_price"] == subtotal
    assert min(body["total_discounts"], body["total_shipping"], body["total_tax"]) >= 0


def test_an_order_event_in_the_test_environment_is_marked_as_a_test() -> None:
    """Trying out an integration leaves no order in the shop's figures."""
    tried = event("order.created", order={**ORDER, "test": False}, customer=GUEST, environment="test")
    assert _body(tried)["test"] is True
    assert "test" not in _body(event("order.created", order=ORDER, customer=GUEST))


def test_one_item_of_an_order_is_skipped_unless_the_whole_order_comes_along() -> None:
    """Remarkety replaces orders as a whole, so a single item would empty the rest."""
    item = {**MUG, "order_id": "O-5001"}
    assert "whole order" in _skipped(event("order.item_updated", item=item, customer=GUEST))
    whole = _payload(event("order.item_updated", item=item, order=ORDER, customer=GUEST))
    assert whole.headers["x-event-type"] == "orders/update"
    assert orjson.loads(whole.body)["line_items"][0]["sku"] == "MUG-R"


def test_items_fill_their_gaps_from_the_product_they_belong_to() -> None:
    """Page, picture and stock number are mandatory; the nearest thing that is said stands in."""
    order = {**ORDER, "items": [BOWL, {**without(MUG, "sku", "image"), "images": ["https://cdn.shop.example/1.jpg"]}]}
    bowl, mug = _body(event("order.updated", order=order, customer=GUEST))["line_items"]
    assert (bowl["sku"], bowl["quantity"], bowl["url"]) == ("P-12", 1, "https://shop.example/bowl")
    assert bowl["image"] == "https://cdn.shop.example/bowl-1.jpg"
    assert (mug["sku"], mug["image"]) == ("P-9-R", "https://cdn.shop.example/1.jpg")


@pytest.mark.parametrize("customer", [None, {"id": "C-71"}, {"phone": "+40712000111"}])
def test_the_cart_of_an_unknown_person_is_skipped(customer: dict[str, str] | None) -> None:
    """An anonymous cart can win nobody back, so it does not become a dead letter either."""
    assert "anonymous" in _skipped(event("cart.updated", cart=CART, **({"customer": customer} if customer else {})))


def test_a_guests_cart_has_an_e_mail_address_and_no_customer() -> None:
    """Remarkety wants null for the customer of a guest, not an object without an id."""
    body = _body(event("cart.updated", cart=CART, customer=GUEST))
    assert (body["email"], body["customer"]) == ("mara@shop.example", None)
    assert _body(event("cart.updated", cart=CART, customer=CUSTOMER))["customer"]["id"] == "C-71"


@pytest.mark.parametrize(
    ("cart", "path"),
    [
        (without(CART, "created_at"), "cart.created_at"),
        (without(CART, "url"), "cart.url"),
        ({**without(CART, "currency", "totals"), "items": []}, "cart.currency"),
        ({**CART, "items": [without(MUG, "url")]}, "cart.items[0].url"),
    ],
)
def test_a_cart_that_lacks_something_mandatory_is_refused_by_path(cart: dict[str, Any], path: str) -> None:
    """A cart without the address that restores it is of no use in an e-mail."""
    assert _refused(event("cart.updated", cart=cart, customer=GUEST)) == path


def test_a_cart_without_totals_is_worth_its_items() -> None:
    """The total is exact, whatever the quantities."""
    items = [{**MUG, "price": "0.10", "quantity": 3}, {**MUG, "price": "1.05", "quantity": 0.5}]
    body = _body(event("cart.updated", cart={**without(CART, "totals"), "items": items}, customer=GUEST))
    assert (body["total_price"], body["total_discounts"]) == (0.825, 0)


def test_a_deleted_product_is_one_that_is_no_longer_for_sale() -> None:
    """Remarkety cannot delete; it stops recommending what does not exist."""
    payload = _payload(SAMPLES["product.deleted"])
    body = orjson.loads(payload.body)
    assert payload.headers["x-event-type"] == "products/update"
    assert body["product_exists"] is False
    assert body["variants"][0]["inventory_quantity"] == 0


@pytest.mark.parametrize(("published", "exists"), [(None, True), (True, True), (False, False)])
def test_an_unpublished_product_is_not_for_sale(published: bool | None, exists: bool) -> None:
    """What the shop hides is not recommended."""
    product = PLAIN_PRODUCT if published is None else {**PLAIN_PRODUCT, "published": published}
    assert _body(event("product.updated", product=product))["product_exists"] is exists


def test_a_product_without_variants_is_its_own_only_variant() -> None:
    """At least one variant is mandatory; it repeats the product."""
    [only] = _body(event("product.updated", product=PLAIN_PRODUCT, currency="EUR"))["variants"]
    assert (only["id"], only["product_id"], only["sku"], only["title"]) == ("P-12", "P-12", "P-12", "Bowl")
    assert (only["barcode"], only["currency"]) == ("4006381333948", "EUR")


def test_variants_inherit_what_is_common_and_nothing_that_identifies_one() -> None:
    """Two variants never share a stock number or barcode that was the product's."""
    red, blue = _body(event("product.updated", product=PRODUCT))["variants"]
    assert (red["sku"], blue["sku"]) == ("MUG-R", "P-9-B")
    assert (red["title"], blue["title"]) == ("red", "Mug, blue")
    assert (red["price"], blue["price"]) == (8.5, 8.5)
    assert blue["image"] == "https://cdn.shop.example/mug-blue.jpg"
    assert "barcode" not in red
    assert "barcode" not in blue


@pytest.mark.parametrize(
    ("product", "path"),
    [
        (without(PRODUCT, "created_at"), "product.created_at"),
        (without(PRODUCT, "brand"), "product.brand"),
        ({**PRODUCT, "brand": ""}, "product.brand"),
        (without(PRODUCT, "url"), "product.url"),
        (without(PRODUCT, "image", "images"), "product.image"),
        (without(PRODUCT, "variants", "inventory_quantity"), "product.inventory_quantity"),
        (
            {**without(PRODUCT, "inventory_quantity"), "variants": [PRODUCT["variants"][0], {"variant_id": "b"}]},
            "product.variants[1].inventory_quantity",
        ),
    ],
)
def test_a_product_that_lacks_something_mandatory_is_refused_by_path(product: dict[str, Any], path: str) -> None:
    """The catalogue at Remarkety never gets guessed values."""
    assert _refused(event("product.updated", product=product)) == path


def test_a_phone_number_is_subscribed_only_by_who_asked_for_text_messages() -> None:
    """Subscribing to e-mail must not subscribe the number too."""
    by_mail = {"customer": CUSTOMER, "subscription": {"channel": "email", "double_optin": True}}
    by_sms = {"customer": CUSTOMER, "subscription": {"channel": "sms"}}
    assert "sms_phone_number_e164" not in _body(event("newsletter.subscribed", **by_mail))
    assert _body(event("newsletter.subscribed", **by_mail))["double_optin_required"] is True
    assert _body(event("newsletter.subscribed", **by_sms))["sms_phone_number_e164"] == "+40712000111"
    without_number = {**by_sms, "customer": GUEST}
    assert _refused(event("newsletter.subscribed", **without_number)) == "customer.phone"


def test_refusing_text_messages_does_not_suppress_the_e_mail_address() -> None:
    """Remarkety's suppression list knows addresses only and outranks every later consent."""
    gone = event("newsletter.unsubscribed", customer=CUSTOMER, subscription={"channel": "sms"})
    assert "suppress" in _skipped(gone)
    assert _body(event("newsletter.unsubscribed", customer=CUSTOMER)) == GUEST


def test_profile_changes_never_touch_the_newsletter() -> None:
    """Only an explicit subscription goes out as one."""
    for event_type in set(SAMPLES) - {"newsletter.subscribed", "newsletter.unsubscribed"}:
        assert family(DEFAULT_NAMES.get(event_type, "")) != "newsletter"


def test_a_configured_name_turns_an_order_event_into_a_custom_one() -> None:
    """A shop that wants an automation of its own for shipping gets the order under that name, marked as custom."""
    payload = _payload(SAMPLES["order.shipped"], names={"order.shipped": "Order shipped"})
    body = orjson.loads(payload.body)
    assert payload.headers["x-event-type"] == "Order shipped"
    assert payload.headers["x-platform"] == "custom"
    assert (body["event_id"], body["order_id"], body["order"]["total_price"]) == ("ev_01HX5W2K7T", "O-5001", 19)


def test_a_configured_name_of_the_same_family_keeps_the_built_in_body() -> None:
    """Accounts that were set up by a plugin may expect its spelling of a built-in name."""
    payload = _payload(SAMPLES["order.updated"], names={"order.updated": "orders/updated"})
    assert payload.headers["x-event-type"] == "orders/updated"
    assert payload.body == _payload(SAMPLES["order.updated"]).body


def test_a_type_without_a_counterpart_can_be_given_a_name() -> None:
    """What is skipped by default can be had as a custom event."""
    assert "cart.viewed" in _skipped(SAMPLES["cart.viewed"])
    assert _body(SAMPLES["cart.viewed"], names={"cart.viewed": "cart-viewed"})["cart_id"] == "K-300"


def test_overrides_are_merged_into_the_body_and_reach_no_header() -> None:
    """A producer can add to the payload for this destination, but not change its type, key or address."""
    over = {"customer": {"info": {"vip": True}}, "x-event-type": "evil", "line_items": [], "store_id": "B"}
    sample = event("order.created", order=ORDER, customer=CUSTOMER, overrides={NAME: over, "other": {"id": "X"}})
    kind = built("remarkety")
    payload = _payload(sample)
    request = kind.request(sample, payload, MOMENT)
    body = orjson.loads(payload.body)
    assert body["customer"]["info"] == {"favourite_glaze": "celadon", "vip": True}
    assert (body["line_items"], body["id"]) == ([], "O-5001")
    assert request.headers["x-event-type"] == "orders/create"
    assert request.url == "https://webhooks.remarkety.com/webhooks/?storeId=AAABBB"
