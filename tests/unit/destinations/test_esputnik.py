"""The kind `esputnik`: keys, parameters, uniqueness, size, credentials, and the traps of the contract."""

from typing import Any

import orjson
import pytest
from marshmallow import ValidationError

from outhaul_config.policy import SCHEDULE_JITTER
from outhaul_producers.types import TYPES
from outhaul_worker.destinations.contract import Moment
from outhaul_worker.destinations.esputnik import Esputnik
from outhaul_worker.destinations.esputnik.answers import GUARD
from outhaul_worker.destinations.esputnik.limits import LARGEST_PAYLOAD
from outhaul_worker.destinations.esputnik.names import DEFAULT_NAMES
from outhaul_worker.destinations.esputnik.options import EsputnikOptions
from outhaul_worker.destinations.esputnik.schema import EventV1, EventV2
from unit.destinations.canonical import CART, CUSTOMER, MUG, ORDER, SAMPLES, event, without
from unit.destinations.configured import NAME, OPTIONS, built
from unit.destinations.sending import sent_payload, why_refused, why_skipped
from unit.destinations.to_esputnik import GUEST, body_of, params_of

MOMENT = Moment(sent_at=1_763_600_000.0, attempt=1)
NOT_APPLICABLE = {
    "cart.viewed",
    "checkout.billing_added",
    "checkout.shipping_added",
    "checkout.payment_selected",
    "product.created",
    "product.updated",
    "product.deleted",
    "payout.created",
}
SENT = sorted(set(SAMPLES) - NOT_APPLICABLE)


@pytest.mark.parametrize("event_type", SENT)
def test_every_payload_passes_the_vendors_schema_in_both_versions(event_type: str) -> None:
    """What leaves is what eSputnik documents, nested data and times included."""
    assert EventV1().validate(body_of(SAMPLES[event_type])) == {}
    assert EventV2().validate(body_of(SAMPLES[event_type], api_version="v2")) == {}


def test_the_table_of_names_covers_the_vocabulary() -> None:
    """Every type has a key or is known to have none; nobody can forget one."""
    assert set(TYPES) == set(DEFAULT_NAMES) | NOT_APPLICABLE
    assert not set(DEFAULT_NAMES) & NOT_APPLICABLE


@pytest.mark.parametrize(
    ("event_type", "key"),
    [
        ("custom.loyalty.tier_up", "loyalty.tier_up"),
        ("custom.a<b>c;d'e\u2019f\"g`h/i\\j|k^l?m!n,o", "a_b_c_d_e_f_g_h_i_j_k_l_m_n_o"),
        ("custom." + "x" * 150, "x" * 100),
    ],
)
def test_a_custom_type_is_sent_by_its_name_in_characters_that_esputnik_takes(event_type: str, key: str) -> None:
    """A key is at most 100 characters long and without those that are forbidden in it."""
    assert body_of(event(event_type, customer=GUEST))["eventTypeKey"] == key


def test_a_configured_key_replaces_the_tables_and_gives_one_to_a_type_that_has_none() -> None:
    """An account that was set up with other keys keeps them."""
    names = {"order.created": "newOrder", "cart.viewed": "cartViewed"}
    assert body_of(SAMPLES["order.created"], names=names)["eventTypeKey"] == "newOrder"
    assert body_of(SAMPLES["cart.viewed"], names=names)["eventTypeKey"] == "cartViewed"
    assert "the option names" in why_skipped("esputnik", SAMPLES["cart.viewed"])


def test_a_key_outside_the_allow_list_is_skipped() -> None:
    """A misspelt custom event does not pollute the account with a new type."""
    allowed = {"allowed_keys": ["orderCreated", "quiz"]}
    assert body_of(SAMPLES["order.created"], **allowed)["eventTypeKey"] == "orderCreated"
    assert body_of(event("custom.quiz", customer=GUEST), **allowed)["eventTypeKey"] == "quiz"
    assert "quizz is not among allowed_keys" in why_skipped(
        "esputnik", event("custom.quizz", customer=GUEST), **allowed
    )


