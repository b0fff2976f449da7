"""Simulators with a fixed clock, and hand-written requests to them."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from outhaul_ops.simulators import Simulator

NOW = 1_763_600_000.0
SECRET_BYTES = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(SECRET_BYTES).decode()

JsonObject = dict[str, object]
Send = Callable[..., requests.Response]


@pytest.fixture
def remarkety() -> Iterator[Simulator]:
    """A Remarkety account whose clock stands at 2025-11-20."""
    with Simulator.start(
        "remarkety", clock=lambda: NOW, store_id="S1", api_key="store-key", account_key="account-key"
    ) as simulator:
        yield simulator


@pytest.fixture
def webhook() -> Iterator[Simulator]:
    """A Standard Webhooks receiver whose clock stands at 2025-11-20."""
    with Simulator.start("webhook", clock=lambda: NOW, secrets=(SECRET,)) as simulator:
        yield simulator


@pytest.fixture
def send(remarkety: Simulator) -> Send:
    """Send an event to the Remarkety account; a header given as None is left out."""

    def _send(
        event: str | None, body: object, path: str = "/webhooks/?storeId=S1", **headers: str | None
    ) -> requests.Response:
        sent = {
            "content-type": "application/json; charset=UTF-8",
            "x-event-type": event,
            "x-token": "store-key",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        present = {name: value for name, value in sent.items() if value is not None}
        return requests.post(remarkety.url + path, data=data, headers=present, timeout=10)

    return _send


def sign(event_id: str, timestamp: str, body: bytes, secret: bytes = SECRET_BYTES) -> str:
    """A `v1` signature as the specification describes it."""
    text = event_id.encode() + b"." + timestamp.encode() + b"." + body
    return "v1," + base64.b64encode(hmac.digest(secret, text, "sha256")).decode()


@pytest.fixture
def deliver(webhook: Simulator) -> Send:
    """Send a signed event to the receiver; a header given as None is left out."""

    def _deliver(event_id: str, body: object, at: float = NOW, **headers: str | None) -> requests.Response:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        timestamp = str(int(at))
        sent = {
            "content-type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": sign(event_id, timestamp, data),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        present = {name: value for name, value in sent.items() if value is not None}
        return requests.post(webhook.url + "/in", data=data, headers=present, timeout=10)

    return _deliver


@pytest.fixture
def happening() -> JsonObject:
    """A webhook body as the specification advises."""
    return {"type": "order.created", "timestamp": "2025-11-20T00:53:20.000Z", "data": {"order": "O-5001"}}


@pytest.fixture
def order() -> JsonObject:
    """A complete order."""
    person = {
        "id": "C-71",
        "email": "mara@shop.example",
        "first_name": "Mara",
        "accepts_marketing": None,
        "created_at": "2024-01-09T08:00:00+00:00",
        "updated_at": "2025-11-19T10:15:00+02:00",
        "tags": ["b2c"],
    }
    item = {
        "product_id": "P-9",
        "sku": "MUG-R",
        "name": "Mug, red",
        "quantity": 2,
        "price": 8.5,
        "url": "https://shop.example/mug",
        "image": "https://cdn.shop.example/mug.jpg",
    }
    return {
        "id": "O-5001",
        "created_at": "2025-11-19T10:15:00+02:00",
        "currency": "EUR",
        "email": "mara@shop.example",
        "customer": person,
        "line_items": [item],
        "status": {"code": "P", "name": "Paid"},
        "subtotal_price": 17,
        "total_discounts": 2,
        "total_shipping": 4,
        "total_tax": 3.03,
        "total_price": 19,
    }


@pytest.fixture
def cart(order: JsonObject) -> JsonObject:
    """A complete cart of a known visitor."""
    return {
        "id": "K-1",
        "abandoned_checkout_url": "https://shop.example/cart/K-1",
        "accepts_marketing": True,
        "created_at": "2025-11-19T10:15:00+02:00",
        "updated_at": "2025-11-19T10:16:00+02:00",
        "currency": "EUR",
        "customer": {"id": "C-71", "email": "mara@shop.example", "accepts_marketing": True},
        "email": "mara@shop.example",
        "line_items": order["line_items"],
        "total_discounts": 0,
        "total_price": 17,
    }


@pytest.fixture
def product() -> JsonObject:
    """A complete product."""
    variant = {
        "id": "V-1",
        "image": "https://cdn.shop.example/mug.jpg",
        "inventory_quantity": 7,
        "product_id": "P-9",
        "sku": "MUG-R",
        "title": "red",
    }
    return {
        "id": "P-9",
        "sku": "MUG",
        "created_at": "2024-01-09T08:00:00+00:00",
        "image": {"src": "https://cdn.shop.example/mug.jpg"},
        "product_exists": True,
        "title": "Mug",
        "url": "https://shop.example/mug",
        "vendor": "Kiln",
        "variants": [variant],
    }


class Clock:
    """A clock that tests move; starts at 2025-11-20."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        """The time in Unix seconds."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock standing at 2025-11-20 until it is moved."""
    return Clock()


@pytest.fixture
def started(clock: Clock) -> Iterator[Callable[..., Simulator]]:
    """Start simulators by the movable clock; they stop with the test."""
    with ExitStack() as running:

        def _start(kind: str, **options: Any) -> Simulator:
            return running.enter_context(Simulator.start(kind, clock=clock, **options))

        yield _start
