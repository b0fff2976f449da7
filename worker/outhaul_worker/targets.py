"""The destinations of a process, ready for use: configured ones, and subscriptions as their deliveries are leased."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from outhaul_config.destinations import TableReader
from outhaul_config.problems import ConfigError
from outhaul_config.subscribers import Subscribers
from outhaul_producers.subscriptions.book import SubscriptionBook
from outhaul_producers.subscriptions.model import PREFIX, Subscription
from outhaul_worker.attempt import Target
from outhaul_worker.destinations.contract import Payload
from outhaul_worker.destinations.registry import kinds

LONGEST_ATTEMPT = 30.0
"""The most seconds that an attempt at a subscription's delivery may take; the API sees to it."""

OKANJO = "okanjo"

Build = Callable[[Subscription, float], Target]


class Targets:
    """Targets by name. A subscription's is built when it is needed, and anew when it has changed."""

    def __init__(self, configured: Mapping[str, Target], book: SubscriptionBook, build: Build) -> None:
        self.configured = configured
        self._book, self._build = book, build
        self._built: dict[str, tuple[int, float, Target]] = {}

    def get(self, name: str, /) -> Target | None:
        """Return a target, None where there is none of that name.

        Raises:
            outhaul_ledger.errors.LedgerUnavailable: the ledger, asked for a subscription that is not known here, does
                not answer.
        """
        if not name.startswith(PREFIX):
            return self.configured.get(name)
        subscription = self._book.get(name)
        if subscription is None:
            self._book.catch_up()
            subscription = self._book.get(name)
        if subscription is None:
            self._built.pop(name, None)
            return None
        return self._ready(subscription)

    def longest_attempt(self) -> float:
        """Return the most seconds that an attempt may take at any of them."""
        totals = (target.destination.policy.timeout.total for target in self.configured.values())
        return max(LONGEST_ATTEMPT, *totals)

    def _ready(self, subscription: Subscription) -> Target | None:
        now = time.time()
        version, lapses, target = self._built.get(subscription.name, (0, 0.0, None))
        if target is None or version != subscription.entry.version or now >= lapses:
            try:
                target = self._build(subscription, now)
            except ConfigError:
                return None  # what it was made with is of a version this worker does not know
            lapses = subscription.draft.lapses(now)
            self._built[subscription.name] = subscription.entry.version, lapses, target
        return target


class TargetBuilder:
    """Builds the targets of subscriptions.

    Args:
        reader: reads their tables.
        subscribers: what the site has configured for them.
        keep: for the Okanjo API: keeps the document an event goes out as, or returns the one that was kept before.
    """

    def __init__(self, reader: TableReader, subscribers: Subscribers, keep: Callable[[str, bytes], bytes]) -> None:
        self._reader, self._subscribers, self._keep = reader, subscribers, keep
        self._kinds = kinds()

    def __call__(self, subscription: Subscription, now: float) -> Target:
        """Build one as it is at this time (Unix seconds).

        Raises:
            ConfigError: its table cannot be read.
        """
        return self.build(subscription.name, subscription.draft.kind, subscription.draft.table(now))

    def build(self, name: str, kind: str, table: Mapping[str, object]) -> Target:
        """Build the target of a table."""
        site = self._subscribers.okanjo_options if kind == OKANJO else {}
        allowed = {"allow_private_addresses": self._subscribers.allow_private_addresses}
        destination = self._reader.read(name, {**site, **table, **allowed})
        if kind != OKANJO:
            return Target(destination, self._kinds[kind](destination))
        # All get one and the same document, so an event's overrides for a single one of them cannot be in it.
        return Target(destination, self._kinds[kind](replace(destination, name=OKANJO)), self._kept)

    def _kept(self, payload: Payload) -> Payload:
        body = self._keep(payload.vendor_id, payload.body)
        return payload if body == payload.body else Payload(body, payload.headers, payload.vendor_id)
