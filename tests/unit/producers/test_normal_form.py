"""One spelling out, whatever the spelling in."""

import enum
import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import orjson
import pytest

from outhaul_producers.event import Event
from outhaul_producers.normalise import normalise
from strategies.examples import ITEM, canonical, example

NOW = datetime(2026, 3, 5, 8, 15, 0, 123_999, tzinfo=UTC)
BUCHAREST = timezone(timedelta(hours=2))


class Size(enum.StrEnum):
    """A choice as a web framework words it."""

    LARGE = "L"


class Colour(str, enum.Enum):  # noqa: UP042 -- the older kind, whose str() is not its value
    """The older way to word one."""

    RED = "red"


class Level(enum.IntEnum):
    """A number with a name."""

    HIGH = 3


def price(value: Any) -> Any:
    """Return what becomes of a price."""
    return canonical("product.viewed", product={**ITEM, "price": value}).body["product"]["price"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("8.50", "8.50"),
        ("8.5", "8.50"),
        ("8", "8.00"),
        (8, "8.00"),
        (Decimal("8.5"), "8.50"),
        (Decimal("8.50000000"), "8.50"),
        (Decimal("1E+3"), "1000.00"),
        ("8.5550", "8.555"),
        ("8.1234", "8.1234"),
        ("-8.5", "-8.50"),
        ("0", "0.00"),
        ("-0.00", "0.00"),
        (Decimal("-0"), "0.00"),
        ("007.50", "7.50"),
        ("999999999999.9999", "999999999999.9999"),
        (Level.HIGH, "3.00"),
    ],
)
def test_money_is_written_with_two_to_four_decimals(given: Any, kept: str) -> None:
    """Equal amounts are the same text, and nothing is rounded."""
    assert price(given) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [(2, 2), (2.0, 2), ("2", 2), ("2.50", 2.5), (Decimal("2.5"), 2.5), (0.25, 0.25), (Level.HIGH, 3)],
)
def test_other_numbers_are_json_numbers(given: Any, kept: float) -> None:
    """A quantity is an integer where it is one, else a number."""
    found = canonical("product.viewed", product={**ITEM, "quantity": given}).body["product"]["quantity"]
    assert (found, type(found)) == (kept, type(kept))


@pytest.mark.parametrize(
    "given",
    [
        "2026-03-05T08:15:00Z",
        "2026-03-05T10:15:00+02:00",
        "2026-03-05t08:15:00.000z",
        "2026-03-05 08:15:00-00:00",
        "2026-03-05T08:15:00.000999999Z",
        datetime(2026, 3, 5, 8, 15, tzinfo=UTC),
        datetime(2026, 3, 5, 10, 15, 0, 999, tzinfo=BUCHAREST),
    ],
)
def test_times_are_kept_in_utc_with_milliseconds(given: Any) -> None:
    """The same instant is the same text, finer digits cut off."""
    event = canonical(occurred_at=given, customer={"id": 1, "created_at": given}, properties={"at": NOW})
    assert event.body["occurred_at"] == event.body["customer"]["created_at"] == "2026-03-05T08:15:00.000Z"
    assert event.occurred_at == datetime(2026, 3, 5, 8, 15, tzinfo=UTC)
    assert event.body["properties"]["at"] == "2026-03-05T08:15:00.123Z"


def test_people_and_places_are_kept_in_one_spelling() -> None:
    """E-mail in lower case, telephone in E.164, codes in upper case, addresses of the net at their shortest."""
    event = canonical(
        customer={
            "id": 71,
            "email": " Mara@Shop.EXAMPLE ",
            "phone": "+40 (712) 000-111",
            "birthdate": date(1990, 5, 21),
            "accepts_marketing": None,
            "address": {"country": "ro"},
        },
        context={"ip": "2001:0DB8:0:0::0007"},
        value=12,
        currency="eur",
    )
    customer = event.body["customer"]
    assert customer == {
        "id": "71",
        "email": "mara@shop.example",
        "phone": "+40712000111",
        "birthdate": "1990-05-21",
        "accepts_marketing": None,
        "address": {"country": "RO"},
    }
    assert (event.body["context"]["ip"], event.body["currency"]) == ("2001:db8::7", "EUR")


def test_a_status_in_one_word_is_its_name() -> None:
    """Shops without status codes write what they call it."""
    order = {"id": "O-1", "currency": "EUR", "items": [ITEM], "status": "Paid", "previous_status": {"code": "N"}}
    body = canonical("order.updated", order=order).body["order"]
    assert (body["status"], body["previous_status"]) == ({"name": "Paid"}, {"code": "N"})


