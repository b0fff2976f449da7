"""Valid events of every type, as a caller gives them and in canonical form."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from outhaul_producers.event import Event
from outhaul_producers.normalise import normalise
from outhaul_producers.types import TYPES, requirements

Json = Any
Given = dict[str, Any]

_CENT = Decimal("0.01")
_ids = st.text("ABCDEFabcdef0123456789-_", min_size=3, max_size=24)
_flags = st.booleans()
_amounts = st.integers(0, 10_000_000).map(lambda cents: cents * _CENT)
_money = _amounts.map(str)
_times = st.integers(1_420_070_400_000, 1_767_225_599_999).map(
    lambda ms: datetime.fromtimestamp(ms / 1000, UTC).isoformat()
)
_words = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=24)
_urls = st.from_regex(r"https://[a-z]{1,8}\.example/[a-z0-9/]{0,16}", fullmatch=True)
_emails = st.from_regex(r"[A-Za-z0-9.]{1,12}@[a-z]{1,8}\.example", fullmatch=True)
_phones = st.from_regex(r"\+[1-9][0-9]{7,12}", fullmatch=True)
_currencies = st.sampled_from(["EUR", "RON", "USD", "UAH", "JPY"])
_percents = st.integers(0, 50) | st.sampled_from([5.5, 19.6, "7.7"])

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _words
)


def json_values(*, leaves: int = 12) -> st.SearchStrategy[Json]:
    """Any JSON value whatever, up to about `leaves` leaves, hostile text and numbers included."""
    hostile = st.floats() | st.integers() | st.text(max_size=12) | st.sampled_from(_HOSTILE)
    return st.recursive(
        scalars | hostile,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=leaves,
    )


_HOSTILE: list[Json] = [
    "\x00",
    "\ud800",
    "\u202e",
    "\U0001f469\u200d\U0001f680",
    "x" * 70_000,
    10**400,
    -(2**63) - 1,
    float("nan"),
    float("inf"),
    "2026-03-05T10:15:00",
    "-0.00",
    "NaN",
    "1e5",
    {},
    [],
    {"_schema": 1},
]


def _some(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(required, optional=optional)


def _lists(of: st.SearchStrategy[Any], most: int = 2, least: int = 0) -> st.SearchStrategy[Any]:
    return st.lists(of, min_size=least, max_size=most)


properties: st.SearchStrategy[Given] = st.dictionaries(
    st.text("abcdef_", min_size=1, max_size=8), scalars | _lists(scalars) | st.just({"deep": {"er": [{}]}}), max_size=3
)

addresses = _some(
    {},
    {
        "first_name": _words,
        "last_name": _words,
        "street": _words,
        "city": _words,
        "region": _words,
        "postal_code": _words,
        "country": st.sampled_from(["RO", "de", "UA", "US"]),
        "phone": _phones,
    },
)

customers = _some(
    {"id": _ids, "email": _emails},
    {
        "phone": _phones,
        "first_name": _words,
        "last_name": _words,
        "gender": st.sampled_from(["M", "F", "X"]),
        "birthdate": st.dates().map(str),
        "accepts_marketing": st.none() | _flags,
        "groups": _lists(_some({"id": _ids}, {"name": _words})),
        "tags": _lists(_words),
        "reward_points": st.integers(0, 10_000),
        "address": addresses,
        "created_at": _times,
        "updated_at": _times,
        "stats": _some({}, {"orders_total_number": st.integers(0, 99), "orders_total_value": _money}),
        "properties": properties,
    },
)

lines = _some({"name": _words, "amount": _money}, {"id": _ids, "type": _words, "tax_percent": _percents})

_goods: dict[str, st.SearchStrategy[Any]] = {
    "variant_id": _ids,
    "sku": _ids,
    "brand": _words,
    "category": _words,
    "categories": _lists(_some({"name": _words}, {"id": _ids})),
    "quantity": st.integers(1, 99) | st.sampled_from(["2.5", 0.25]),
    "price_base": _money,
    "tax_included": _flags,
    "tax_percent": _percents,
    "url": _urls,
    "image": _urls,
    "stock_status": _flags,
    "inventory_quantity": st.integers(-5, 500),
    "created_at": _times,
    "updated_at": _times,
    "properties": properties,
}

items = _some({"product_id": _ids, "name": _words, "price": _money}, {**_goods, "coupons": _lists(lines, 1)})

products = _some(
    {"product_id": _ids, "name": _words, "price": _money},
    {
        **_goods,
        "variants": _lists(_some({"variant_id": _ids}, {"price": _money, "name": _words})),
        "description_html": st.just("<p>Fired twice.</p>\n"),
    },
)


@st.composite
def totals(draw: st.DrawFn) -> Given:
    """Totals that add up."""
    subtotal, discount, shipping, tax = (draw(_amounts) for _ in range(4))
    included = draw(_flags)
    total = subtotal - discount + shipping + (0 if included else tax)
    parts = {"subtotal": subtotal, "discount": discount, "shipping": shipping, "tax": tax, "total": total}
    return {**{name: str(amount) for name, amount in parts.items()}, "tax_included": included}


_statuses = _words | _some({"name": _words}, {"code": _words})
_bill: dict[str, st.SearchStrategy[Any]] = {
    "totals": totals(),
    "created_at": _times,
    "updated_at": _times,
    "shipping_lines": _lists(lines, 1),
    "payments": _lists(lines),
    "coupons": _lists(lines),
}

orders = _some(
    {"id": _ids, "currency": _currencies, "items": _lists(items, least=1)},
    {
        **_bill,
        "number": _ids,
        "status": _statuses,
        "previous_status": _statuses,
        "confirmed": _flags,
        "exchange_rate": st.sampled_from([1, 4.9765, "0.2"]),
        "tax_lines": _lists(lines, 1),
        "billing_address": addresses,
        "shipping_address": addresses,
        "note": st.just("leave it\nat the door"),
        "cancel_reason": _words,
    },
)

carts = _some({"id": _ids, "currency": _currencies}, {**_bill, "items": _lists(items), "url": _urls, "token": _ids})

sections: dict[str, st.SearchStrategy[Any]] = {
    "customer": customers,
    "order": orders,
    "cart": carts,
    "product": products,
    "item": _some({"product_id": _ids, "name": _words, "price": _money, "order_id": _ids}, {"status": _statuses}),
    "search": _some({"term": _words}, {"results": _lists(_some({"product_id": _ids}, {"name": _words}))}),
    "page": _some({"category": _words}, {"url": _urls, "title": _words, "name": _words}),
    "payout": _some(
        {"total": _money}, {"id": _ids, "fee": _money, "transactions": _lists(_some({"amount": _money}, {"id": _ids}))}
    ),
    "subscription": _some({}, {"channel": st.sampled_from(["email", "sms"]), "double_optin": _flags}),
}
"""A strategy for every section of the model."""

_envelope: dict[str, st.SearchStrategy[Any]] = {
    "id": _ids,
    "source": st.sampled_from(["/shops/ro", "https://shop.example/", "urn:shop:1"]),
    "occurred_at": _times,
    "environment": st.sampled_from(["prod", "test"]),
    "channel": st.sampled_from(["website", "app", "pos"]),
    "session_id": _ids,
    "context": _some(
        {},
        {
            "ip": st.ip_addresses().map(str),
            "url": _urls,
            "user_agent": _words,
            "language": st.sampled_from(["ro", "en-GB"]),
            "utc_offset_minutes": st.integers(-720, 840),
        },
    ),
    "consent": _some({"analytics": _flags, "personalization": _flags, "marketing": _flags}, {}),
    "cookies": st.dictionaries(_ids, _words, max_size=2),
    "properties": properties,
    "overrides": st.dictionaries(st.just("shop-hooks"), properties, max_size=1),
}


def event_types() -> st.SearchStrategy[str]:
    """Every type of the vocabulary, and some of `custom.<name>`."""
    custom = st.from_regex(r"custom(\.[a-z0-9_]{1,9}){1,2}", fullmatch=True)
    return st.sampled_from(sorted(TYPES)) | custom


@st.composite
def given_events(draw: st.DrawFn, types: st.SearchStrategy[str] | None = None) -> Given:
    """Events as a caller gives them: some of the envelope, what the type requires, and a section more now and then."""
    name = draw(event_types() if types is None else types)
    needed = {path.partition(".")[0] for path in requirements(name)}
    more = draw(st.sets(st.sampled_from(["customer", "subscription"]), max_size=1))
    body = draw(_some({part: sections[part] for part in sorted(needed | more)}, _envelope))
    return {"type": name, **body}


def events(types: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Event]:
    """Canonical events, as they come out of the ledger."""
    return given_events(types).map(lambda given: Event(normalise(given, source="/tests").body))
