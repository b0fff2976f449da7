"""Celery's consumer, looking for a lost broker often enough that a short outage stays short."""

from functools import partial
from typing import Any

from celery.worker.consumer import Consumer

RETRY_SECONDS = {"interval_start": 0.5, "interval_step": 0.5, "interval_max": 2.0}


class PersistentConsumer(Consumer):  # type: ignore[misc] # Celery ships no types
    """Tries to connect at least every two seconds; left alone, Celery would come to wait for half a minute."""

    def ensure_connected(self, conn: Any) -> Any:
        """Return the connection once it stands."""
        conn.ensure_connection = partial(conn.ensure_connection, **RETRY_SECONDS)
        return super().ensure_connected(conn)
