"""Webhooks of others: each source that is configured may hand events over in its own way, without a key of the API."""

from typing import Any

from flask import request

from outhaul_config.sources import OkanjoSource, Source
from outhaul_producers.errors import InvalidEvent
from outhaul_producers.receive import NotAuthentic, SourceUnavailable, read_okanjo_webhook, read_standard_webhook
from outhaul_producers.web.bodies import JSON, read_body
from outhaul_producers.web.events import RETRY_SECONDS, ReceiptDocument, accepted
from outhaul_producers.web.problems import Problem
from outhaul_producers.web.routes import Answer, Routes
from outhaul_producers.web.services import services

routes = Routes("sources", "Webhooks of configured sources, which prove by signature or by their own API who they are.")

_DOCUMENT = {"requestBody": {"required": True, "content": {JSON: {"schema": {"type": "object"}}}}}


@routes.operation(
    "POST",
    "/v1/sources/<string:name>/events",
    scope=None,
    answers={202: ReceiptDocument, 200: ReceiptDocument},
    refuses=(
        "not-authentic",
        "not-found",
        "event-conflict",
        "body-too-large",
        "invalid-event",
        "too-slow",
        "unsupported-media-type",
        "ledger-unavailable",
        "source-unavailable",
    ),
    document=_DOCUMENT,
)
def take_webhook(name: str) -> Answer:
    """Take a webhook of a source: a Standard Webhook with its signature, or one of Okanjo's, which is fetched back."""
    source = services().configured.sources().get(name)
    if source is None:
        raise Problem("not-found", "expected the name of a source in `sources.toml`")
    try:
        event = _read(source, read_body(request))
    except NotAuthentic as error:
        raise Problem("not-authentic", str(error), extension={"reason": error.reason}) from error
    except SourceUnavailable as error:
        raise Problem("source-unavailable", str(error), headers={"Retry-After": str(RETRY_SECONDS)}) from error
    except InvalidEvent as error:
        return accepted([error], batch=False)
    return accepted([event], batch=False)


def _read(source: Source, body: bytes) -> dict[str, Any]:
    if isinstance(source, OkanjoSource):
        peer = request.environ.get("REMOTE_ADDR", "")
        return read_okanjo_webhook(source, body, peer=peer, fetch=services().fetch)
    return read_standard_webhook(source, dict(request.headers), body)
