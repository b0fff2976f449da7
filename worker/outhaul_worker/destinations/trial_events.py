"""The event that destinations are tried with: of a type that no receiver acts upon, about nobody."""

from datetime import UTC, datetime
from typing import Any

from outhaul_producers.event import Event, canonical
from outhaul_producers.schema.moments import written
from outhaul_worker.destinations.contract import Moment

PING = "outhaul.ping"
"""The type of an event that is sent to see whether it arrives. It is none of the vocabulary, so nobody enqueues it."""


def trial_event(moment: Moment, event_type: str = PING, **sections: Any) -> Event:
    """Make an event of the environment `test` that happened when it is sent; each has an id of its own.

    Args:
        moment: when it is sent.
        event_type: for a kind that knows a type for this purpose, or sends names of its own.
        sections: what the kind needs to make a payload of it.
    """
    occurred_at = written(datetime.fromtimestamp(moment.sent_at, UTC))
    body = {
        "id": f"outhaul_test_{int(moment.sent_at * 1000)}",
        "type": event_type,
        "source": "/outhaul",
        "specversion": "1.0",
        "schema_version": 1,
        "occurred_at": occurred_at,
        "environment": "test",
        "channel": "website",
        **sections,
    }
    return Event(canonical(body))
