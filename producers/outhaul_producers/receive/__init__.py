"""Taking webhooks of others and handing them over as events: Standard Webhooks, and those of Okanjo.

Framework-neutral: headers and the raw body of a request go in, a `Receipt` comes out, or a typed refusal is raised.
Answer a refusal with 4xx, `SourceUnavailable` and `LedgerUnavailable` with 503, so that the sender tries again.
"""

from collections.abc import Mapping
from typing import Any

from outhaul_config.sources import OkanjoSource, StandardWebhookSource
from outhaul_producers.enqueue import Receipt, enqueue_event
from outhaul_producers.receive.okanjo import Fetch, Fetched, read_okanjo_webhook
from outhaul_producers.receive.refusal import NotAuthentic, Reason, SourceUnavailable
from outhaul_producers.receive.standard_webhooks import read_standard_webhook

__all__ = [
    "Fetch",
    "Fetched",
    "NotAuthentic",
    "OkanjoSource",
    "Reason",
    "SourceUnavailable",
    "StandardWebhookSource",
    "read_okanjo_webhook",
    "read_standard_webhook",
    "receive_okanjo_webhook",
    "receive_standard_webhook",
]


def receive_standard_webhook(source: StandardWebhookSource, headers: Mapping[str, str], body: bytes) -> Receipt:
    """Verify a Standard Webhook and store its event; the same again is a duplicate.

    Raises:
        NotAuthentic: it is not the source's, or too old.
        InvalidEvent, EventTooLarge, EventConflict, LedgerUnavailable: as `enqueue_event` raises them.
    """
    return _enqueue(read_standard_webhook(source, headers, body))


def receive_okanjo_webhook(source: OkanjoSource, body: bytes, *, peer: str, fetch: Fetch) -> Receipt:
    """Verify a webhook of Okanjo's by fetching its event back, and store it; the same again is a duplicate.

    Raises:
        NotAuthentic: it is not the source's.
        SourceUnavailable: the source's API could not be asked.
        InvalidEvent, EventTooLarge, EventConflict, LedgerUnavailable: as `enqueue_event` raises them.
    """
    return _enqueue(read_okanjo_webhook(source, body, peer=peer, fetch=fetch))


def _enqueue(event: dict[str, Any]) -> Receipt:
    return enqueue_event(**event)
