"""What the simulated Okanjo subscriber takes and refuses, and how it redirects."""

import json
from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest
import requests

from changing import changed
from outhaul_ops.simulators import Fate, OptionError, Simulator

JsonObject = dict[str, Any]
Start = Callable[..., Simulator]

ORDER: JsonObject = {
    "id": "EV4tQm8sKzB2nWc7RfXa",
    "occurred": "2026-03-05 02:15:00",
    "type": "order.confirmed",
    "data": {
        "id": "5001",
        "buyer_id": "71",
        "created": "2026-03-05 02:14:10",
        "status": "1",
        "type": "1",
        "is_tax_exempt": "0",
        "shipping_first_name": "Mara",
        "shipping_address_2": None,
        "shipping_state": "CJ",
        "shipping_country": "RO",
        "shipping_email": "mara@shop.example",
        "items": [
            {
                "id": "9001",
                "order_id": "5001",
                "product_id": "9",
                "quantity": "2",
                "status": "1",
                "variant": "Color=Red",
                "product_price": "8.50",
                "product_title": "Mug",
                "shipping_price": "2.00",
                "tax_price": "1.52",
                "tracking_carrier": None,
                "meta": [],
            }
        ],
        "meta": [],
    },
}
UPDATED: JsonObject = {**ORDER, "type": "order.updated", "data": {"id": "5001", "status": "2", "items": []}}
DATA: dict[str, JsonObject] = {
    "product.created": {"id": "141751", "title": "Mug", "slug": "141751-mug", "price": "5.00", "stock": None},
    "order.confirmed": ORDER["data"],
    "order.updated": UPDATED["data"],
    "order_item.updated": {"id": "9001", "order_id": "5001", "status": "3", "tracking_number": "TN-1"},
    "disbursement.created": {"disbursement": {"type": "1", "total": "19.00", "fee": "0.50"}, "transactions": []},
}


