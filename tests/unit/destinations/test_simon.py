"""The kind `simon`: names, credentials, environments, who it is, and answers."""

from typing import Any

import orjson
import pytest

from outhaul_producers.types import TYPES
from outhaul_worker.destinations.contract import Meaning, Moment, Verdict
from outhaul_worker.destinations.simon.names import BUILT_IN, DEFAULT_NAMES, NOT_APPLICABLE, misfit
from outhaul_worker.destinations.simon.parts import hashed
from outhaul_worker.exchange import Answer
from unit.destinations.canonical import CART, CUSTOMER, MUG, ORDER, SAMPLES, event
from unit.destinations.configured import NAME, built
from unit.destinations.sending import sent_body, sent_payload, why_refused, why_skipped

KIND = "simon"
MOMENT = Moment(sent_at=1_763_600_000.25, attempt=1)
WHO = {"id": "C-71", "email": "mara@shop.example"}
DEAD, RETRY, FAULT, DELIVERED = Meaning.DEAD, Meaning.RETRY, Meaning.DESTINATION_FAULT, Meaning.DELIVERED


def _url(event_type: str = "order.created", **options: Any) -> str:
    sample = SAMPLES[event_type]
    return built(KIND, **options).request(sample, sent_payload(KIND, sample), MOMENT).url


def test_the_table_of_names_covers_the_vocabulary() -> None:
    """Every type has a name or is known to have none; nobody can forget one."""
    assert set(DEFAULT_NAMES) | NOT_APPLICABLE == set(TYPES)
    assert not set(DEFAULT_NAMES) & NOT_APPLICABLE
    assert all(misfit(event_type, name) == "" for event_type, name in DEFAULT_NAMES.items())


def test_partner_secret_and_time_of_sending_are_added_to_each_request_alone() -> None:
    """The secret is in no payload that is stored or shown, and a retry tells its own time."""
    sample, kind = SAMPLES["order.created"], built(KIND)
    payload = sent_payload(KIND, sample)
    own = orjson.loads(payload.body)
    assert not {"partnerId", "partnerSecret", "sentAt"} & set(own)
    for sent_at, attempt in ((1_763_600_000.25, 1), (1_763_600_031.5, 2)):
        request = kind.request(sample, payload, Moment(sent_at, attempt))
        assert orjson.loads(request.body) == {
            "partnerId": "p-acme",
            "partnerSecret": "simon-secret-word",
            "sentAt": int(sent_at * 1000),
            **own,
        }
        assert request.headers == {"content-type": "application/json"}


def test_a_secret_of_any_characters_is_written_as_json() -> None:
    """A quotation mark in a secret breaks no body."""
    sample = SAMPLES["customer.updated"]
    request = built(KIND, partner_secret='s"\\é').request(sample, sent_payload(KIND, sample), MOMENT)
    assert orjson.loads(request.body)["partnerSecret"] == 's"\\é'


@pytest.mark.parametrize("forged", ["partnerId", "partnerSecret", "sentAt"])
def test_an_override_cannot_forge_what_a_request_adds(forged: str) -> None:
    """Credentials are the destination's, whatever a producer says."""
    sample = event("customer.updated", customer=WHO, overrides={NAME: {forged: "forged"}})
    assert why_refused(KIND, sample).field == f"overrides.{NAME}.{forged}"


@pytest.mark.parametrize(
    ("environment", "usual", "of_tests"),
    [
        ("production", "https://simonsignal.com", "https://staging.simonsignal.com"),
        ("staging", "https://staging.simonsignal.com", "https://staging.simonsignal.com"),
        ("dev", "https://dev.simonsignal.com", "https://dev.simonsignal.com"),
    ],
)
def test_each_environment_has_its_host_and_tests_never_reach_production(
    environment: str, usual: str, of_tests: str
) -> None:
    """A test event of a shop in production goes to staging."""
    assert _url(environment=environment) == f"{usual}/http/v1/collect"
    assert _url("order.cancelled", environment=environment) == f"{of_tests}/http/v1/collect"


def test_a_configured_address_stands_in_for_every_host() -> None:
    """A simulator or proxy gets all there is."""
    for event_type in ("order.created", "order.cancelled"):
        assert _url(event_type, base_url="http://127.0.0.1:8601/") == "http://127.0.0.1:8601/http/v1/collect"


def test_debug_is_on_unless_it_is_switched_off() -> None:
    """Without it Simon answers 200 to events that it drops."""
    assert sent_body(KIND, SAMPLES["order.created"])["context"]["debug"] is True
    assert "debug" not in sent_body(KIND, SAMPLES["order.created"], debug=False)["context"]


def test_outhauls_own_version_is_told_where_none_is_configured() -> None:
    """Simon's people can see what sends them events."""
    told = sent_body(KIND, SAMPLES["order.created"], client_name="outhaul", client_version="")["context"]
    assert told["name"] == "outhaul"
    assert told["version"]


