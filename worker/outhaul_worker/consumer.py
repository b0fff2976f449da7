"""Celery's consumer, with what an outage must not prolong and an idle worker need not do left out."""

from functools import partial
from typing import Any

from celery.worker.consumer import Consumer

RETRY_SECONDS = {"interval_start": 0.5, "interval_step": 0.5, "interval_max": 2.0}


class PersistentConsumer(Consumer):  # type: ignore[misc] # Celery ships no types
    """Tries to connect at least every two seconds; left alone, Celery would come to wait for half a minute.

    Workers know of each other through the ledger, so they neither ask for their neighbours when they connect, which
    takes a second, nor listen to each other. They send heart-beats only with `-E`, for those who watch: a worker that
    is told to end while the broker is away would try to send its last one for good.
    """

    def __init__(self, *args: Any, task_events: bool, **options: Any) -> None:
        quiet = {"without_mingle": True, "without_gossip": True, "without_heartbeat": not task_events}
        super().__init__(*args, task_events=task_events, **options | quiet)

    def ensure_connected(self, conn: Any) -> Any:
        """Return the connection once it stands."""
        conn.ensure_connection = partial(conn.ensure_connection, **RETRY_SECONDS)
        return super().ensure_connected(conn)
