"""The dispatcher: one thread in each worker's parent process that turns due work into `drain` messages.

It sleeps on the ledger's wake-up list, at most until the next lane is due and at most a second. It also beats for the
worker, and tells the ledger when the worker is stopping. Where the answer to a beat says that there is something of
the kind, it takes back what dead drains had leased, ends what has expired or was cancelled, and clears up behind
subscriptions.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import redis
import structlog
from celery import bootsteps
from celery.concurrency import prefork, thread
from celery.worker import state

from outhaul_config.log_events import (
    BROKER_UNAVAILABLE,
    DISPATCHER_FAILED,
    LEDGER_AT_RISK,
    LEDGER_BACK,
    LEDGER_UNAVAILABLE,
)
from outhaul_config.problems import ConfigError
from outhaul_config.sentry import start_sentry
from outhaul_config.subscribers import load_subscribers
from outhaul_ledger.errors import LedgerUnavailable
from outhaul_ledger.ledger import RECOVERED, Ledger, connect
from outhaul_ledger.server import inspect_server
from outhaul_worker.engine import LEDGER_SECONDS, load_targets, subscription_ledger
from outhaul_worker.tidying import Tidier

if TYPE_CHECKING:
    from collections.abc import Callable

    import celery

    from outhaul_config.settings import Settings

DRAIN = "outhaul.drain"
POOLS = (prefork.TaskPool, thread.TaskPool)
MESSAGE_SECONDS = 60  # a drain message that waited longer is of no use any more
SLEEP_SECONDS = 1.0
SWEEP_PAUSES = 10  # sleeps between two passes
SWEPT = 1000  # events looked at in one call, some 2 ms of the server's time
SWEEPS_AT_ONCE = 20  # so that twenty thousand a second can expire
BUSY_SECONDS = 0.02  # between two looks while due work is being taken care of
OUTAGE_PAUSE_SECONDS = 0.5
GRACE_SECONDS = 3.0  # after the ledger was away, drains get so long to beat again before their leases are taken


def worker_name(hostname: str, pid: int) -> str:
    """Name a worker for the ledger: unique even when two workers on a machine share a Celery node name."""
    return f"{hostname}:{pid}"


class Tidying(Protocol):
    """How a dispatcher clears up behind subscriptions."""

    def __call__(self, *, urgent: bool) -> None:
        """Do a step if it is time."""


class Dispatcher(threading.Thread):
    """The thread.

    `send` puts one `drain` message on the broker, `terminate` signals the worker's pool processes, `tidy` clears up
    behind subscriptions, `urgent` where something waits for it. It looks at the ledger at least every `sleep_seconds`,
    and as often for drains that fell silent.
    """

    def __init__(
        self,
        ledger: Ledger,
        worker: str,
        slots: int,
        send: Callable[[], None],
        terminate: Callable[[], None],
        tidy: Tidying,
        *,
        sleep_seconds: float = SLEEP_SECONDS,
    ) -> None:
        super().__init__(name="outhaul-dispatcher", daemon=True)
        self._ledger, self._worker, self._slots = ledger, worker, slots
        self._send, self._terminate, self._tidy = send, terminate, tidy
        self._sleep_seconds = sleep_seconds
        self._ending = threading.Event()
        self._recover_at = self._expire_at = self._sweep_at = 0.0
        self._swept = 0
        self._away = True

    def run(self) -> None:
        """Dispatch until `end` is called, through outages of ledger and broker."""
        while not self._ending.is_set():
            try:
                self._cycle()
            except LedgerUnavailable as error:
                self._note_away(error)
                self._ending.wait(OUTAGE_PAUSE_SECONDS)
            except Exception:  # noqa: BLE001 - without this thread the worker would look alive and deliver nothing
                structlog.get_logger().exception(DISPATCHER_FAILED)
                self._ending.wait(OUTAGE_PAUSE_SECONDS)
        # Once more from here, as the last cycle may have spoken after `end` did.
        if not self._say_stopping():
            self._terminate()

    def end(self) -> None:
        """Stop dispatching and tell the ledger that this worker's drains are to finish."""
        self._ending.set()
        self._say_stopping()

    def _say_stopping(self) -> bool:
        """Tell the drains through the ledger; False where it is away, and they must be told by signal."""
        try:
            self._ledger.dispatch(self._worker, self._slots, stopping=True)
        except LedgerUnavailable as error:
            self._note_away(error)
            return False
        return True

    def _cycle(self) -> None:
        answer = self._ledger.dispatch(self._worker, self._slots)
        self._note_back()
        if answer.send:
            self._send_one()
        if answer.silent:
            self._recover()
        if answer.unwanted:
            self._expire()
        if answer.untidy or answer.subscribed:
            self._tidy(urgent=answer.untidy)
        self._sweep()
        if answer.wait_ms == 0:
            self._ending.wait(BUSY_SECONDS)
        else:
            pause = self._sleep_seconds if answer.wait_ms < 0 else min(answer.wait_ms / 1000, self._sleep_seconds)
            self._ledger.wait_for_wake(pause)

    def _send_one(self) -> None:
        try:
            self._send()
        except Exception as error:  # noqa: BLE001 - any broker, any error; the ask expires and is made again
            structlog.get_logger().warning(BROKER_UNAVAILABLE, error=str(error))
            self._ending.wait(OUTAGE_PAUSE_SECONDS)

    def _recover(self) -> None:
        if time.monotonic() >= self._recover_at:
            taken = self._ledger.recover()
            again = taken.recovered + taken.dead >= RECOVERED
            self._recover_at = time.monotonic() + (0.0 if again else self._sleep_seconds)

    def _sweep(self) -> None:
        """Go on with a pass over the index of events; nobody waits for it, so passes have long pauses between them.

        Where most of what was looked at had expired, more is looked at: events go as fast as they came.
        """
        if time.monotonic() < self._sweep_at:
            return
        many = all(self._sweep_on() for _ in range(SWEEPS_AT_ONCE))
        self._sweep_at = time.monotonic() + self._sleep_seconds * (1 if self._swept or many else SWEEP_PAUSES)

    def _sweep_on(self) -> bool:
        """Look at the next events of the pass; True where most had expired."""
        swept = self._ledger.sweep(self._swept, SWEPT)
        self._swept = swept.place
        return swept.removed >= SWEPT // 2

    def _expire(self) -> None:
        """End what is not wanted any more: at lanes that nothing is leased from, nobody else would."""
        if time.monotonic() >= self._expire_at:
            done = self._ledger.expire()
            found = done.cancelling and self._ledger.finish_cancelling()
            again = done.more or found
            self._expire_at = time.monotonic() + (0.0 if again else self._sleep_seconds)

    def _note_away(self, error: Exception) -> None:
        if not self._away:
            structlog.get_logger().warning(LEDGER_UNAVAILABLE, error=str(error))
        self._away = True

    def _note_back(self) -> None:
        if self._away:
            structlog.get_logger().info(LEDGER_BACK, worker=self._worker)
            self._recover_at = time.monotonic() + GRACE_SECONDS
        self._away = False


