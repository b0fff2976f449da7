"""The kind `okanjo`: Event objects, their ids, times and statuses, how they are sent, and how it is configured."""

import re
import time
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError
from standardwebhooks import Webhook as Receiver

from outhaul_config.destinations import Destination
from outhaul_worker.destinations.contract import Meaning, Moment, Payload, Verdict
from outhaul_worker.destinations.okanjo import Okanjo
from outhaul_worker.destinations.okanjo.identity import okanjo_id
from outhaul_worker.destinations.okanjo.names import DEFAULT_NAMES
from outhaul_worker.destinations.okanjo.options import OkanjoOptions
from outhaul_worker.destinations.okanjo.schema import OkanjoEvent
from outhaul_worker.exchange import Answer
from unit.destinations.canonical import MUG, ORDER, SAMPLES, event, without
from unit.destinations.configured import NAME, OPTIONS, SHARED_SECRET, built
from unit.destinations.sending import sent_body, sent_payload, why_refused, why_skipped

ID = re.compile(r"EV[1-9A-HJ-NP-Za-km-z]{17,18}")


def now() -> Moment:
    """An attempt made at this moment, since receivers refuse old signatures."""
    return Moment(sent_at=time.time(), attempt=2)


CREATED = SAMPLES["order.created"]


@pytest.mark.parametrize("event_type", DEFAULT_NAMES)
def test_every_payload_passes_the_schema_of_its_type(event_type: str) -> None:
    """What leaves is what the published listeners take: all that they read, and every scalar a text or null."""
    assert OkanjoEvent().validate(sent_body("okanjo", SAMPLES[event_type])) == {}


@pytest.mark.parametrize("event_type", sorted(set(SAMPLES) - set(DEFAULT_NAMES)))
def test_what_the_marketplace_had_no_event_for_is_skipped(event_type: str) -> None:
    """Listeners are not sent names they do not know."""
    assert "the option names" in why_skipped("okanjo", SAMPLES[event_type])


@given(st.from_regex(r"[A-Za-z0-9_-]{3,64}", fullmatch=True))
def test_an_id_is_made_of_the_events_own_in_okanjos_alphabet(event_id: str) -> None:
    """The same event has the same id for ever, in the form that Okanjo's ids have."""
    assert ID.fullmatch(okanjo_id(event_id))
    assert okanjo_id(event_id) == okanjo_id(event_id)


def test_ids_stay_what_they_are() -> None:
    """A change of the derivation would make repeats of delivered events look new."""
    assert okanjo_id("ev_01HX5W2K7T") == "EVeQPVhEN3KkDczV5nXx"


def test_different_events_have_different_ids() -> None:
    """Numbered ids spread over the whole range."""
    assert len({okanjo_id(f"order-{number}") for number in range(5000)}) == 5000


@pytest.mark.parametrize(
    ("utc", "central"),
    [
        ("2026-03-05T08:15:00.999Z", "2026-03-05 02:15:00"),
        ("2026-07-05T08:15:00.000Z", "2026-07-05 03:15:00"),
        ("2026-03-08T07:59:59.000Z", "2026-03-08 01:59:59"),
        ("2026-03-08T08:00:00.000Z", "2026-03-08 03:00:00"),
        ("2026-11-01T06:59:59.000Z", "2026-11-01 01:59:59"),
        ("2026-11-01T07:00:00.000Z", "2026-11-01 01:00:00"),
    ],
)
def test_times_are_us_central_with_its_summer_time(utc: str, central: str) -> None:
    """Listeners read times by the clock in Milwaukee, which jumps twice a year."""
    sample = event("order.created", order=without(ORDER, "created_at"), occurred_at=utc)
    body = sent_body("okanjo", sample)
    assert (body["occurred"], body["data"]["created"]) == (central, central)


