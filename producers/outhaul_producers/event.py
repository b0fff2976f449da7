"""The canonical event: one fact, validated and normalised, as every destination reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import orjson

ROUTING = frozenset({"destinations", "deliver_after", "expires_at"})
"""The parts of an event that say where and when it is to go."""

HANDLING = ROUTING | {"overrides"}
"""The parts of an event that say how to deliver it: addressed to Outhaul, not to a destination."""


@dataclass(frozen=True, slots=True)
class Event:
    """One normalised fact.

    `body` is the whole canonical event as JSON types and must not be changed: amounts of money are decimal
    strings with two to four decimals, other numbers are JSON numbers, times are RFC 3339 in UTC with milliseconds
    (`2026-03-05T08:15:00.000Z`). The envelope (`id`, `type`, `source`, ...) and the sections (`customer`,
    `order`, ...) stand side by side at its top level. The other fields repeat what everybody needs.

    Args:
        id: the caller's idempotency key, or `ev_` and a ULID.
        type: a name of the vocabulary, such as `order.created`, or `custom.<name>`.
        source: URI-reference of the system the event comes from.
        occurred_at: when it happened, aware, UTC, to the millisecond.
        environment: `prod` or `test`.
        body: the whole canonical event.
    """

    id: str
    type: str
    source: str
    occurred_at: datetime
    environment: str
    body: Mapping[str, Any]

    @property
    def expires_at(self) -> datetime | None:
        """From when on it is not wanted any more, aware; None for never."""
        written = self.body.get("expires_at")
        return datetime.fromisoformat(written) if written else None

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Read an event from its stored canonical JSON, which was validated when it was accepted."""
        return cls.of(orjson.loads(raw))

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """Take the canonical event as JSON types for an event."""
        return cls(
            id=body["id"],
            type=body["type"],
            source=body["source"],
            occurred_at=datetime.fromisoformat(body["occurred_at"]),
            environment=body["environment"],
            body=body,
        )