def test_what_frameworks_hand_over_becomes_plain_json() -> None:
    """Enum members, tuples, Decimals and dates need no conversion by the caller."""
    event = canonical(
        customer={"id": 1, "tags": (Size.LARGE, Colour.RED)},
        properties={
            "size": Size.LARGE,
            "all": (Colour.RED, Level.HIGH),
            "sum": Decimal("8.50"),
            "day": date(2026, 3, 5),
        },
    )
    assert event.body["customer"]["tags"] == ["L", "red"]
    assert event.body["properties"] == {"size": "L", "all": ["red", 3], "sum": "8.50", "day": "2026-03-05"}


@pytest.mark.parametrize("text", ["Ünïcödé", "\U0001f469\u200d\U0001f680 \u202e", "日本語", "a\u00a0b", "\ufeff"])
def test_text_of_every_language_is_kept_as_it_is(text: str) -> None:
    """Only control characters and lone surrogates are hostile; nothing else is touched."""
    event = canonical(customer={"id": text}, properties={text: text + "\t\r\n"})
    assert event.body["customer"]["id"] == text
    assert event.body["properties"] == {text: text + "\t\r\n"}


def test_what_the_caller_leaves_out_is_filled_in() -> None:
    """An id of its own, the moment, the configured source and the documented defaults."""
    submission = normalise({"type": "custom.quiz_finished"}, source="/shops/ro", now=NOW)
    body = orjson.loads(submission.body)
    assert body.pop("id") == submission.event_id
    assert body == {
        "type": "custom.quiz_finished",
        "source": "/shops/ro",
        "occurred_at": "2026-03-05T08:15:00.123Z",
        "specversion": "1.0",
        "schema_version": 1,
        "environment": "prod",
        "channel": "website",
    }


@pytest.mark.parametrize(
    ("given", "subject"),
    [
        (example("order.created"), "order/O-5001"),
        (example("order.item_updated"), "order/O-5001"),
        (example("cart.item_added"), "cart/K-3"),
        (example("product.viewed"), "product/P-9"),
        (example("customer.created", customer={"id": "C-71"}), "customer/C-71"),
        (example("customer.created"), None),
        (example(cart={"id": "K-3"}, customer={"id": "C-71"}), "cart/K-3"),
        (example("order.created", subject="order/other"), "order/other"),
        (example(), None),
    ],
)
def test_the_subject_is_derived_from_what_the_event_is_about(given: dict[str, Any], subject: str | None) -> None:
    """Never from an e-mail address, and never over the caller's own."""
    assert Event(normalise(given, source="/tests").body).body.get("subject") == subject


def test_canonical_json_has_one_order_and_no_spaces() -> None:
    """The same event is the same bytes, however the caller ordered it."""
    one = normalise({"type": "custom.x", "id": "abc", "properties": {"b": 1, "a": 2}, "occurred_at": NOW}, source="/")
    two = normalise({"occurred_at": NOW, "properties": {"a": 2, "b": 1}, "id": "abc", "type": "custom.x"}, source="/")
    assert one == two
    assert one.body.startswith(b'{"type":"custom.x","occurred_at":"2026')
    assert one.body.endswith(b',"properties":{"a":2,"b":1},"schema_version":1,"specversion":"1.0"}')


def test_the_caller_s_own_data_is_not_changed() -> None:
    """Normalising works on a copy."""
    given = example("order.created", customer={"email": "Mara@Shop.Example"}, properties={"a": {"b": [1]}})
    before = repr(given)
    normalise(given, source="/tests")
    assert repr(given) == before


def test_an_event_id_of_ours_sorts_by_time_and_has_the_allowed_form() -> None:
    """`ev_` and a ULID; a thousand of them differ."""
    made = [normalise({"type": "custom.x"}, source="/").event_id for _ in range(1000)]
    assert len(set(made)) == 1000
    assert all(len(one) == 29 and one.startswith("ev_01") for one in made)
    assert [one[:13] for one in made] == sorted(one[:13] for one in made)
    assert normalise({"type": "custom.x", "id": made[0]}, source="/").event_id == made[0]


def test_a_uuid_is_refused_with_the_way_to_pass_it() -> None:
    """What is no JSON is never turned into text behind the caller's back."""
    with pytest.raises(Exception, match="value of type UUID: pass it as a string"):
        canonical(properties={"a": uuid.uuid4()})
