"""Clearing up behind subscriptions: what removed and disabled ones have left, and telling of the disabled ones."""

import time

from outhaul_ledger.ledger import Ledger
from outhaul_ledger.subscribing import TIDY_COUNT, SubscriptionLedger
from outhaul_producers.operational import subscription_disabled

PAUSE_SECONDS = 1.0


class Tidier:
    """Does a step a second, and the next at once as long as there is much to do.

    Args:
        ledger: where events are accepted.
        subscriptions: the subscriptions beside it.
        parking: seconds that deliveries wait for a disabled subscription.
        source: the source of events that name none.
    """

    def __init__(self, ledger: Ledger, subscriptions: SubscriptionLedger, parking: float, source: str) -> None:
        self._ledger, self._subscriptions = ledger, subscriptions
        self._parking, self._source = parking, source
        self._cursor = "0"
        self._next_at = 0.0

    def step(self) -> None:
        """Do a step if it is time.

        Raises:
            outhaul_ledger.errors.LedgerUnavailable: no answer in time; nothing is lost by that.
        """
        if time.monotonic() < self._next_at:
            return
        done = self._subscriptions.tidy(self._cursor, parking=self._parking)
        self._cursor = done.cursor
        for stopped in done.stopped:
            self._ledger.accept([subscription_disabled(stopped, self._source)])
            self._subscriptions.tell(stopped)
        self._next_at = time.monotonic() + (0.0 if done.cancelled >= TIDY_COUNT else PAUSE_SECONDS)
