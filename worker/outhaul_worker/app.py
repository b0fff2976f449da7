"""The Celery application: a broker, one task, one bootstep. Celery carries no state; a message only says `look`."""

from __future__ import annotations

import gc
import logging
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import celery
from celery import signals

from outhaul_config.logging import configure_logging
from outhaul_config.sentry import start_sentry
from outhaul_worker.broker import SOCKET_SECONDS, Broker
from outhaul_worker.dispatcher import DRAIN, DispatcherStep, worker_name
from outhaul_worker.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from outhaul_config.settings import Settings

END_SECONDS = 1.0
GARBAGE_COUNT = 20_000  # objects more than before, and the process looks for cycles among them; about 1000 attempts
# A line for every drain that begins or ends, and addresses with their queries.
CHATTER = ("celery.worker.strategy", "celery.app.trace", "urllib3")


def make_app(settings: Settings) -> celery.Celery:
    """Build the application for these settings."""
    broker = Broker.at(settings.broker_url, settings.namespace)
    app = celery.Celery("outhaul", broker=broker.url, set_as_current=False)
    app.conf.update(_configuration(settings, broker))
    app.outhaul_settings = settings
    app.steps["worker"].add(DispatcherStep)
    app.outhaul_stop_drains = _Process(app, settings).stop_drains
    return app


def _configuration(settings: Settings, broker: Broker) -> dict[str, Any]:
    return {
        # These two go before a CELERY_BROKER_URL in the environment, which is another application's.
        "broker_read_url": broker.url,
        "broker_write_url": broker.url,
        "broker_use_ssl": dict(broker.tls) if broker.tls else False,
        "broker_transport_options": dict(broker.options),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_connection_timeout": SOCKET_SECONDS,
        "worker_consumer": "outhaul_worker.consumer:PersistentConsumer",
        "worker_pool": "prefork",
        "worker_prefetch_multiplier": 1,
        "worker_disable_prefetch": broker.waits_in_server,  # a busy worker must not sit on a message
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "task_ignore_result": True,
        "task_default_queue": settings.namespace,
        "task_serializer": "json",
        "accept_content": ["json"],
    }


class _Process:
    """This process's part of the application: its logging, its Sentry, and an engine for each thread that drains.

    A pool process has one such thread; a pool of threads has its drains in the worker's own process.
    """

    def __init__(self, app: celery.Celery, settings: Settings) -> None:
        self._settings = settings
        self._threads = threading.local()
        self._engines: list[Engine] = []
        self._worker_pid = 0
        self._terminated = False
        signals.setup_logging.connect(self._set_up_logging, weak=False)
        signals.worker_process_init.connect(self._set_up_child, weak=False)
        app.task(name=DRAIN, bind=True, ignore_result=True)(_as_function(self.drain))

    def drain(self, task: celery.Task) -> None:
        """Deliver until nothing is due.

        SIGTERM makes a pool process finish what is in flight before it ends, so that a supervisor which signals the
        whole process group loses and repeats nothing.
        """
        engine = self._ready_engine()
        if not self._worker_pid:
            engine.drain(worker_name(task.request.hostname, os.getpid()))
            return
        previous = signal.signal(signal.SIGTERM, self._on_terminate)
        try:
            engine.drain(worker_name(task.request.hostname, self._worker_pid))
        finally:
            signal.signal(signal.SIGTERM, previous)
            if self._terminated:
                self._end_soon()

    def stop_drains(self) -> None:
        """Let the drains of this process finish what they have in flight and end."""
        for engine in self._engines:
            engine.stop_drain()

    def _set_up_logging(self, **_: object) -> None:
        configure_logging(self._settings)
        for chatter in CHATTER:
            logging.getLogger(chatter).setLevel(logging.WARNING)

    def _set_up_child(self, **_: object) -> None:
        self._worker_pid = os.getppid()
        self._ready_engine()

    def _ready_engine(self) -> Engine:
        engine: Engine | None = getattr(self._threads, "engine", None)
        if engine is None:
            start_sentry(self._settings, celery=True)
            engine = self._threads.engine = Engine.start(self._settings)
            self._engines.append(engine)
            # Attempts are no cycles. To look for some every few attempts, among all that stays, takes 6 % of the time.
            gc.freeze()
            gc.set_threshold(GARBAGE_COUNT)
        return engine

    def _on_terminate(self, _signal: int, _frame: FrameType | None) -> None:
        self._terminated = True
        self.stop_drains()

    def _end_soon(self) -> None:
        """End this process a moment later: by then Celery knows that the task has ended well."""
        self._terminated = False
        timer = threading.Timer(END_SECONDS, os.kill, (os.getpid(), signal.SIGTERM))
        timer.daemon = True
        timer.start()


def _as_function(method: Callable[[celery.Task], None]) -> Callable[[celery.Task], None]:
    """Wrap a method for Celery, which names and documents tasks by their function."""

    def drain(task: celery.Task) -> None:
        """Deliver until nothing is due."""
        method(task)

    return drain
