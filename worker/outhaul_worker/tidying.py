"""Clearing up behind subscriptions: what removed and disabled ones have left, and telling of the disabled ones."""

import math
import time

from outhaul_ledger.ledger import Ledger
from outhaul_ledger.subscribing import TIDY_COUNT, SubscriptionLedger
from outhaul_producers.operational import subscription_disabled

PAUSE_SECONDS = 1.0
ROUND_SECONDS = 20.0  # nobody waits for what has waited for weeks, and each look costs a command for every subscription


class Tidier:
    """Does a step a second where something waits for it, else every twenty; the next at once while there is much to do.

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
        self._looked_at = -math.inf

    def step(self, *, urgent: bool) -> None:
        """Do a step if it is time.

        Args:
            urgent: a subscription was removed or stopped, and that is not done with.

        Raises:
            outhaul_ledger.errors.LedgerUnavailable: no answer in time; nothing is lost by that.
        """
        if time.monotonic() < self._looked_at + (PAUSE_SECONDS if urgent else ROUND_SECONDS):
            return
        done = self._subscriptions.tidy(self._cursor, parking=self._parking)
        self._cursor = done.cursor
        for stopped in done.stopped:
            self._ledger.accept([subscription_disabled(stopped, self._source)])
            self._subscriptions.tell(stopped)
        self._looked_at = -math.inf if done.cancelled >= TIDY_COUNT else time.monotonic()
