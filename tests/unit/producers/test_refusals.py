"""What is refused at the door, at which path, in which words."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from outhaul_producers.errors import EventTooLarge, InvalidEvent
from outhaul_producers.normalise import normalise
from strategies.examples import ITEM, SECTIONS, example

NOW = datetime(2026, 3, 5, 8, 15, tzinfo=UTC)


def problems(given: object) -> dict[str, str]:
    """Return what is wrong with an event that must be refused."""
    with pytest.raises(InvalidEvent) as caught:
        normalise(given, source="/tests", now=NOW)
    assert str(caught.value) == "\n".join(f"{path}: {text}" for path, text in caught.value.problems.items())
    return caught.value.problems


def order(**changes: Any) -> dict[str, Any]:
    """Return an order event with changes to its order."""
    return example("order.created", order={**SECTIONS["order"], **changes})


def item(**changes: Any) -> dict[str, Any]:
    """Return an order event whose third item has changes."""
    return order(items=[ITEM, ITEM, {**ITEM, **changes}])


def custom(**changes: Any) -> dict[str, Any]:
    """Return an event that needs nothing, with changes."""
    return example(**changes)


def nested(depth: int) -> dict[str, Any]:
    """Return an object of that many objects in one another."""
    inner: dict[str, Any] = {}
    for _ in range(depth - 1):
        inner = {"a": inner}
    return inner


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    (item(price="8,50"), "order.items[2].price", 'expected a decimal string such as "12.50", at most 12 digits'),
    (item(price=8.5), "order.items[2].price", "got the number 8.5: pass a string or a Decimal"),
    (item(price=True), "order.items[2].price", "got true"),
    (item(price="8.50001"), "order.items[2].price", "4 after, got '8.50001'"),
    (item(price="1" * 13), "order.items[2].price", "at most 12 digits before the point"),
    (item(price=10**12), "order.items[2].price", "got the number 1000000000000"),
    (item(price=10**5000), "order.items[2].price", "an integer of 16610 bits"),
    (item(price=Decimal("NaN")), "order.items[2].price", "a value of type Decimal"),
    (item(price=Decimal("1e999999")), "order.items[2].price", "a value of type Decimal"),
    (item(price=Decimal("1e-999999")), "order.items[2].price", "a value of type Decimal"),
    (item(price="1e3"), "order.items[2].price", "got '1e3'"),
    (item(price="\u0663.\u0665\u0660"), "order.items[2].price", "got '\u0663.\u0665\u0660'"),
    (item(price="8.50\n"), "order.items[2].price", "got '8.50\\n'"),
    (item(price=" 8.50"), "order.items[2].price", "got ' 8.50'"),
    (item(price=""), "order.items[2].price", "got ''"),
    (item(price=None), "order.items[2].price", "got null: leave the key out"),
    (item(quantity=0), "order.items[2].quantity", "greater than 0"),
    (item(quantity=-1), "order.items[2].quantity", "greater than 0"),
    (item(quantity="two"), "order.items[2].quantity", "got 'two'"),
    (item(quantity=float("inf")), "order.items[2].quantity", "got the number inf"),
    (item(quantity=float("nan")), "order.items[2].quantity", "got the number nan"),
    (item(quantity=True), "order.items[2].quantity", "got true"),
    (item(quantity=10**5000), "order.items[2].quantity", "an integer of 16610 bits"),
    (item(tax_percent=51), "order.items[2].tax_percent", "a number from 0 to 50, got the number 51"),
    (item(inventory_quantity=1.5), "order.items[2].inventory_quantity", "an integer from"),
    (item(url="shop.example/mug"), "order.items[2].url", "an absolute http or https URL"),
    (item(url="javascript:alert(1)"), "order.items[2].url", "an absolute http or https URL"),
    (item(url="https://shop.example/a b"), "order.items[2].url", "an absolute http or https URL"),
    (item(images=["https://cdn.example/1.jpg", "2.jpg"]), "order.items[2].images[1]", "got '2.jpg'"),
    (item(product_id=""), "order.items[2].product_id", "an id of 1 to 128 characters"),
    (item(product_id=1.0), "order.items[2].product_id", "got the number 1.0"),
    (item(name="Mug\x00"), "order.items[2].name", "U+0000 at position 3"),
    (item(name="Mug\ud800"), "order.items[2].name", "U+D800 at position 3"),
    (item(name="Mug\n"), "order.items[2].name", "U+000A at position 3"),
    (item(name="M" * 513), "order.items[2].name", "1 to 512 characters"),
    (item(stock_status="yes"), "order.items[2].stock_status", "expected true or false, got 'yes'"),
    (item(published=1), "order.items[2].published", "expected true or false, got the number 1"),
    (item(colour="red"), "order.items[2].colour", "did you mean 'color'?"),
    (item(created_at="2026-03-05T10:15:00"), "order.items[2].created_at", "give it a zone"),
    (item(created_at="2026-02-30T10:15:00Z"), "order.items[2].created_at", "got '2026-02-30T10:15:00Z'"),
    (item(created_at="0001-01-01T00:00:00+02:00"), "order.items[2].created_at", "a time with its zone"),
    (item(created_at=1772698500), "order.items[2].created_at", "got the number 1772698500"),
    (item(coupons=[{"code": "SPRING"}]), "order.items[2].coupons[0].amount", "got nothing"),
    (item(coupons=[{"amount": "2"}]), "order.items[2].coupons[0]", "at least one of code, name"),
    (order(items=[]), "order.items", "a list of 1 to 1000 values, got a list of 0"),
    (order(items=[ITEM] * 1001), "order.items", "got a list of 1001"),
    (order(items={"product_id": "P-9"}), "order.items", "expected a list, got an object"),
    (order(items="P-9"), "order.items", "expected a list, got 'P-9'"),
    (order(items=[[ITEM]]), "order.items[0]", "expected an object, got a list of 1"),
    (order(currency="EURO"), "order.currency", "an ISO 4217 currency code such as EUR, got 'EURO'"),
    (order(currency="XXX"), "order.currency", "an ISO 4217 currency code"),
    (order(currency="\u0131qd"), "order.currency", "an ISO 4217 currency code"),
    (order(exchange_rate=0), "order.exchange_rate", "greater than 0"),
    (order(billing_address={"country": "Romania"}), "order.billing_address.country", "ISO 3166-1 alpha-2"),
    (order(billing_address={"country": "ZZ"}), "order.billing_address.country", "ISO 3166-1 alpha-2"),
    (order(status={}), "order.status", "at least one of code, name"),
    (order(status=2), "order.status", "expected an object, got the number 2"),
    (order(totals={"subtotal": "17"}), "order.totals.total", "this key is required"),
    (order(totals={"total": "1", "discount": "-2"}), "order.totals.discount", "not negative"),
    (custom(customer={"email": "mara(at)shop.example"}), "customer.email", "got a string of 20 characters"),
    (custom(customer={"email": "mara@localhost"}), "customer.email", "an e-mail address"),
    (custom(customer={"email": "mara@shop.example, ana@shop.example"}), "customer.email", "an e-mail address"),
    (custom(customer={"email": "mara@căni.example"}), "customer.email", "an e-mail address"),
    (custom(customer={"email": f"{'m' * 64}@{'s' * 63}.{'s' * 63}.{'s' * 63}.ro"}), "customer.email", "an e-mail"),
    (custom(customer={"phone": "0712000111"}), "customer.phone", "in E.164 form such as +40712000111"),
    (custom(customer={"phone": "+40 712 000 111 222 333"}), "customer.phone", "in E.164 form"),
    (custom(customer={"phone": 40712000111}), "customer.phone", "in E.164 form"),
    (custom(customer={"id": 1, "gender": "female"}), "customer.gender", "one of M, F, X, got 'female'"),
    (custom(customer={"id": 1, "birthdate": "21.05.1990"}), "customer.birthdate", "got a string of 10 characters"),
    (custom(customer={"id": 1, "birthdate": NOW}), "customer.birthdate", "a day such as 1990-05-21"),
    (custom(customer={"id": 1, "birthdate": "1990-13-01"}), "customer.birthdate", "a day such as 1990-05-21"),
    (custom(customer={"id": 1, "accepts_marketing": "no"}), "customer.accepts_marketing", "true, false or null"),
    (custom(customer={"id": 1, "verified_email": None}), "customer.verified_email", "got null"),
    (custom(customer={"first_name": "Mara"}), "customer", "at least one of id, email, phone, username"),
    (custom(customer={"id": 1, "tags": "b2c,vip"}), "customer.tags", "expected a list"),
    (custom(customer={"id": 1, "groups": [{}]}), "customer.groups[0]", "at least one of id, name"),
    (custom(customer={"id": 1, "stats": {"orders_total_number": -1}}), "customer.stats.orders_total_number", "from 0"),
    (custom(customer="C-71"), "customer", "expected an object, got 'C-71'"),
    (custom(cart={"id": "K", "items": [ITEM]}), "cart.currency", "as the cart holds amounts"),
    (custom(cart={"id": "K", "totals": {"total": "1"}}), "cart.currency", "as the cart holds amounts"),
    (custom(consent={"analytics": True}), "consent.marketing", "this key is required"),
    (
        custom(consent={"analytics": 1, "personalization": True, "marketing": True}),
        "consent.analytics",
        "true or false",
    ),
    (custom(cookies={"_ga": None}), "cookies._ga", "got null"),
    (custom(cookies={"": "1"}), "cookies['']", "of 1 to 256 characters"),
    (custom(cookies={5: "1"}), "cookies[5]", "expected a string"),
    (custom(cookies=["_ga"]), "cookies", "expected an object"),
    (custom(cookies={str(number): "" for number in range(101)}), "cookies", "at most 100 keys"),
    (custom(context={"ip": "203.0.113.999"}), "context.ip", "an IPv4 or IPv6 address"),
    (custom(context={"utc_offset_minutes": 900}), "context.utc_offset_minutes", "from -840 to 840"),
    (custom(context={"language": "Română"}), "context.language", "a language tag such as ro-RO"),
    (custom(context={"url": "/done"}), "context.url", "an absolute URL"),
    (custom(id="ev"), "id", "3 to 64 letters, digits, _ and -"),
    (custom(id="x" * 65), "id", "3 to 64 letters"),
    (custom(id="ev 1"), "id", "3 to 64 letters"),
    (custom(id="ev.1"), "id", "3 to 64 letters"),
    (custom(id="abc\n"), "id", "control characters"),
    (custom(id=12345), "id", "got the number 12345"),
    (custom(source=""), "source", "a URI-reference such as /shops/ro"),
    (custom(source="/shops/ro shop"), "source", "a URI-reference"),
    (custom(source="/shops/%zz"), "source", "a URI-reference"),
    (custom(specversion="0.3"), "specversion", "one of 1.0, got '0.3'"),
    (custom(schema_version=2), "schema_version", "from 1 to 1, got the number 2"),
    (custom(environment="staging"), "environment", "one of prod, test, got 'staging'"),
    (custom(channel=""), "channel", "1 to 64 characters"),
    (custom(session_id="s" * 46), "session_id", "1 to 45 characters"),
    (custom(occurred_at=datetime(2026, 3, 5, 8, 15)), "occurred_at", "give it a zone"),  # noqa: DTZ001 -- the point
    (custom(occurred_at=date(2026, 3, 5)), "occurred_at", "a time with its zone"),
    (custom(occurred_at="yesterday"), "occurred_at", "a time with its zone"),
    (custom(occurred_at="2026-03-05T08:15:60Z"), "occurred_at", "a time with its zone"),
    (custom(occurred_at="2026-03-05T08:15:00+99:99"), "occurred_at", "a time with its zone"),
    (custom(occurred_at=NOW + timedelta(minutes=5, milliseconds=1)), "occurred_at", "up to 2026-03-05T08:20:00.000Z"),
    (custom(value="12"), "currency", "as there is a value"),
    (custom(destinations=[]), "destinations", "a list of 1 to 64 values"),
    (custom(destinations=["Shop Hooks"]), "destinations[0]", "a destination name such as shop-hooks"),
    (custom(destinations=["a", "b", "a"]), "destinations", "each destination once"),
    (custom(overrides={"Shop Hooks": {}}), "overrides['Shop Hooks']", "a destination name"),
    (custom(overrides={"shop-hooks": nested(9)}), "overrides.shop-hooks.a.a.a.a.a.a.a.a", "at most 8 levels"),
    (custom(overrides={"shop-hooks": 1}), "overrides.shop-hooks", "expected an object"),
    (custom(subscription={"channel": "letter"}), "subscription.channel", "one of email, sms"),
    (custom(search={}), "search.term", "this key is required"),
    (custom(search={"term": "mug", "results": [{"produkt_id": "P"}]}), "search.results[0].produkt_id", "'product_id'"),
    (custom(page={}), "page", "at least one of url, path, name, title, category"),
    (custom(payout={"fee": "1"}), "payout.total", "this key is required"),
    (custom(payout={"total": "1", "transactions": [{}]}), "payout.transactions[0].amount", "this key is required"),
    (custom(ordr={}), "ordr", "did you mean 'order'?"),
    (custom(zzz=1), "zzz", "put data of your own under properties"),
    (custom(_schema=1), "event", "expected a known key"),
    (custom(**{"a\nb\x1b[31m": 1}), "['a\\nb\\x1b[31m']", "expected a known key"),
    (custom(properties=[1]), "properties", "expected an object, got a list of 1"),
    (custom(properties=nested(6)), "properties.a.a.a.a.a", "at most 5 levels of nesting"),
    (custom(properties={"a": [[[[[]]]]]}), "properties.a[0][0][0][0]", "at most 5 levels of nesting"),
    (custom(properties={"a": [1, float("nan")]}), "properties.a[1]", "JSON knows no NaN and no infinity"),
    (custom(properties={"a": float("-inf")}), "properties.a", "a finite number"),
    (custom(properties={"a": 2**63}), "properties.a", "at most 64 bits"),
    (custom(properties={"a": 10**5000}), "properties.a", "an integer of 16610 bits: pass it as a string"),
    (custom(properties={"a": "\udfff"}), "properties.a", "U+DFFF at position 0"),
    (custom(properties={"a": "b\x00"}), "properties.a", "U+0000 at position 1"),
    (custom(properties={"a\x00": 1}), "properties['a\\x00']", "U+0000 at position 1"),
    (custom(properties={"\ud800": 1}), "properties['\\ud800']", "U+D800 at position 0"),
    (custom(properties={"": 1}), "properties['']", "a key of 1 to 255 characters"),
    (custom(properties={1: 1}), "properties[1]", "a key of 1 to 255 characters, got the number 1"),
    (custom(properties={"a": {1, 2}}), "properties.a", "got a value of type set: pass it as a string"),
    (custom(properties={"a": b"bytes"}), "properties.a", "got a value of type bytes"),
    (custom(properties={"a": Decimal("Infinity")}), "properties.a", "a finite decimal"),
    (custom(properties={"a": Decimal("1e5000")}), "properties.a", "a finite decimal of ordinary size"),
    (custom(properties={"a": datetime(2026, 3, 5)}), "properties.a", "give it a zone"),  # noqa: DTZ001 -- the point
]


@pytest.mark.parametrize(("given", "path", "words"), REFUSED, ids=[f"{path}-{words}" for _, path, words in REFUSED])
def test_a_bad_value_is_refused_at_its_path(given: dict[str, Any], path: str, words: str) -> None:
    """Each refusal names the path and says what was expected, what was got, or what to do."""
    found = problems(given)
    assert path in found, found
    assert words in found[path]


def test_all_problems_are_reported_at_once() -> None:
    """Nobody fixes an event one error message at a time."""
    given = {"type": "order.created", "id": "?", "customer": {"emial": "x"}, "properties": {"a": {"b": float("nan")}}}
    assert set(problems(given)) == {
        "id",
        "customer.emial",
        "customer",
        "properties.a.b",
        "order",
    }


def test_very_many_problems_are_cut_and_counted() -> None:
    """A message stays readable whatever is thrown at the door."""
    found = problems(order(items=[{"product_id": "P"}] * 500))
    assert len(found) == 26
    assert "got one with 1000 problems" in found["event"]


@pytest.mark.parametrize("given", [None, 5, "order.created", [], [{"type": "custom.x"}], object()])
def test_what_is_no_object_is_no_event(given: object) -> None:
    """Anything but a mapping is refused as a whole."""
    assert problems(given)["event"].startswith("expected an object, got ")


def test_totals_that_do_not_add_up_are_refused_with_the_sum() -> None:
    """The message shows the sum that was expected and how it is made."""
    totals = {"subtotal": "17", "discount": "2", "shipping": "4", "tax": "3.03", "tax_included": True, "total": "22.03"}
    assert problems(order(totals=totals)) == {
        "order.totals.total": "expected 19.00 (subtotal - discount + shipping, and + tax unless tax_included;"
        " at most 0.02 off), got 22.03"
    }


@pytest.mark.parametrize(
    "totals",
    [
        {"subtotal": "17", "discount": "2", "shipping": "4", "tax": "3.03", "tax_included": True, "total": "19.02"},
        {"subtotal": "17", "discount": "2", "shipping": "4", "tax": "3.03", "tax_included": False, "total": "22.01"},
        {"subtotal": "17", "tax": "3", "total": "17"},
        {"subtotal": "17", "tax": "3", "total": "20"},
        {"subtotal": "17", "total": "17"},
        {"total": "17"},
    ],
)
def test_totals_that_add_up_are_accepted(totals: dict[str, Any]) -> None:
    """Rounding is forgiven; without tax_included either reading will do, without a subtotal there is no sum."""
    assert normalise(order(totals=totals), source="/tests")


def test_an_event_of_70_kib_is_refused_with_the_path_of_its_largest_part() -> None:
    """Too large is an error of its own, and says where the size is."""
    with pytest.raises(EventTooLarge) as caught:
        normalise(custom(properties={"text": "x" * 70 * 1024}), source="/tests")
    assert list(caught.value.problems) == ["properties"]
    assert "at most 65536 bytes of canonical JSON, got 71" in caught.value.problems["properties"]


def test_an_event_of_exactly_64_kib_is_accepted_and_one_byte_more_is_not() -> None:
    """The limit is of the canonical JSON in bytes, not of what the caller typed."""
    given = custom(id="size", occurred_at=NOW, properties={"text": ""})
    room = 64 * 1024 - len(normalise(given, source="/tests").body)
    given["properties"]["text"] = "é" * (room // 2) + "x" * (room % 2)
    assert len(normalise(given, source="/tests").body) == 64 * 1024
    given["properties"]["text"] += "x"
    with pytest.raises(EventTooLarge):
        normalise(given, source="/tests")


def deep(depth: int) -> Any:
    """Return lists in lists, deeper than any recursion goes."""
    inner: Any = []
    for _ in range(depth):
        inner = [inner]
    return inner


@pytest.mark.parametrize(
    "key", ["properties", "order", "overrides", "cookies", "unknown", "type", "id", "destinations"]
)
def test_hostile_nesting_is_refused_wherever_it_stands(key: str) -> None:
    """A hundred thousand levels are an ordinary refusal, not a crash of the interpreter."""
    for bomb in (deep(100_000), {"a": deep(100_000)}, {"items": [{"properties": {"a": deep(100_000)}}]}):
        assert problems({"type": "custom.x", key: bomb})


def test_an_object_that_contains_itself_is_refused() -> None:
    """A circle ends at the depth limit."""
    circle: dict[str, Any] = {}
    circle["again"] = circle
    assert set(problems(custom(properties=circle))) == {"properties.again.again.again.again.again"}


def test_lists_that_repeat_one_another_are_counted_out() -> None:
    """What is small in memory and endless when written is refused quickly."""
    wide: Any = [0] * 1000
    for _ in range(2):
        wide = [wide] * 1000
    found = problems(custom(properties={"bomb": wide}))
    assert "expected at most 32768 values, got more" in next(iter(found.values()))


def test_personal_values_are_not_repeated_in_messages() -> None:
    """Error messages end up in logs; names, addresses and numbers of people do not."""
    given = custom(
        customer={"email": "mara@@shop.example", "phone": "mara", "birthdate": "mara", "first_name": "mara\x00"},
        context={"ip": "mara"},
        cookies={"a": "mara\x00"},
        properties={"a": "mara\x00"},
    )
    with pytest.raises(InvalidEvent) as caught:
        normalise(given, source="/tests")
    assert len(caught.value.problems) == 7
    assert "mara" not in str(caught.value)
