"""The kind `remarkety`: headers, names, customers, newsletters, custom events, and the traps of the contract."""

import orjson
import pytest

from outhaul_config.destinations import Destination
from outhaul_producers.types import TYPES
from outhaul_worker.destinations.contract import Moment, Payload
from outhaul_worker.destinations.registry import kind_specs
from outhaul_worker.destinations.remarkety import Remarkety
from outhaul_worker.destinations.remarkety.names import DEFAULT_NAMES, NOT_APPLICABLE, family, kebab_name
from outhaul_worker.destinations.remarkety.schema import schema_of
from unit.destinations.canonical import (
    CART,
    CUSTOMER,
    MUG,
    ORDER,
    SAMPLES,
    event,
)
from unit.destinations.configured import NAME, built
from unit.destinations.to_remarkety import GUEST, body_of, payload_of, refused_field, skip_reason

MOMENT = Moment(sent_at=1_763_600_000.0, attempt=1)


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
    payload = payload_of(SAMPLES["order.created"])
    assert payload.headers["x-event-type"] == "orders/create"
    assert orjson.loads(payload.body)["id"] == "O-5001"


def test_the_event_time_is_in_seconds_and_not_the_time_of_sending() -> None:
    """A delivery that comes hours late still tells when it happened."""
    payload = payload_of(event("customer.updated", customer=GUEST, occurred_at="2026-03-05T08:15:00.999Z"))
    assert payload.headers["x-event-time"] == "1772698500"


@pytest.mark.parametrize(("header", "other"), [("x-token", "x-api-key"), ("x-api-key", "x-token")])
def test_the_key_goes_into_the_one_header_that_is_configured(header: str, other: str) -> None:
    """Store keys and the newer keys have a header each, and only one is sent."""
    kind = built("remarkety", auth_header=header)
    payload = payload_of(SAMPLES["customer.updated"])
    headers = kind.request(SAMPLES["customer.updated"], payload, MOMENT).headers
    assert headers[header] == "rm-secret-key"
    assert other not in headers


def test_the_store_is_addressed_by_its_id() -> None:
    """The id stands in the query, whatever characters it has, behind the configured address."""
    kind = built("remarkety", base_url="http://127.0.0.1:9000/rm/", store_id="A&B=1")
    payload = payload_of(SAMPLES["customer.updated"])
    url = kind.request(SAMPLES["customer.updated"], payload, MOMENT).url
    assert url == "http://127.0.0.1:9000/rm/webhooks/?storeId=A%26B%3D1"


def test_domain_and_platform_are_sent_where_they_are_configured_and_left_out_elsewhere() -> None:
    """Optional headers are absent, not empty."""
    headers = payload_of(SAMPLES["order.created"], domain="shop.example", platform="SHOP").headers
    assert (headers["x-domain"], headers["x-platform"]) == ("shop.example", "SHOP")
    spec = kind_specs()["remarkety"]
    least = spec.options().load({"store_id": "AAABBB", "api_key": "key"})
    bare = Remarkety(Destination(NAME, "remarkety", ("*",), options=least)).serialise(SAMPLES["order.created"])
    assert isinstance(bare, Payload)
    assert set(bare.headers) == {"content-type", "x-event-type", "x-event-time"}


@pytest.mark.parametrize("event_type", ["product.viewed", "custom.loyalty.tier_up", "lead.created"])
def test_custom_events_say_so_in_lower_case_whatever_the_shops_platform(event_type: str) -> None:
    """Remarkety drops custom events without a word unless their platform is `custom`."""
    payload = payload_of(SAMPLES[event_type], platform="MAGENTO")
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
    assert payload_of(event(event_type, customer=GUEST)).headers["x-event-type"] == name


def test_a_custom_type_without_a_letter_or_digit_needs_a_configured_name() -> None:
    """An event can never go out under an empty name, which would lose it."""
    assert refused_field(event("custom.__", customer=GUEST)) == "type"
    named = payload_of(event("custom.__", customer=GUEST), names={"custom.__": "underscores"})
    assert named.headers["x-event-type"] == "underscores"


