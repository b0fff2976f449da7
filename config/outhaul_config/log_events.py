"""The names of everything that is logged, and the one line every attempt leaves."""

from typing import Final, TypedDict, Unpack

import structlog

BROKER_UNAVAILABLE: Final = "broker.unavailable"
DELIVERY_ATTEMPTED: Final = "delivery.attempted"
DISPATCHER_FAILED: Final = "dispatcher.failed"
LEDGER_AT_RISK: Final = "ledger.at_risk"
LEDGER_UNAVAILABLE: Final = "ledger.unavailable"
LEDGER_BACK: Final = "ledger.back"

_log = structlog.stdlib.get_logger("outhaul")


class AttemptLine(TypedDict):
    """The fields of the attempt's line, always all of them.

    `status` is the HTTP status, 0 without an answer. `due_in_ms` is when the delivery is tried next, None when it is
    not tried again by itself. `reason` is for people and holds neither payload nor personal data. `worker` names the
    process. `possible_duplicate` is true where an earlier attempt's fate is unknown.
    """

    event_id: str
    destination: str
    kind: str
    type: str
    attempt: int
    outcome: str
    status: int
    duration_ms: float
    due_in_ms: int | None
    reason: str
    worker: str
    possible_duplicate: bool


def delivery_attempted(**line: Unpack[AttemptLine]) -> None:
    """Log one attempt as one line."""
    _log.info(DELIVERY_ATTEMPTED, **line)