def test_surroundings_have_the_fields_that_simon_has_for_them() -> None:
    """Minutes are counted as JavaScript does: negative east of Greenwich."""
    context = {
        "ip": "203.0.113.9",
        "user_agent": "UA/1",
        "url": "https://shop.example/done",
        "device_type": "web",
        "utc_offset_minutes": 120,
    }
    seen = event("product.viewed", product=MUG, customer=WHO, context=context)
    body = sent_body(KIND, seen)
    assert (body["ipAddress"], body["timezone"]) == ("203.0.113.9", -120)
    assert body["context"] == {
        "debug": True,
        "name": "delivery-worker",
        "version": "1.0",
        "userAgent": "UA/1",
        "page": {"url": "https://shop.example/done"},
        "device": {"type": "web"},
    }
    dotted = sent_body(KIND, seen, context_style="dotted")["context"]
    assert (dotted["page.url"], dotted["device.type"]) == ("https://shop.example/done", "web")
    assert not {"page", "device"} & set(dotted)


@pytest.mark.parametrize(("offset", "sent"), [(0, 0), (840, -840), (-720, 720), (-780, None)])
def test_only_offsets_that_zones_have_are_sent(offset: int, sent: int | None) -> None:
    """One mistaken offset must not cost the event."""
    body = sent_body(KIND, event("customer.logged_in", customer=WHO, context={"utc_offset_minutes": offset}))
    assert body.get("timezone") == sent


@pytest.mark.parametrize(
    ("envelope", "expected"),
    [
        ({"session_id": "sess-8842", "customer": WHO}, "sess-8842"),
        ({"customer": WHO}, "C-71"),
        ({"customer": {**WHO, "id": "C" * 45}}, "C" * 45),
        ({"customer": {**WHO, "id": "C" * 46}}, hashed("C" * 46)),
        ({"customer": {"email": "ana.pop@example.com"}}, "ad972ab068ba55a1865da271ea3432a090ba8e2e"),
    ],
)
def test_the_client_is_the_session_else_the_customer_in_at_most_45_characters(
    envelope: dict[str, Any], expected: str
) -> None:
    """E-mail addresses may be longer than Simon allows, and a hash of one is always the same."""
    assert sent_body(KIND, event("custom.vip", **envelope))["clientId"] == expected


@pytest.mark.parametrize("sections", [{}, {"customer": {"phone": "+40712000111"}}, {"customer": {"username": "mara"}}])
def test_an_event_of_nobody_known_is_skipped(sections: dict[str, Any]) -> None:
    """Simon can attribute it to no one, and demands a client."""
    assert "nobody is identified" in why_skipped(KIND, event("custom.vip", **sections))


def test_traits_are_those_of_people_with_an_e_mail_address() -> None:
    """Traits without one make the whole event invalid; the id has another place then."""
    known = sent_body(KIND, event("product.viewed", product=MUG, customer=WHO))
    assert known["traits"] == {"email": "mara@shop.example", "userId": "C-71"}
    assert "userId" not in known
    unknown = sent_body(KIND, event("product.viewed", product=MUG, customer={"id": "C-71", "first_name": "Mara"}))
    assert "traits" not in unknown
    assert unknown["userId"] == "C-71"


def test_everything_known_of_a_customer_is_in_the_traits() -> None:
    """What Simon has no field for stands among the traits' properties."""
    stats = {
        "orders_total_number": 4,
        "orders_canceled_number": 1,
        "orders_total_value": "212.40",
        "orders_refunded_value": "8.50",
        "predicted_value": "300.00",
    }
    who = {**CUSTOMER, "username": "mara", "push_arn": "arn:aws:sns:eu-west-1:1:endpoint/x", "stats": stats}
    assert sent_body(KIND, event("customer.updated", customer=who))["traits"] == {
        "email": "mara@shop.example",
        "userId": "C-71",
        "username": "mara",
        "firstName": "Mara",
        "lastName": "Iuga",
        "ARN": "arn:aws:sns:eu-west-1:1:endpoint/x",
        "properties": {
            "favourite_glaze": "celadon",
            "phone": "+40712000111",
            "createdAt": 1_704_787_200_000,
            "ordersTotalNumber": 4,
            "ordersCanceledNumber": 1,
            "ordersTotalValue": 212.4,
            "ordersRefundedValue": 8.5,
            "predictedValue": 300,
        },
    }


@pytest.mark.parametrize(
    ("customer", "field"), [({"email": "mara@shop.example"}, "customer.id"), ({"id": "C-71"}, "customer.email")]
)
def test_an_identify_call_needs_both_id_and_address(customer: dict[str, str], field: str) -> None:
    """A person reads which one to give; nothing is made up in its place."""
    assert why_refused(KIND, event("customer.updated", customer=customer)).field == field


