"""What one worker process needs to deliver, wired in one place, after the fork: clients and threads never cross it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from outhaul_config.destinations import TableReader, load_destinations
from outhaul_config.log_events import delivery_attempted
from outhaul_config.sentry import report_dead_letter
from outhaul_config.subscribers import load_subscribers
from outhaul_ledger.ledger import Ledger, connect
from outhaul_ledger.subscribing import SubscriptionLedger
from outhaul_producers.operational import OPERATIONAL
from outhaul_producers.schema.paths import value_paths
from outhaul_producers.subscriptions.book import SubscriptionBook
from outhaul_producers.types import TYPES
from outhaul_worker.attempt import Target
from outhaul_worker.attempt_log import AttemptLog
from outhaul_worker.destinations.registry import kind_specs, kinds
from outhaul_worker.drain import Drain
from outhaul_worker.routing import Router
from outhaul_worker.targets import TargetBuilder, Targets
from outhaul_worker.transports.opening import open_transport, usual_window

if TYPE_CHECKING:
    from outhaul_config.settings import Settings
    from outhaul_worker.transports.contract import Transport

ATTEMPTS_LOGGED_AT = ("debug", "info")  # these settings of `log_level`
LEASE_MARGIN_SECONDS = 30.0  # for queueing in the process and settling, beyond the longest attempt
DOCUMENT_SECONDS = 30 * 86400.0  # far beyond the last retry of what it was sent as
EVENT_TYPES = (*TYPES, *OPERATIONAL)
LINGER_SECONDS = 1.0  # a drain stays, as it takes events at once and one that is to be started takes 8 ms longer
LEDGER_SECONDS = 5.0  # a worker can wait longer for the ledger than a web request can


def load_targets(settings: Settings) -> dict[str, Target]:
    """Read the configured destinations and build each one's kind.

    Raises:
        ConfigError: with every mistake in `destinations.toml`.
    """
    built = kinds()
    destinations = load_destinations(settings.destinations, os.environ, kind_specs(), EVENT_TYPES, value_paths())
    return {name: Target(each, built[each.kind](each)) for name, each in destinations.items()}


def subscription_ledger(ledger: Ledger, settings: Settings) -> SubscriptionLedger:
    """Return the subscriptions that are kept beside a ledger's events."""
    return SubscriptionLedger(ledger.client, ledger.namespace, retention=settings.retention)


def target_builder(subscriptions: SubscriptionLedger, settings: Settings) -> TargetBuilder:
    """Return what builds the targets of subscriptions as the site has it.

    Raises:
        ConfigError: with every mistake in the table `[subscriptions]`.
    """
    lasts = max(settings.retention, DOCUMENT_SECONDS)
    keep = partial(subscriptions.keep_document, lasts=lasts)
    reader = TableReader(kind_specs(), EVENT_TYPES)
    return TargetBuilder(reader, load_subscribers(settings.destinations, os.environ), keep)


@dataclass(slots=True)
class Engine:
    """A process's ledger, transport and destinations; runs one drain at a time."""

    settings: Settings
    ledger: Ledger
    transport: Transport
    targets: Targets
    router: Router
    _drain: Drain | None = None

    @classmethod
    def start(cls, settings: Settings) -> Engine:
        """Build everything new for this process."""
        ledger = connect(settings, timeout=max(LEDGER_SECONDS, settings.ledger_timeout))
        subscriptions = subscription_ledger(ledger, settings)
        book = SubscriptionBook(subscriptions)
        targets = Targets(load_targets(settings), book, target_builder(subscriptions, settings))
        router = Router({name: each.destination for name, each in targets.configured.items()}, book)
        return cls(settings, ledger, _open_transport(settings), targets, router)

    def drain(self, worker: str) -> None:
        """Deliver until nothing is due."""
        self._drain = Drain(
            self.ledger,
            self.transport,
            self.targets,
            self.router,
            AttemptLog(worker, delivery_attempted if self._logs_attempts() else None, report_dead_letter),
            worker=worker,
            window=_window(self.settings),
            lease_ms=self._lease_ms(),
            linger=LINGER_SECONDS,
        )
        try:
            self._drain.run()
        except BaseException:
            # What it left in flight must not take up the next drain's window, nor be answered to it.
            self.transport.close()
            self.transport = _open_transport(self.settings)
            raise
        finally:
            self._drain = None

    def stop_drain(self) -> None:
        """Let the running drain, if there is one, finish what it has in flight and end."""
        if self._drain:
            self._drain.stop()

    def _logs_attempts(self) -> bool:
        return self.settings.log_level in ATTEMPTS_LOGGED_AT

    def _lease_ms(self) -> int:
        return int((self.targets.longest_attempt() + LEASE_MARGIN_SECONDS) * 1000)


def _window(settings: Settings) -> int:
    return settings.window or usual_window(settings.transport)


def _open_transport(settings: Settings) -> Transport:
    # a drain has two windows, one for quick lanes and one for slow ones
    return open_transport(settings.transport, 2 * _window(settings))