@pytest.mark.parametrize(
    ("customer", "unique"),
    [
        ({"email": "mara@shop.example", "id": "C-71", "phone": "+40712000111"}, "mara@shop.example"),
        ({"id": "C-71", "phone": "+40712000111"}, "C-71"),
        ({"phone": "+40712000111"}, "+40712000111"),
    ],
)
def test_the_contact_makes_an_event_unique(customer: dict[str, str], unique: str) -> None:
    """The e-mail address counts, else the id, else the telephone number; version 2 finds them by itself."""
    sample = event("customer.logged_in", customer=customer)
    assert body_of(sample)["keyValue"] == unique
    assert "keyValue" not in body_of(sample, api_version="v2")


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_events_own_id_can_make_it_unique(version: str) -> None:
    """Two events of one contact in a minute both count then."""
    assert body_of(SAMPLES["cart.updated"], api_version=version, key_value="event_id")["keyValue"] == "ev_01HX5W2K7T"


def test_an_event_of_nobody_is_skipped_unless_its_own_id_makes_it_unique() -> None:
    """Anonymous page views are no failures; whoever wants them can have them."""
    for anonymous in ({}, {"customer": {"username": "mara"}}):
        sample = event("page.viewed", page={"url": "https://shop.example/"}, **anonymous)
        for version in ("v1", "v2"):
            assert "nobody is identified" in why_skipped("esputnik", sample, api_version=version)
            assert body_of(sample, api_version=version, key_value="event_id")["eventTypeKey"] == "pageViewed"


def test_nested_data_travels_as_json_in_a_string_and_all_of_it_as_text() -> None:
    """Templates read `{"array": [...]}`; a bare list would be taken and break them later."""
    params = params_of(SAMPLES["cart.abandoned"])
    assert params["coupons"] == '{"array":[{"code":"SPRING","type":"fixed_amount","amount":"2.00"}]}'
    items = orjson.loads(params["items"])["array"]
    assert [item["quantity"] for item in items] == ["2", "1"]
    assert [item["price"] for item in items] == ["8.50", "12.00"]
    assert all(isinstance(text, str) for item in items for text in item.values())


def test_properties_become_one_parameter_each() -> None:
    """Lists and objects as JSON in a string, other values as text, nulls not at all, and never in place of ours."""
    properties = {
        "perks": ["a", 1],
        "tier": {"name": "gold", "rank": 2},
        "points": 1200,
        "rate": 0.25,
        "vip": True,
        "none": None,
        "empty": "",
        "email": "evil@shop.example",
        "eventId": "not ours",
    }
    params = params_of(event("custom.tier_up", customer=GUEST, properties=properties))
    assert without(params, "occurredAt", "source") == {
        "email": "mara@shop.example",
        "eventId": "ev_01HX5W2K7T",
        "perks": '{"array":["a",1]}',
        "tier": '{"name":"gold","rank":2}',
        "points": "1200",
        "rate": "0.25",
        "vip": "true",
    }


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/Kyiv", "2026-03-05T10:15:00"),
        ("America/New_York", "2026-03-05T03:15:00"),
        ("UTC", "2026-03-05T08:15:00"),
    ],
)
def test_times_are_those_of_the_accounts_zone(zone: str, shown: str) -> None:
    """eSputnik reads a time without a zone by the clock of the account's user."""
    assert params_of(SAMPLES["cart.abandoned"], time_zone=zone)["occurredAt"] == shown


def test_a_long_name_is_cut_to_what_a_contact_may_have() -> None:
    """One value that is too long would void the whole update of the contact, without a word."""
    params = params_of(event("customer.updated", customer={**GUEST, "first_name": "x" * 61, "last_name": ""}))
    assert params["firstName"] == "x" * 60
    assert "lastName" not in params


def test_configured_contact_fields_travel_as_profile_inputs() -> None:
    """Events about a contact carry its additional fields in the form a workflow's contact task reads."""
    inputs = {"favourite_glaze": 10001, "birthdate": 10002, "verified_email": 10003, "groups": 10004, "unknown": 10005}
    params = params_of(SAMPLES["customer.created"], profile_inputs=inputs)
    assert orjson.loads(params["json"]) == {
        "profileInputs": [
            {"profileInputId": 10001, "value": "celadon"},
            {"profileInputId": 10002, "value": "1990-02-26"},
            {"profileInputId": 10003, "value": "true"},
        ]
    }
    assert "json" not in params_of(SAMPLES["customer.updated"], profile_inputs=inputs)
    assert "json" not in params_of(SAMPLES["order.created"], profile_inputs=inputs)