@pytest.mark.parametrize(
    ("event_type", "name"),
    [("custom.loyalty.tier_up", "loyalty_tier_up"), ("custom.vip", "vip"), ("custom." + "a" * 38, "a" * 38)],
)
def test_a_custom_type_is_named_in_snake_case(event_type: str, name: str) -> None:
    """Names look like the vendor's own."""
    assert sent_body(KIND, event(event_type, customer=WHO))["properties"]["eventName"] == name


@pytest.mark.parametrize("event_type", ["custom.__", "custom." + "a" * 39])
def test_a_custom_type_whose_name_does_not_fit_needs_a_configured_one(event_type: str) -> None:
    """Cut off, two names could become one; Simon would drop a longer one without a word."""
    assert why_refused(KIND, event(event_type, customer=WHO)).field == "type"
    named = sent_body(KIND, event(event_type, customer=WHO), names={event_type: "short"})
    assert named["properties"]["eventName"] == "short"


def test_a_configured_name_makes_a_custom_event_or_another_of_simons_own() -> None:
    """Both directions are of use: an event of the shop's own, and one that Simon knows."""
    custom = sent_body(KIND, SAMPLES["cart.viewed"], names={"cart.viewed": "basket_seen"})
    assert (custom["event"], custom["properties"]["eventName"]) == ("custom", "basket_seen")
    own = sent_body(KIND, SAMPLES["checkout.started"], names={"checkout.started": "update_cart"})
    assert own["event"] == "update_cart"
    assert own["properties"]["cartItems"]
    catalogue = event("product.created", product=MUG, customer=WHO)
    assert sent_body(KIND, catalogue, names={"product.created": "new_mug"})["properties"]["eventName"] == "new_mug"


@pytest.mark.parametrize(
    ("event_type", "name"),
    [
        ("custom.vip", "cart"),
        ("cart.viewed", "complete_transaction"),
        ("order.created", "identify"),
        ("customer.created", "authentication"),
        ("cart.viewed", "x" * 39),
        ("cart.viewed", " padded"),
        ("cart.viewed", ""),
        ("cart.viewed", 5),
    ],
)
def test_a_name_that_simon_would_take_for_something_else_is_refused(event_type: str, name: Any) -> None:
    """Its own events are taken only for what they are about."""
    assert misfit(event_type, name)


def test_custom_events_can_be_used_without_an_identity() -> None:
    """Some accounts find out later who it was."""
    custom = event("custom.vip", session_id="sess-1")
    assert "requiresIdentity" not in sent_body(KIND, custom)["properties"]
    assert sent_body(KIND, custom, requires_identity=False)["properties"]["requiresIdentity"] is False
    product = sent_body(KIND, event("product.viewed", session_id="s", product=MUG), requires_identity=False)
    assert "requiresIdentity" not in product["properties"]


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, b"", Verdict(DELIVERED, "HTTP 200")),
        (204, b"", Verdict(DELIVERED, "HTTP 204")),
        (400, b'{"error":"Invalid JSON body"}', Verdict(DEAD, "HTTP 400: Invalid JSON body")),
        (401, b'{"error":"Unauthorized"}', Verdict(FAULT, "HTTP 401: credentials refused: Unauthorized")),
        (403, b'{"error":"Forbidden"}', Verdict(FAULT, "HTTP 403: access refused: Forbidden")),
        (412, b'{"error":"Unknown event type"}', Verdict(DEAD, "HTTP 412: Unknown event type")),
        (413, b"<html>", Verdict(DEAD, "HTTP 413")),
        (404, b'{"error":null}', Verdict(DEAD, "HTTP 404")),
        (422, b'["error"]', Verdict(DEAD, "HTTP 422")),
        (302, b"", Verdict(DEAD, "HTTP 302: redirects are not followed")),
        (408, b"", Verdict(RETRY, "HTTP 408")),
        (425, b"", Verdict(RETRY, "HTTP 425")),
        (429, b"", Verdict(RETRY, "HTTP 429")),
        (500, b'{"error":"x"}', Verdict(RETRY, "HTTP 500: x")),
    ],
)
def test_answers_are_read_as_simon_documents_them(status: int, body: bytes, verdict: Verdict) -> None:
    """Refused credentials pause the destination, what Simon calls invalid is final, the rest is tried again."""
    assert built(KIND).classify(Answer(status=status, body=body)) == verdict


def test_every_event_of_simons_own_is_sent_by_some_type() -> None:
    """None of them is left for nobody."""
    assert set(BUILT_IN) <= set(DEFAULT_NAMES.values())


def test_a_cart_and_an_order_of_one_event_do_not_hide_each_other() -> None:
    """A custom event may tell of both."""
    both = sent_body(KIND, event("custom.review", customer=WHO, order=ORDER, cart=CART))["properties"]["properties"]
    assert (both["transactionId"], both["cartId"]) == ("O-5001", "K-300")
