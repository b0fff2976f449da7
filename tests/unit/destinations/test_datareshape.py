"""The kind `datareshape`: names and the account's list of them, address, environment, ids, worth, consent."""

from typing import Any

import orjson
import pytest

from outhaul_producers.types import TYPES
from outhaul_worker.destinations.contract import Moment, Payload
from outhaul_worker.destinations.custom_names import snake_name
from outhaul_worker.destinations.datareshape.names import DEFAULT_NAMES, NOT_APPLICABLE, PUBLISHED
from outhaul_worker.destinations.datareshape.schema import EventCreate
from unit.destinations.canonical import CART, CUSTOMER, MUG, ORDER, SAMPLES, event, without
from unit.destinations.configured import NAME, built
from unit.destinations.sending import sent_body, sent_payload, why_refused, why_skipped

KIND = "datareshape"
MOMENT = Moment(sent_at=1_763_600_000.0, attempt=1)
WHO = {"id": "C-71", "email": "mara@shop.example"}


def _url(**options: Any) -> str:
    payload = sent_payload(KIND, SAMPLES["order.created"])
    return built(KIND, **options).request(SAMPLES["order.created"], payload, MOMENT).url


@pytest.mark.parametrize("event_type", SAMPLES)
def test_every_payload_passes_the_vendors_schema(event_type: str) -> None:
    """What leaves is what DATA Reshape documents: all that is mandatory, nothing unknown, every type right."""
    result = built(KIND).serialise(SAMPLES[event_type])
    if isinstance(result, Payload):
        assert EventCreate().validate(orjson.loads(result.body)) == {}


def test_the_table_of_names_covers_the_vocabulary() -> None:
    """Every type has a name or is known to have none; nobody can forget one."""
    assert set(DEFAULT_NAMES) | NOT_APPLICABLE == set(TYPES)
    assert not set(DEFAULT_NAMES) & NOT_APPLICABLE


def test_the_request_goes_to_the_script_with_the_token_in_its_header() -> None:
    """DATA Reshape tells accounts apart by the script's id and checks the token beside it."""
    sample = SAMPLES["order.created"]
    request = built(KIND).request(sample, sent_payload(KIND, sample), MOMENT)
    assert request.url == "https://shop.datareshape.example/webhooks/reshape/event?id=AB12CD34"
    assert request.headers == {"content-type": "application/json", "x-dre-access-token": "dre-secret-token"}


def test_the_path_is_the_configured_one() -> None:
    """Accounts of an earlier time have another path."""
    assert (
        _url(path="/reshape/standard/event/") == "https://shop.datareshape.example/reshape/standard/event?id=AB12CD34"
    )


def test_the_test_address_is_a_path_and_stands_before_the_query() -> None:
    """Appended after the script's id it would be part of the id."""
    assert _url(test="path") == "https://shop.datareshape.example/webhooks/reshape/event/test?id=AB12CD34"
    assert sent_body(KIND, SAMPLES["order.created"], test="path")["context"]["environment"] == "prod"


def test_test_events_and_test_destinations_say_dev() -> None:
    """Neither is processed, whichever of the two asks for it."""
    assert sent_body(KIND, SAMPLES["order.cancelled"])["context"]["environment"] == "dev"
    assert sent_body(KIND, SAMPLES["order.created"], test="environment")["context"]["environment"] == "dev"
    assert sent_body(KIND, SAMPLES["order.created"])["context"]["environment"] == "prod"
    assert _url(test="environment") == _url()


def test_names_that_are_not_set_up_in_the_account_are_skipped() -> None:
    """DATA Reshape refuses them for good, so they are never sent and are no failures."""
    assert "product_viewed is not among" in why_skipped(KIND, SAMPLES["product.viewed"], events=["sign_up"])
    assert sent_body(KIND, SAMPLES["customer.created"], events=["sign_up"])["event"]["name"] == "sign_up"


def test_custom_events_are_sent_only_where_they_are_set_up() -> None:
    """A custom event is a name of the account's own, under its own type or another name."""
    custom = event("custom.quiz.finished", customer=WHO, value="3.00", currency="RON")
    assert "quiz_finished is not among" in why_skipped(KIND, custom)
    body = sent_body(KIND, custom, events=["quiz_finished"])
    assert body["event"] == {
        "name": "quiz_finished",
        "value": 3,
        "currency": "RON",
        "id": "ev_01HX5W2K7T",
        "properties": {"occurred_at": "2026-03-05T08:15:00.000Z"},
    }
    assert sent_body(KIND, custom, names={"custom.quiz.finished": "quiz"})["event"]["name"] == "quiz"