def test_a_product_stands_alone_or_beside_its_cart() -> None:
    """Alone its fields are parameters; beside a cart they would be taken for the cart's, and stand in a list."""
    assert params_of(SAMPLES["product.viewed"])["externalItemId"] == "P-9-R"
    added = params_of(SAMPLES["cart.item_added"])
    assert orjson.loads(added["product"])["array"][0]["externalItemId"] == "P-9-R"
    assert "price" not in added


def test_an_order_with_its_changed_item_tells_both() -> None:
    """The order's own status is not overwritten by the item's."""
    item = {**MUG, "order_id": "O-5001", "status": {"name": "Picked"}}
    params = params_of(event("order.item_updated", item=item, order=ORDER, customer=GUEST))
    assert (params["externalOrderId"], params["status"], params["totalCost"]) == ("O-5001", "Paid", "19.00")
    assert orjson.loads(params["item"])["array"][0]["name"] == "Mug, red"


def test_a_page_without_an_address_is_located_by_the_context() -> None:
    """The place of a page event is the page's own address, else where the visitor was."""
    context = {"url": "https://shop.example/seen"}
    sample = event("page.viewed", page={"title": "Kiln"}, context=context, customer=GUEST)
    assert params_of(sample)["location"] == "https://shop.example/seen"


def _large_cart(items: int, **more: Any) -> dict[str, Any]:
    names = [f"Mug {number} " + '\u20ac"' * 20 for number in range(items)]
    return {**CART, "items": [{**MUG, "name": name} for name in names], **more}


@pytest.mark.parametrize("count", [55, 56, 100, 150])
def test_items_that_do_not_fit_are_left_out_and_counted(count: int) -> None:
    """A long cart is delivered as far as 20 KB go; a parameter says how many items are not shown."""
    payload = sent_payload("esputnik", event("cart.abandoned", cart=_large_cart(count), customer=GUEST))
    body = orjson.loads(payload.body)
    params = {param["name"]: param["value"] for param in body["params"]}
    shown = orjson.loads(params["items"])["array"]
    another = len(orjson.dumps(orjson.dumps(shown[0]).decode()))
    assert LARGEST_PAYLOAD - another < len(payload.body) <= LARGEST_PAYLOAD
    assert [item["name"].split()[1] for item in shown] == [str(number) for number in range(len(shown))]
    assert int(params["itemsOmitted"]) == count - len(shown)
    assert EventV1().validate(body) == {}


def test_an_event_that_fits_is_not_shortened() -> None:
    """The note appears only where something is missing."""
    params = params_of(event("cart.abandoned", cart=_large_cart(10), customer=GUEST))
    assert len(orjson.loads(params["items"])["array"]) == 10
    assert "itemsOmitted" not in params


@pytest.mark.parametrize("cart", [{}, {"cart": CART}])
def test_an_event_too_large_without_items_is_refused_by_its_largest_part(cart: dict[str, Any]) -> None:
    """Nothing is sent half, and a person learns where the bulk is."""
    sample = event("cart.abandoned", customer=GUEST, properties={"notes": "x" * 20_000}, **cart)
    assert why_refused("esputnik", sample).field == "properties"


def test_overrides_change_single_parameters_by_name() -> None:
    """A producer can add, change and drop a parameter of one destination without repeating the others."""
    params = {"vip": True, "source": "kiosk", "items": None, "perks": ["a"]}
    sample = event(
        "cart.abandoned", cart=CART, customer=GUEST, overrides={NAME: {"params": params, "keyValue": "mine"}}
    )
    assert body_of(sample)["keyValue"] == "mine"
    found = params_of(sample)
    assert (found["vip"], found["source"], found["perks"]) == ("true", "kiosk", '{"array":["a"]}')
    assert found["cartId"] == "K-300"
    assert "items" not in found