def send(
    simulator: Simulator, body: object, path: str = "/in", content_type: str | None = "application/json"
) -> requests.Response:
    """Post an event, following nothing."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": content_type} if content_type else {}
    return requests.post(simulator.url + path, data=data, headers=headers, timeout=10, allow_redirects=False)


def fates(simulator: Simulator) -> list[Fate]:
    """The fates of all requests in order."""
    return [entry.fate for entry in simulator.record]


@pytest.fixture
def okanjo(started: Start) -> Simulator:
    """A subscriber that acknowledges."""
    return started("okanjo")


@pytest.mark.parametrize("kind", DATA)
def test_an_event_of_each_published_type_is_stored(okanjo: Simulator, kind: str) -> None:
    """Every published type with the data its listeners read is acknowledged without a remark."""
    answer = send(okanjo, {**ORDER, "type": kind, "data": DATA[kind]})
    (entry,) = okanjo.record
    assert (answer.status_code, answer.json()) == (200, {"type": "success"})
    assert (entry.fate, entry.reason, entry.event, entry.event_id) == (Fate.STORED, "", kind, ORDER["id"])
    assert okanjo.state() == {"events": {kind: 1}, "probes": 0}


def test_the_time_of_an_event_is_us_central_time(okanjo: Simulator) -> None:
    """The same wall time is another moment in winter and in summer."""
    for occurred in ("2026-03-05 02:15:00", "2026-07-05 02:15:00"):
        send(okanjo, {**ORDER, "occurred": occurred})
    assert [entry.occurred_at for entry in okanjo.record] == [1_772_698_500.0, 1_783_235_700.0]


def test_bytes_are_recorded_as_they_came(okanjo: Simulator) -> None:
    """Spacing, order and escapes of the body are kept, for comparison with what is served elsewhere."""
    body = b' {"type": "order.updated",\n"data":{"items":[],"status":"2","id":"5001","n":"\\u0219"},'
    body += b'"occurred":"2026-03-05 02:15:00","id":"EV4tQm8sKzB2nWc7RfXa"} '
    assert send(okanjo, body).status_code == 200
    assert okanjo.record.entries()[0].body == body


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 400),
        ("application/json;charset=UTF-8", 400),
        ("Application/JSON", 400),
        ("text/plain", 400),
        (None, 400),
    ],
)
def test_the_content_type_is_exactly_json(started: Start, content_type: str | None, status: int) -> None:
    """Published listeners compare the whole header; the switch turns that off."""
    assert send(started("okanjo"), ORDER, content_type=content_type).status_code == status
    lenient = started("okanjo", strict_content_type=False)
    assert send(lenient, ORDER, content_type=content_type).status_code == 200


BREACHES = [
    ("id", ...),
    ("id", ""),
    ("id", 4),
    ("id", "EV4tQm8sKzB2nWc7R"),
    ("id", "EV4tQm8sKzB2nWc7RfXabc"),
    ("id", "EV0tQm8sKzB2nWc7RfXa"),
    ("id", "ev4tQm8sKzB2nWc7RfXa"),
    ("occurred", ...),
    ("occurred", "2026-03-05T02:15:00"),
    ("occurred", "2026-03-05 02:15:00Z"),
    ("occurred", "2026-03-05 02:15:00.000"),
    ("occurred", "2026-02-30 02:15:00"),
    ("occurred", "2026-03-08 02:30:00"),
    ("occurred", "0000-03-08 02:30:00"),
    ("occurred", 1_772_698_500),
    ("type", ...),
    ("type", "order.created"),
    ("type", "added_product"),
    ("type", "*"),
    ("type", None),
    ("data", ...),
    ("data", []),
    ("data", None),
    ("data.id", ...),
    ("data.id", 5001),
    ("data.id", None),
    ("data.status", ...),
    ("data.status", "12"),
    ("data.status", "paid"),
    ("data.status", 1),
    ("data.items", ...),
    ("data.items", None),
    ("data.items", {}),
    ("data.items.0", "9001"),
    ("data.items.0.id", ...),
    ("data.items.0.order_id", ...),
    ("data.items.0.status", ...),
    ("data.items.0.quantity", 2),
    ("data.items.0.quantity", "two"),
    ("data.items.0.product_price", 8.5),
    ("data.items.0.product_price", "8.5"),
    ("data.items.0.product_price", "€8.50"),
    ("data.items.0.meta", None),
    ("data.items.0.meta", ["x"]),
    ("data.created", "2026-03-05T02:14:10Z"),
    ("data.type", "3"),
    ("data.is_tax_exempt", False),
    ("data.is_tax_exempt", "no"),
    ("data.shipping_country", "Romania"),
    ("data.anything", True),
    ("data.anything", {"nested": [{"deep": 1}]}),
]


@pytest.mark.parametrize(("path", "value"), BREACHES)
def test_a_malformed_event_is_refused_by_name(okanjo: Simulator, path: str, value: object) -> None:
    """Each breach is answered with 400 and a description that names the member; nothing is taken."""
    answer = send(okanjo, changed(ORDER, path, value))
    assert (answer.status_code, answer.json()["type"]) == (400, "error")
    assert path.replace(".0", "[0]") in answer.json()["description"]
    assert (fates(okanjo), okanjo.state()["events"]) == ([Fate.REFUSED], {})


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("product.created", "id"),
        ("product.created", "title"),
        ("product.created", "slug"),
        ("order.updated", "id"),
        ("order.updated", "status"),
        ("order.updated", "items"),
        ("order_item.updated", "id"),
        ("order_item.updated", "order_id"),
        ("order_item.updated", "status"),
        ("disbursement.created", "disbursement"),
        ("disbursement.created", "disbursement.type"),
        ("disbursement.created", "disbursement.total"),
        ("disbursement.created", "disbursement.fee"),
        ("disbursement.created", "transactions"),
    ],
)
def test_what_published_listeners_read_is_mandatory(okanjo: Simulator, kind: str, path: str) -> None:
    """Without one of these members a listener fails, and so does this one."""
    answer = send(okanjo, {**ORDER, "type": kind, "data": changed(DATA[kind], path, ...)})
    assert (answer.status_code, answer.json()["description"]) == (400, f"data.{path}: mandatory, got nothing")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(okanjo: Simulator, body: bytes) -> None:
    """Broken JSON and JSON that is not an object are answered with 400."""
    assert send(okanjo, body).status_code == 400


def test_data_nested_beyond_reason_is_refused(okanjo: Simulator) -> None:
    """Depth is bounded, so that no body can upset the subscriber."""
    deep: object = "x"
    for _ in range(200):
        deep = [deep]
    assert send(okanjo, changed(UPDATED, "data.deep", deep)).status_code == 400


@pytest.mark.parametrize(("path", "value"), [("data.shipping_state", "Cluj"), ("notifications", []), ("version", "1")])
def test_what_a_subscriber_passes_over_is_remarked(okanjo: Simulator, path: str, value: object) -> None:
    """A long state and members an Event does not have are taken, with a remark in the record."""
    assert send(okanjo, changed(ORDER, path, value)).status_code == 200
    assert path in okanjo.record.entries()[0].reason


def test_a_probe_is_acknowledged_and_not_stored(okanjo: Simulator) -> None:
    """The test of an address is an event of a type no listener knows."""
    probe = {**ORDER, "type": "subscription.test", "data": {}}
    assert [send(okanjo, probe).status_code for _ in range(2)] == [200, 200]
    assert (fates(okanjo), okanjo.state()) == ([Fate.NOT_STORED] * 2, {"events": {}, "probes": 2})


def test_a_repeated_event_is_acknowledged_and_counted_once(okanjo: Simulator) -> None:
    """The id tells a repetition; other bytes under the same id are a sender's mistake, and the record says so."""
    for body in (UPDATED, UPDATED, ORDER):
        assert send(okanjo, body).status_code == 200
    assert fates(okanjo) == [Fate.STORED, Fate.DUPLICATE, Fate.DUPLICATE]
    assert [entry.reason for entry in okanjo.record] == ["", "", "the body differs from the first one's"]
    assert okanjo.state()["events"] == {"order.updated": 1}


