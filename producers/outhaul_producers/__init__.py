"""What a web application imports: hand over events, see what became of them, take them back.

from outhaul_producers import enqueue_event

enqueue_event("customer.created", customer={"email": "mara@shop.example"})
"""

from outhaul_producers.cancel import Cancellation, CancelledDelivery, cancel_event
from outhaul_producers.enqueue import EnqueueResult, Receipt, enqueue_event, enqueue_events
from outhaul_producers.errors import (
    EventConflict,
    EventTooLarge,
    InvalidEvent,
    LedgerUnavailable,
    OuthaulError,
)
from outhaul_producers.status import AttemptStatus, DeliveryStatus, EventStatus, get_status

__all__ = [
    "AttemptStatus",
    "Cancellation",
    "CancelledDelivery",
    "DeliveryStatus",
    "EnqueueResult",
    "EventConflict",
    "EventStatus",
    "EventTooLarge",
    "InvalidEvent",
    "LedgerUnavailable",
    "OuthaulError",
    "Receipt",
    "cancel_event",
    "enqueue_event",
    "enqueue_events",
    "get_status",
]