@given(st.integers(0, 2_145_916_800))
def test_a_central_time_names_the_moment_up_to_the_repeated_hour(moment: int) -> None:
    """Whatever the moment, one of the at most two readings of what is sent is it, to the second."""
    utc = datetime.fromtimestamp(moment, UTC)
    sample = event("payout.created", payout={"total": "1.00"}, occurred_at=f"{utc:%Y-%m-%dT%H:%M:%S}.000Z")
    shown = datetime.fromisoformat(sent_body("okanjo", sample)["occurred"])
    zone = ZoneInfo("America/Chicago")
    assert utc in {shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}


def test_the_content_type_is_exactly_the_one_listeners_compare_with() -> None:
    """A charset behind it would be answered with 400."""
    request = built("okanjo").request(CREATED, sent_payload("okanjo", CREATED), now())
    assert request.headers["content-type"] == "application/json"


def test_redirects_may_be_followed_three_times() -> None:
    """Subscribers that moved are still reached, as they were by the marketplace."""
    assert built("okanjo").request(CREATED, sent_payload("okanjo", CREATED), now()).redirects == 3


def test_a_signature_is_added_where_there_is_a_secret_and_carries_the_id_of_the_body() -> None:
    """A receiver that verifies can, and recognises repeats by one id alone."""
    payload = sent_payload("okanjo", CREATED)
    headers = dict(built("okanjo").request(CREATED, payload, now()).headers)
    Receiver(SHARED_SECRET).verify(payload.body, headers)
    assert headers["webhook-id"] == okanjo_id(CREATED.id)


def test_an_address_is_all_it_takes() -> None:
    """Without a secret nothing but the content type is sent along."""
    loaded = OkanjoOptions().load({"url": "https://hooks.example/in"})
    kind = Okanjo(Destination(NAME, "okanjo", ("*",), options=loaded))
    payload = kind.serialise(CREATED)
    assert isinstance(payload, Payload)
    assert dict(kind.request(CREATED, payload, now()).headers) == {"content-type": "application/json"}


def test_retries_follow_the_published_schedule() -> None:
    """30 retries, after 1, 2, 4 minutes and so on, up to 64: 1599 minutes in all."""
    retry = Okanjo.policy.retry
    assert [wait / 60 for wait in retry.schedule] == [1, 2, 4, 8, 16, 32, *[64] * 24]
    assert sum(retry.schedule) == 1599 * 60
    assert retry.max_attempts == 31
    assert retry.max_age > 1.2 * sum(retry.schedule)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict(Meaning.DELIVERED, "HTTP 200")),
        (204, Verdict(Meaning.DELIVERED, "HTTP 204")),
        (302, Verdict(Meaning.RETRY, "HTTP 302: not followed, or no end after 3 redirects")),
        (307, Verdict(Meaning.RETRY, "HTTP 307: not followed, or no end after 3 redirects")),
        (400, Verdict(Meaning.RETRY, "HTTP 400")),
        (401, Verdict(Meaning.RETRY, "HTTP 401")),
        (404, Verdict(Meaning.RETRY, "HTTP 404")),
        (410, Verdict(Meaning.DESTINATION_FAULT, "HTTP 410: the endpoint is gone")),
        (500, Verdict(Meaning.RETRY, "HTTP 500")),
    ],
)
def test_all_but_success_and_gone_is_tried_again(status: int, verdict: Verdict) -> None:
    """The marketplace made no difference between failures."""
    assert built("okanjo").classify(Answer(status=status)) == verdict