@pytest.mark.parametrize("mode", ["400", "500"])
def test_a_subscriber_can_refuse_everything(started: Start, mode: str) -> None:
    """In these modes every event is answered with that status, typed and not empty."""
    simulator = started("okanjo", mode=mode)
    answer = send(simulator, ORDER)
    assert (answer.status_code, answer.json()["type"]) == (int(mode), "error")
    assert (fates(simulator), simulator.state()["events"]) == ([Fate.REFUSED], {})


def test_a_slow_subscriber_takes_the_event_and_then_its_time(started: Start) -> None:
    """The answer is held back for as long as was told, though the event is there at once."""
    simulator = started("okanjo", mode="slow", slow_seconds=0.2)
    begun = monotonic()
    assert send(simulator, ORDER).status_code == 200
    assert monotonic() - begun >= 0.2
    assert send(simulator, {**ORDER, "id": "short"}).status_code == 400
    assert fates(simulator) == [Fate.STORED, Fate.REFUSED]


def follow(simulator: Simulator, body: object, path: str) -> list[tuple[int, str]]:
    """Post along the redirects, as Okanjo does; the status and address of each hop."""
    hops = []
    while True:
        answer = send(simulator, body, path)
        hops.append((answer.status_code, path))
        if "location" not in answer.headers:
            return hops
        path = answer.headers["location"]


@pytest.mark.parametrize("redirects", [1, 2, 3, 4])
@pytest.mark.parametrize("status", [301, 302, 303, 307])
def test_a_chain_of_redirects_ends_in_an_acknowledgement(started: Start, redirects: int, status: int) -> None:
    """So many redirects with that status lead on, and the last address takes the event."""
    simulator = started("okanjo", mode="redirect", redirects=redirects, redirect_status=status)
    hops = follow(simulator, ORDER, "/in")
    assert hops[:-1] == [(status, f"/in/hop/{number}" if number else "/in") for number in range(redirects)]
    assert hops[-1] == (200, f"/in/hop/{redirects}")
    assert fates(simulator) == [Fate.REFUSED] * redirects + [Fate.STORED]
    assert {entry.body for entry in simulator.record} == {json.dumps(ORDER).encode()}


def test_a_redirect_can_lead_elsewhere(started: Start) -> None:
    """The last redirect goes where it is told, so that a guard against such places can be tried."""
    simulator = started("okanjo", mode="redirect", redirects=2, redirect_to="http://169.254.169.254/latest")
    assert send(simulator, ORDER, "/in").headers["location"] == "/in/hop/1"
    assert send(simulator, ORDER, "/in/hop/1").headers["location"] == "http://169.254.169.254/latest"


def test_a_redirect_followed_by_get_is_not_taken(started: Start) -> None:
    """A client that turns the POST into a GET loses the event, and is told."""
    simulator = started("okanjo", mode="redirect")
    answer = requests.post(f"{simulator.url}/in", json=ORDER, timeout=10)
    assert (answer.status_code, answer.request.method) == (405, "GET")
    assert "a redirect keeps method and body" in simulator.record.entries()[-1].reason


@pytest.mark.parametrize("options", [{"mode": "fine"}, {"redirects": 0}, {"redirects": 10}, {"redirect_status": 304}])
def test_an_unknown_way_to_answer_stops_the_start(options: JsonObject) -> None:
    """Modes, statuses and numbers of redirects are limited to what there is."""
    with pytest.raises(OptionError, match=next(iter(options))):
        Simulator.start("okanjo", **options)