def test_a_custom_type_without_a_letter_or_digit_has_no_name() -> None:
    """Nothing goes out without a name."""
    assert snake_name("custom.__") == ""
    assert "custom.__" in why_skipped(KIND, event("custom.__", customer=WHO))


def test_a_configured_name_counts_as_set_up() -> None:
    """Who names an event has it in the account; a type without a counterpart can be had that way."""
    body = sent_body(KIND, SAMPLES["order.shipped"], names={"order.shipped": "order_shipped"})
    assert (body["event"]["name"], body["event"]["value"], body["event"]["id"]) == (
        "order_shipped",
        19,
        "ev_01HX5W2K7T",
    )
    renamed = sent_body(KIND, SAMPLES["customer.updated"], names={"customer.updated": "user_data_updated"})
    assert renamed["event"]["name"] == "user_data_updated"


def test_subscriptions_are_leads_only_where_that_is_asked_for() -> None:
    """A lead counts as a conversion, which not every shop wants of a newsletter."""
    sample = SAMPLES["newsletter.subscribed"]
    assert "newsletter_leads" in why_skipped(KIND, sample, newsletter_leads=False)
    lead = sent_body(KIND, sample, newsletter_leads=True)["event"]
    assert (lead["name"], lead["value"], lead["id"]) == ("lead_created", 0, "ev_01HX5W2K7T")
    named = sent_body(KIND, sample, newsletter_leads=False, names={"newsletter.subscribed": "lead_created"})
    assert named["event"]["name"] == "lead_created"


@pytest.mark.parametrize("event_type", ["order.created", "order.updated"])
def test_only_a_confirmed_order_counts_as_bought(event_type: str) -> None:
    """An order that may never be paid for is no conversion; its first confirmation is."""
    for unconfirmed in (without(ORDER, "confirmed"), {**ORDER, "confirmed": False}):
        assert "order.confirmed" in why_skipped(KIND, event(event_type, order=unconfirmed, customer=WHO))
    sent = sent_body(KIND, event(event_type, order=ORDER, customer=WHO))["event"]
    assert (sent["name"], sent["id"]) == ("checkout_completed", "O-5001")


def test_updates_confirm_nothing_in_a_shop_that_confirms_at_once() -> None:
    """Such a shop keeps its later updates to itself."""
    assert "confirm_by_update" in why_skipped(KIND, SAMPLES["order.updated"], confirm_by_update=False)
    assert sent_body(KIND, SAMPLES["order.created"], confirm_by_update=False)["event"]["id"] == "O-5001"


def test_an_order_under_another_name_need_not_be_confirmed() -> None:
    """The rule belongs to the purchase, not to orders as such."""
    pending = event("order.created", order={**ORDER, "confirmed": False}, customer=WHO)
    placed = sent_body(KIND, pending, names={"order.created": "order_placed"})["event"]
    assert (placed["name"], placed["id"]) == ("order_placed", "O-5001")


@pytest.mark.parametrize("event_type", ["order.cancelled", "order.refunded"])
def test_money_given_back_goes_by_the_id_of_the_purchase(event_type: str) -> None:
    """DATA Reshape finds the purchase by it."""
    sent = sent_body(KIND, SAMPLES[event_type])["event"]
    assert (sent["name"], sent["id"]) == ("order_canceled", "O-5001")


@pytest.mark.parametrize("event_type", ["customer.logged_in", "cart.viewed", "lead.created", "product.viewed"])
def test_events_without_an_order_go_by_the_events_id(event_type: str) -> None:
    """A repeat is told by it; a cart's id would make one of all its events."""
    assert sent_body(KIND, SAMPLES[event_type])["event"]["id"] == SAMPLES[event_type].id


def test_the_value_of_an_order_is_its_grand_total() -> None:
    """Shipping, tax and discounts are in it; nothing stands in for a total that is not there."""
    assert sent_body(KIND, SAMPLES["order.created"])["event"]["value"] == 19
    totals = event("order.created", order=without(ORDER, "totals"), customer=WHO, value="5.00", currency="EUR")
    assert why_refused(KIND, totals).field == "order.totals.total"