@pytest.mark.parametrize(
    ("event_type", "order", "expected"),
    [
        ("order.created", {}, "1"),
        ("order.created", {"confirmed": True}, "2"),
        ("order.created", {"financial_status": "paid"}, "2"),
        ("order.created", {"status": {"name": "Something new"}}, "1"),
        ("order.updated", {"status": {"name": "Dispute"}}, "11"),
        ("order.updated", {"status": {"code": "9"}}, "9"),
        ("order.updated", {"status": {"code": "pending_refund"}}, "10"),
        ("order.updated", {"status": {"code": "X", "name": "Complete"}}, "4"),
        ("order.updated", {"status": {"name": "IN KILN"}, "financial_status": "refunded"}, "2"),
        ("order.updated", {"status": {"name": "Odd"}, "fulfillment_status": "shipped"}, "3"),
        ("order.updated", {"confirmed": True}, "2"),
        ("order.cancelled", {"status": {"name": "Paid"}}, "6"),
        ("order.refunded", {"status": {"name": "Paid"}}, "5"),
        ("order.refunded", {"status": {"name": "Pending refund"}}, "10"),
        ("order.shipped", {"status": {"name": "Paid"}}, "3"),
        ("custom.audit", {"status": {"name": "Expired"}}, "7"),
    ],
)
def test_an_orders_status_is_one_of_okanjos_numbers(event_type: str, order: dict[str, Any], expected: str) -> None:
    """What the type says is certain; else the shop's own table, numbers, common words, fulfilment and payment tell."""
    sample = event(event_type, order={"id": "O-1", "currency": "EUR", "items": [MUG], **order})
    options = {"statuses": {"in kiln": 2}, "names": {"custom.audit": "order.updated"}}
    assert sent_body("okanjo", sample, **options)["data"]["status"] == expected


@pytest.mark.parametrize(
    ("sample", "path"),
    [
        (event("order.updated", order=without(ORDER, "status", "financial_status", "confirmed")), "order.status"),
        (event("order.item_updated", item={**MUG, "order_id": "O-1", "status": {"name": "Odd"}}), "item.status"),
        (event("order.item_updated", item={**MUG, "order_id": "O-1"}), "item.status"),
        (event("order.created", order={**ORDER, "items": [MUG, {**MUG, "quantity": 0.5}]}), "order.items[1].quantity"),
        (
            event("order.item_updated", item={**MUG, "order_id": "O-1", "quantity": 2.5, "status": {"name": "Paid"}}),
            "item.quantity",
        ),
        (event("order.created"), "order"),
        (event("payout.created"), "payout"),
    ],
)
def test_what_okanjo_cannot_take_is_refused_by_its_path(sample: Any, path: str) -> None:
    """No status is guessed and no quantity rounded; a person learns what to mend."""
    assert why_refused("okanjo", sample).field == path


def test_names_send_further_types_by_what_they_hold() -> None:
    """A custom event, or one that has none by default, goes out as a published type that fits its sections."""
    names = {"custom.restocked": "product.created", "product.updated": "product.created"}
    body = sent_body("okanjo", event("custom.restocked", product=MUG), names=names)
    assert (body["type"], body["data"]["id"]) == ("product.created", "P-9")
    assert sent_body("okanjo", SAMPLES["product.updated"], names=names)["data"]["title"] == "Bowl"
    assert why_refused("okanjo", event("custom.restocked"), names=names).field == "product"


def test_overrides_are_laid_on_top_of_the_event_object() -> None:
    """A producer can fill what the canonical form does not know."""
    sample = event("order.created", **{**CREATED.body, "overrides": {NAME: {"data": {"is_tax_exempt": "1"}}}})
    assert sent_body("okanjo", sample)["data"]["is_tax_exempt"] == "1"


@pytest.mark.parametrize(
    "mistake",
    [
        {"url": "hooks.example"},
        {"secret": "whsec_short"},
        {"statuses": {"Paid": 12}},
        {"statuses": {"Paid": "paid"}},
        {"names": {"order.created": "confirmed_order"}},
        {"names": {"order.created": "product.created"}},
        {"names": {"customer.created": "order.updated"}},
        {"names": {"order.item_updated": "order.updated"}},
        {"names": {"custom.x": ["order.updated"]}},
    ],
)
def test_a_mistake_in_the_options_is_named_when_the_configuration_is_read(mistake: dict[str, Any]) -> None:
    """Names that were withdrawn, and those whose data an event cannot hold, show at start-up."""
    with pytest.raises(ValidationError) as refused:
        OkanjoOptions().load({**OPTIONS["okanjo"], **mistake})
    assert list(refused.value.messages_dict) == list(mistake)
