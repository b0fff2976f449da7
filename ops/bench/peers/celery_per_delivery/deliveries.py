"""Webhooks with one Celery task per delivery: what a team writes that has Celery and requests already."""

import base64
import hmac
import json
import os
import threading
import time
from typing import Any

import requests
from celery import Celery

ENDPOINT = os.environ["BENCH_ENDPOINT"]
KEY = base64.b64decode(os.environ["BENCH_SECRET"].removeprefix("whsec_"))
NOT_DATA = ("type", "occurred_at")

app = Celery("deliveries", broker=os.environ["BENCH_BROKER_URL"])
app.conf.update(
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
    broker_connection_timeout=5,
    broker_transport_options={
        "socket_timeout": 5,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "max_connections": 128,
    },
)


class Thread(threading.local):
    """Each thread keeps its connections; a process of the prefork pool runs its tasks in one thread."""

    def __init__(self) -> None:
        self.session = requests.Session()


here = Thread()


def signature(message_id: str, timestamp: str, body: bytes) -> str:
    """Sign as Standard Webhooks 1.0 says."""
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(KEY, content, "sha256")).decode()


@app.task(  # type: ignore[untyped-decorator] # Celery ships no types
    autoretry_for=(requests.RequestException,),
    retry_backoff=5,
    retry_backoff_max=6 * 3600,
    retry_jitter=True,
    max_retries=13,
)
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
