"""Webhooks with taskiq and aiohttp: one message per delivery, a client session per process."""

import base64
import hmac
import json
import os
import time
from typing import Any

import aiohttp
from taskiq import Context, SimpleRetryMiddleware, TaskiqDepends, TaskiqEvents, TaskiqState
from taskiq_redis import RedisStreamBroker

ENDPOINT = os.environ["BENCH_ENDPOINT"]
KEY = base64.b64decode(os.environ["BENCH_SECRET"].removeprefix("whsec_"))
NOT_DATA = ("type", "occurred_at")
MOST_AT_ONCE = 1000

# of taskiq-redis's brokers the one that its documentation gives for work that must not be lost
broker = RedisStreamBroker(url=os.environ["BENCH_BROKER_URL"]).with_middlewares(
    SimpleRetryMiddleware(default_retry_count=13)
)


@broker.on_event(TaskiqEvents.WORKER_STARTUP)
async def open_session(state: TaskiqState) -> None:
    """Give each process connections of its own."""
    timeout = aiohttp.ClientTimeout(total=15, connect=5)
    state.session = aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=MOST_AT_ONCE))


@broker.on_event(TaskiqEvents.WORKER_SHUTDOWN)
async def close_session(state: TaskiqState) -> None:
    """Close them."""
    await state.session.close()


def signature(message_id: str, timestamp: str, body: bytes) -> str:
    """Sign as Standard Webhooks 1.0 says."""
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(KEY, content, "sha256")).decode()


@broker.task(retry_on_error=True)
async def deliver(event: dict[str, Any], context: Context = TaskiqDepends()) -> None:  # noqa: B008 -- taskiq's way
    """Post one event; what is not accepted is tried again."""
    data = {key: value for key, value in event.items() if key not in NOT_DATA}
    body = json.dumps({"type": event["type"], "timestamp": event["occurred_at"], "data": data}).encode()
    timestamp = str(int(time.time()))
    headers = {
        "content-type": "application/json",
        "webhook-id": event["id"],
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(event["id"], timestamp, body),
    }
    async with context.state.session.post(ENDPOINT, data=body, headers=headers) as answer:
        answer.raise_for_status()
        await answer.read()