def test_the_value_of_a_cart_is_its_total_or_what_its_items_cost() -> None:
    """Funnel events are worth the whole cart."""
    assert sent_body(KIND, SAMPLES["cart.viewed"])["event"]["value"] == 27
    untold = event("cart.viewed", cart=without(CART, "totals"), customer=WHO)
    assert sent_body(KIND, untold)["event"]["value"] == 29
    empty = sent_body(KIND, event("cart.viewed", cart={"id": "K-1"}, customer=WHO))
    assert (empty["event"]["value"], empty["event"]["currency"], empty["products"]) == (0, "EUR", [])


def test_the_value_of_a_product_is_what_so_many_of_it_cost() -> None:
    """What went into the cart counts, not the whole cart."""
    added = event("cart.item_added", cart=CART, product={**MUG, "price": "8.55", "quantity": 3}, customer=WHO)
    body = sent_body(KIND, added)
    assert body["event"]["value"] == 25.65
    assert [product["id"] for product in body["products"]] == ["P-9-R"]


def test_a_lead_is_worth_what_is_said_of_it() -> None:
    """A product sent along with a lead says what it is about, not what it is worth."""
    lead = event("lead.created", customer=WHO, value="50.00", currency="RON", product=MUG)
    body = sent_body(KIND, lead)
    assert (body["event"]["value"], body["event"]["currency"]) == (50, "RON")
    assert body["products"][0]["id"] == "P-9-R"


def test_no_amount_goes_out_under_another_currency() -> None:
    """One currency governs all amounts of an event, so a worth in another than the cart's is not mixed in."""
    mixed = event("custom.offer", customer=WHO, value="50.00", currency="EUR", cart={**CART, "currency": "RON"})
    body = sent_body(KIND, mixed, events=["offer"])
    assert (body["event"]["value"], body["event"]["currency"]) == (27, "RON")


@pytest.mark.parametrize(
    ("sections", "currency"),
    [
        ({"product": MUG, "currency": "USD"}, "USD"),
        ({"product": MUG, "cart": {"id": "K-1", "currency": "RON"}}, "RON"),
        ({"product": MUG}, "UAH"),
    ],
)
def test_the_currency_is_the_nearest_that_is_named(sections: dict[str, Any], currency: str) -> None:
    """Every event has one, the shop's own where it names none."""
    viewed = event("product.viewed", customer=WHO, **sections)
    assert sent_body(KIND, viewed, currency="UAH")["event"]["currency"] == currency


def test_unknown_consent_is_spelled_out_as_none() -> None:
    """DATA Reshape takes an absent consent for a full one."""
    none = {"analytics": False, "personalization": False, "marketing": False}
    assert sent_body(KIND, SAMPLES["customer.logged_in"])["consent"] == none
    given = {"analytics": True, "personalization": False, "marketing": False}
    assert sent_body(KIND, SAMPLES["customer.created"])["consent"] == given


@pytest.mark.parametrize("consent", [None, {"marketing": None}, {"marketing": "yes"}, {"marketing": 1}, True])
def test_consent_that_an_override_breaks_is_refused(consent: Any) -> None:
    """Malformed, it would be taken for consent to everything."""
    sample = event("customer.logged_in", customer=WHO, overrides={NAME: {"consent": consent}})
    assert why_refused(KIND, sample).field == f"overrides.{NAME}.consent"


def test_overrides_are_merged_into_the_body_and_reach_neither_token_nor_address() -> None:
    """A producer can add to the payload for this destination alone."""
    over = {"event": {"properties": {"gift": True}}, "consent": {"marketing": True}, "id": "EVIL"}
    sample = event("order.created", order=ORDER, customer=CUSTOMER, overrides={NAME: over, "other": {"event": None}})
    payload = sent_payload(KIND, sample)
    body = orjson.loads(payload.body)
    assert body["event"]["properties"] == {"occurred_at": "2026-03-05T08:15:00.000Z", "gift": True}
    assert body["consent"]["marketing"] is True
    request = built(KIND).request(sample, payload, MOMENT)
    assert request.url.endswith("?id=AB12CD34")
    assert request.headers["x-dre-access-token"] == "dre-secret-token"


def test_only_published_names_are_set_up_by_default() -> None:
    """A destination that lists nothing sends what the vendor describes, and no name of ours."""
    assert set(DEFAULT_NAMES.values()) < set(PUBLISHED)