def test_properties_of_a_custom_event_stand_at_the_top_level_and_replace_nothing() -> None:
    """Automations can filter by them, and none of them can forge what Outhaul says about the event."""
    hostile = {"tier": "gold", "event_id": "forged", "email": "other@shop.example", "customer": "forged"}
    body = body_of(event("custom.vip", customer=GUEST, properties=hostile))
    assert body["tier"] == "gold"
    assert (body["event_id"], body["email"]) == ("ev_01HX5W2K7T", "mara@shop.example")
    assert body["customer"] == GUEST


def test_a_custom_event_holds_its_sections_in_remarketys_terms() -> None:
    """Templates find orders, carts and items under the same names as in built-in events."""
    body = body_of(
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
    assert "nobody is identified" in skip_reason(event("custom.vip", **sections))


def test_a_customer_id_is_enough_to_identify_whose_custom_event_it_is() -> None:
    """Contacts that Remarkety knows by id need no e-mail address in every event."""
    assert body_of(event("custom.vip", customer={"id": "C-71"}))["customer_id"] == "C-71"


@pytest.mark.parametrize("known", [True, False, None])
def test_what_is_known_of_consent_is_sent_as_it_is(known: bool | None) -> None:
    """Null means unknown and stays null: false would unsubscribe the person."""
    customer = {**GUEST, "id": "C-71", "accepts_marketing": known}
    assert body_of(event("customer.updated", customer=customer))["accepts_marketing"] is known
    assert body_of(event("order.updated", order=ORDER, customer=customer))["customer"]["accepts_marketing"] is known
    cart = body_of(event("cart.updated", cart=CART, customer=customer))
    assert cart["accepts_marketing"] is known
    assert cart["customer"]["accepts_marketing"] is known


def test_unsaid_consent_is_unknown_where_it_is_mandatory_and_absent_elsewhere() -> None:
    """A profile update that says nothing about marketing changes nothing about it."""
    assert "accepts_marketing" not in body_of(event("customer.updated", customer=GUEST))
    assert body_of(event("order.updated", order=ORDER, customer=GUEST))["customer"]["accepts_marketing"] is None
    assert body_of(event("cart.updated", cart=CART, customer=GUEST))["accepts_marketing"] is None


def test_only_the_genders_that_remarkety_knows_are_sent() -> None:
    """X has no counterpart and is left out rather than guessed."""
    assert body_of(event("customer.updated", customer={**GUEST, "gender": "F"}))["gender"] == "F"
    assert "gender" not in body_of(event("customer.updated", customer={**GUEST, "gender": "X"}))


def test_a_phone_number_stands_in_the_default_address_and_yields_to_the_addresss_own() -> None:
    """Remarkety has no phone number of the customer but this one."""
    alone = body_of(event("customer.updated", customer={**GUEST, "phone": "+40712000111"}))
    assert alone["default_address"] == {"phone": "+40712000111"}
    both = {**GUEST, "phone": "+40712000111", "address": {"phone": "+40712000222", "city": "Cluj-Napoca"}}
    assert body_of(event("customer.updated", customer=both))["default_address"]["phone"] == "+40712000222"


def test_a_new_customer_was_created_when_the_event_happened() -> None:
    """Unsaid, the registration date is the event's, never the moment of a late arrival."""
    created = body_of(event("customer.created", customer=GUEST))
    assert created["created_at"] == created["updated_at"] == "2026-03-05T08:15:00+00:00"
    assert "created_at" not in body_of(event("customer.updated", customer=GUEST))


@pytest.mark.parametrize(
    "event_type",
    ["customer.created", "customer.updated", "newsletter.subscribed", "newsletter.unsubscribed"],
)
def test_a_contact_without_an_e_mail_address_is_refused_by_path(event_type: str) -> None:
    """The address is what Remarkety finds contacts by; a person reads which field is missing."""
    assert refused_field(event(event_type, customer={"id": "C-71"})) == "customer.email"


def test_a_phone_number_is_subscribed_only_by_who_asked_for_text_messages() -> None:
    """Subscribing to e-mail must not subscribe the number too."""
    by_mail = {"customer": CUSTOMER, "subscription": {"channel": "email", "double_optin": True}}
    by_sms = {"customer": CUSTOMER, "subscription": {"channel": "sms"}}
    assert "sms_phone_number_e164" not in body_of(event("newsletter.subscribed", **by_mail))
    assert body_of(event("newsletter.subscribed", **by_mail))["double_optin_required"] is True
    assert body_of(event("newsletter.subscribed", **by_sms))["sms_phone_number_e164"] == "+40712000111"
    without_number = {**by_sms, "customer": GUEST}
    assert refused_field(event("newsletter.subscribed", **without_number)) == "customer.phone"


def test_refusing_text_messages_does_not_suppress_the_e_mail_address() -> None:
    """Remarkety's suppression list knows addresses only and outranks every later consent."""
    gone = event("newsletter.unsubscribed", customer=CUSTOMER, subscription={"channel": "sms"})
    assert "suppress" in skip_reason(gone)
    assert body_of(event("newsletter.unsubscribed", customer=CUSTOMER)) == GUEST


def test_profile_changes_never_touch_the_newsletter() -> None:
    """Only an explicit subscription goes out as one."""
    for event_type in set(SAMPLES) - {"newsletter.subscribed", "newsletter.unsubscribed"}:
        assert family(DEFAULT_NAMES.get(event_type, "")) != "newsletter"


def test_a_configured_name_turns_an_order_event_into_a_custom_one() -> None:
    """A shop that wants an automation of its own for shipping gets the order under that name, marked as custom."""
    payload = payload_of(SAMPLES["order.shipped"], names={"order.shipped": "Order shipped"})
    body = orjson.loads(payload.body)
    assert payload.headers["x-event-type"] == "Order shipped"
    assert payload.headers["x-platform"] == "custom"
    assert (body["event_id"], body["order_id"], body["order"]["total_price"]) == ("ev_01HX5W2K7T", "O-5001", 19)


def test_a_configured_name_of_the_same_family_keeps_the_built_in_body() -> None:
    """Accounts that were set up by a plugin may expect its spelling of a built-in name."""
    payload = payload_of(SAMPLES["order.updated"], names={"order.updated": "orders/updated"})
    assert payload.headers["x-event-type"] == "orders/updated"
    assert payload.body == payload_of(SAMPLES["order.updated"]).body


def test_a_type_without_a_counterpart_can_be_given_a_name() -> None:
    """What is skipped by default can be had as a custom event."""
    assert "cart.viewed" in skip_reason(SAMPLES["cart.viewed"])
    assert body_of(SAMPLES["cart.viewed"], names={"cart.viewed": "cart-viewed"})["cart_id"] == "K-300"


def test_overrides_are_merged_into_the_body_and_reach_no_header() -> None:
    """A producer can add to the payload for this destination, but not change its type, key or address."""
    over = {"customer": {"info": {"vip": True}}, "x-event-type": "evil", "line_items": [], "store_id": "B"}
    sample = event("order.created", order=ORDER, customer=CUSTOMER, overrides={NAME: over, "other": {"id": "X"}})
    kind = built("remarkety")
    payload = payload_of(sample)
    request = kind.request(sample, payload, MOMENT)
    body = orjson.loads(payload.body)
    assert body["customer"]["info"] == {"favourite_glaze": "celadon", "vip": True}
    assert (body["line_items"], body["id"]) == ([], "O-5001")
    assert request.headers["x-event-type"] == "orders/create"
    assert request.url == "https://webhooks.remarkety.com/webhooks/?storeId=AAABBB"
