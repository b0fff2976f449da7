"""Webhooks with dramatiq: one message per delivery, a `requests.Session` per thread."""

import base64
import hmac
import json
import os
import threading
import time
from typing import Any

import dramatiq
import requests
from dramatiq.brokers.redis import RedisBroker

ENDPOINT = os.environ["BENCH_ENDPOINT"]
KEY = base64.b64decode(os.environ["BENCH_SECRET"].removeprefix("whsec_"))
NOT_DATA = ("type", "occurred_at")

dramatiq.set_broker(RedisBroker(url=os.environ["BENCH_BROKER_URL"]))


class Thread(threading.local):
    """Each thread keeps its connections."""

    def __init__(self) -> None:
        self.session = requests.Session()


here = Thread()


def signature(message_id: str, timestamp: str, body: bytes) -> str:
    """Sign as Standard Webhooks 1.0 says."""
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(KEY, content, "sha256")).decode()


@dramatiq.actor(max_retries=13, min_backoff=5_000, max_backoff=6 * 3_600_000)
def deliver(event: dict[str, Any]) -> None:
    """Post one event; what is not accepted is tried again with exponential back-off."""
    data = {key: value for key, value in event.items() if key not in NOT_DATA}
    body = json.dumps({"type": event["type"], "timestamp": event["occurred_at"], "data": data}).encode()
    timestamp = str(int(time.time()))
    headers = {
        "content-type": "application/json",
        "webhook-id": event["id"],
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(event["id"], timestamp, body),
    }
    here.session.post(ENDPOINT, data=body, headers=headers, timeout=(5, 15)).raise_for_status()
