"""What the simulated eSputnik's orders resource keeps, and what it fails inside a success."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from changing import changed
from outhaul_ops.simulators import Fate, Simulator

JsonObject = dict[str, Any]
Start = Callable[..., Simulator]

ORDER: JsonObject = {
    "externalOrderId": "O-5001",
    "externalCustomerId": "C-71",
    "totalCost": 19.0,
    "status": "INITIALIZED",
    "date": "2025-11-19T10:15:00",
    "currency": "EUR",
    "email": "mara@shop.example",
    "phone": "+40712000111",
    "shipping": "4.00",
    "additionalInfo": {"gift": "no"},
    "items": [
        {"externalItemId": "P-9", "name": "Mug, red", "quantity": 2, "cost": 8.5, "url": "https://shop.example/mug"}
    ],
}


def send(simulator: Simulator, body: object) -> requests.Response:
    """Post orders."""
    return requests.post(f"{simulator.url}/api/v1/orders", json=body, auth=("user", "K3Y-demo"), timeout=10)


def fates(simulator: Simulator) -> list[Fate]:
    """The fates of all entries in order."""
    return [entry.fate for entry in simulator.record]


@pytest.fixture
def esputnik(started: Start) -> Simulator:
    """An account without orders."""
    return started("esputnik", api_key="K3Y-demo")


def test_a_stranger_cannot_send_orders(esputnik: Simulator) -> None:
    """The credential of events is that of orders."""
    assert requests.post(f"{esputnik.url}/api/v1/orders", json={"orders": [ORDER]}, timeout=10).status_code == 401


def test_orders_are_kept_by_id(esputnik: Simulator) -> None:
    """Each order has an entry of its own; a later one replaces the one of its id."""
    other = changed(ORDER, "externalOrderId", "O-5002")
    answer = send(esputnik, {"orders": [ORDER, other]})
    assert (answer.status_code, answer.json()["failedOrders"]) == (200, [])
    send(esputnik, {"orders": [changed(ORDER, "status", "DELIVERED")]})
    assert [(entry.key, entry.fate) for entry in esputnik.record] == [
        ("orders/O-5001", Fate.STORED),
        ("orders/O-5002", Fate.STORED),
        ("orders/O-5001", Fate.STORED),
    ]
    held: Any = esputnik.state()["orders"]
    assert {number: order["status"] for number, order in held.items()} == {
        "O-5001": "DELIVERED",
        "O-5002": "INITIALIZED",
    }


@pytest.mark.parametrize("failed", ["O-5002", "*"])
def test_a_success_can_hold_failed_orders(started: Start, failed: str) -> None:
    """The switch fails some or all of the orders, and the status stays 200."""
    simulator = started("esputnik", api_key="K3Y-demo", failed_orders=(failed,))
    answer = send(simulator, {"orders": [ORDER, changed(ORDER, "externalOrderId", "O-5002")]})
    listed = [order["externalOrderId"] for order in answer.json()["failedOrders"]]
    kept = [number for number in ("O-5001", "O-5002") if number not in listed]
    assert (answer.status_code, listed) == (200, ["O-5002"] if failed != "*" else ["O-5001", "O-5002"])
    assert answer.json()["asyncSessionId"]
    held: Any = simulator.state()["orders"]
    assert list(held) == kept
    assert fates(simulator) == [Fate.REFUSED if number in listed else Fate.STORED for number in ("O-5001", "O-5002")]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("externalOrderId", ...),
        ("externalOrderId", 5001),
        ("externalCustomerId", ...),
        ("totalCost", ...),
        ("totalCost", "nineteen"),
        ("status", ...),
        ("status", "PAID"),
        ("date", ...),
        ("date", "19.11.2025"),
        ("currency", ...),
        ("currency", "€"),
        ("email", "mara"),
        ("firstName", "x" * 61),
        ("items", {}),
        ("items.0.externalItemId", ...),
        ("items.0.name", ...),
        ("items.0.quantity", ...),
        ("items.0.cost", ...),
        ("items.0.cost", None),
    ],
)
def test_a_malformed_order_fails_inside_a_success(esputnik: Simulator, path: str, value: object) -> None:
    """The others of its request are kept."""
    sound = changed(ORDER, "externalOrderId", "O-1")
    answer = send(esputnik, {"orders": [changed(ORDER, path, value), sound]})
    (failure,) = answer.json()["failedOrders"]
    assert answer.status_code == 200
    assert path.replace(".0", "[0]") in failure["message"]
    assert fates(esputnik) == [Fate.REFUSED, Fate.STORED]


def test_a_currency_that_is_not_documented_is_remarked(esputnik: Simulator) -> None:
    """USD, EUR and UAH are documented; others are taken with a remark."""
    send(esputnik, {"orders": [changed(ORDER, "currency", "RON")]})
    assert "RON is not one of the documented" in esputnik.record.entries()[0].reason


@pytest.mark.parametrize("body", [{}, {"orders": []}, {"orders": {}}, {"orders": [{}] * 1001}, ORDER])
def test_a_request_without_a_list_of_orders_is_refused(esputnik: Simulator, body: JsonObject) -> None:
    """There are 1 to 1 000 orders in a request."""
    assert send(esputnik, body).status_code == 400