class DispatcherStep(bootsteps.StartStopStep):  # type: ignore[misc] # Celery ships no types
    """Runs the dispatcher with a Celery worker; its thread starts after the pool's processes were forked."""

    requires = frozenset({"celery.worker.components:Pool"})

    def __init__(self, parent: Any, **_: Any) -> None:
        """Refuse to start on a mistake in the destinations, or with a pool that a drain would hold up."""
        super().__init__(parent)
        if not issubclass(parent.pool_cls, POOLS):
            raise SystemExit(f"outhaul: --pool: expected prefork or threads, got {_pool_name(parent.pool_cls)}")
        self._settings: Settings = parent.app.outhaul_settings
        self._dispatcher: Dispatcher | None = None
        try:
            targets = load_targets(self._settings)
            self._subscribers = load_subscribers(self._settings.destinations, os.environ)
        except ConfigError as error:
            raise SystemExit(f"outhaul: {error}") from error
        self._policies = [(name, each.destination.policy) for name, each in targets.items()]

    def start(self, parent: Any) -> None:
        """Wait for the ledger, check its server, publish the policies, start the thread."""
        start_sentry(self._settings, celery=True)
        ledger = connect(self._settings, timeout=max(LEDGER_SECONDS, self._settings.ledger_timeout))
        self._meet(ledger)
        subscriptions = subscription_ledger(ledger, self._settings)
        self._dispatcher = Dispatcher(
            ledger,
            worker_name(parent.hostname, os.getpid()),
            parent.concurrency,
            _sender(parent.app),
            partial(_terminate_pool, parent),
            Tidier(ledger, subscriptions, self._subscribers.keep_parked, self._settings.source).step,
        )
        self._dispatcher.start()

    def stop(self, _parent: Any) -> None:
        """Let this worker's drains finish what they have in flight and lease no more."""
        if self._dispatcher:
            self._dispatcher.end()

    terminate = stop

    def _meet(self, ledger: Ledger) -> None:
        log = structlog.get_logger()
        while True:
            try:
                facts = inspect_server(ledger.client)
                ledger.configure(self._policies)
                break
            except (LedgerUnavailable, redis.RedisError) as error:
                log.warning(LEDGER_UNAVAILABLE, error=str(error))
                time.sleep(OUTAGE_PAUSE_SECONDS)
                state.maybe_shutdown()
        for warning in facts.warnings:
            log.warning(LEDGER_AT_RISK, warning=warning)
        if facts.refusals:
            raise SystemExit("outhaul: " + "; ".join(facts.refusals))


def _pool_name(pool: type) -> str:
    """Name a pool as `--pool` does."""
    return pool.__module__.rpartition(".")[2]


def _terminate_pool(parent: Any) -> None:
    """Let running drains finish what is in flight, without the ledger's help; a pool process without one ends."""
    parent.app.outhaul_stop_drains()
    for process in getattr(getattr(parent.pool, "_pool", None), "_pool", ()):
        with suppress(OSError):
            os.kill(process.pid, signal.SIGTERM)


def _sender(app: celery.Celery) -> Callable[[], None]:
    def send() -> None:
        app.send_task(DRAIN, ignore_result=True, expires=MESSAGE_SECONDS, retry=False)

    return send