def test_overrides_may_replace_the_list_of_parameters() -> None:
    """What is given as the vendor writes it is sent as it is."""
    params = [{"name": "only", "value": "this"}]
    sample = event("custom.ping", customer=GUEST, overrides={NAME: {"params": params}})
    assert body_of(sample)["params"] == params
    huge = [{"name": "only", "value": "x" * 20_000}]
    assert (
        why_refused("esputnik", event("custom.ping", customer=GUEST, overrides={NAME: {"params": huge}})).field
        == "overrides"
    )


@pytest.mark.parametrize(
    ("options", "header"),
    [
        ({}, "Basic dXNlcjpLM1ktZGVtbw=="),
        ({"auth": "bearer"}, "Bearer K3Y-demo"),
    ],
)
def test_the_key_is_sent_as_a_password_or_as_a_token(options: dict[str, str], header: str) -> None:
    """The password goes with any user name."""
    sample = SAMPLES["cart.abandoned"]
    kind = built("esputnik", api_key="K3Y-demo", **options)
    headers = kind.request(sample, sent_payload("esputnik", sample), MOMENT).headers
    assert headers["authorization"] == header
    assert headers["content-type"] == "application/json; charset=UTF-8"
    assert headers["accept"] == "application/json"


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "https://esputnik.com/api/v1/event"),
        ({"api_version": "v2"}, "https://esputnik.com/api/v2/event"),
        ({"base_url": "https://yespo.io/"}, "https://yespo.io/api/v1/event"),
        ({"orders_api": True}, "https://esputnik.com/api/v1/orders"),
    ],
)
def test_the_resource_is_the_one_that_is_configured(options: dict[str, Any], url: str) -> None:
    """Version, host and the orders resource are configuration."""
    sample = SAMPLES["order.created"]
    payload = sent_payload("esputnik", sample, **options)
    assert built("esputnik", **options).request(sample, payload, MOMENT).url == url


def test_the_first_retry_waits_out_the_guard_against_duplicates() -> None:
    """However the jitter falls, no retry meets the minute in which a repeat counts as a duplicate."""
    assert Esputnik.policy.retry.schedule[0] * (1 - SCHEDULE_JITTER) >= GUARD > 60


@pytest.mark.parametrize(
    "mistake",
    [
        {"api_key": "two\nlines"},
        {"time_zone": "Kyiv"},
        {"auth": "digest"},
        {"api_version": "v3"},
        {"key_value": "email"},
        {"allowed_keys": [""]},
        {"profile_inputs": {"birthdate": 0}},
        {"orders_api": "perhaps"},
        {"order_statuses": {"Paid": "PAID"}},
        {"base_url": "esputnik.com"},
        {"names": {"order.created": "a,b"}},
        {"names": {"order.created": "x" * 101}},
        {"names": {"order.created": ""}},
        {"names": {"order.creatde": "x"}},
    ],
)
def test_a_mistake_in_the_options_is_named_when_the_configuration_is_read(mistake: dict[str, Any]) -> None:
    """What eSputnik would take without a word, or refuse with every event, shows at start-up."""
    with pytest.raises(ValidationError) as refused:
        EsputnikOptions().load({**OPTIONS["esputnik"], **mistake})
    assert list(refused.value.messages_dict) == list(mistake)


def test_a_zone_must_be_named_as_no_default_would_be_right() -> None:
    """Times that are hours off would go unnoticed."""
    with pytest.raises(ValidationError, match="Europe/Bucharest"):
        EsputnikOptions().load({"api_key": "k"})


def test_what_is_private_beyond_the_contact_is_not_sent() -> None:
    """Consent, cookies, statistics and the visitor's address stay where they are."""
    sample = event(
        "customer.updated",
        customer=CUSTOMER,
        context={"ip": "203.0.113.9", "user_agent": "UA/1"},
        consent={"analytics": True, "personalization": False, "marketing": False},
        cookies={"_ga": "GA1.2.3"},
        session_id="sess-1",
    )
    assert not {"203.0.113.9", "UA/1", "GA1.2.3", "sess-1", "212.40"} & set(params_of(sample).values())
