"""The Celery application: a broker, one task, one bootstep. Celery carries no state; a message only says `look`."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import celery
from celery import signals

from outhaul_config.logging import configure_logging
from outhaul_config.sentry import start_sentry
from outhaul_worker.dispatcher import DRAIN, DispatcherStep, worker_name
from outhaul_worker.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from outhaul_config.settings import Settings

SOCKET_SECONDS = 5


def make_app(settings: Settings) -> celery.Celery:
    """Build the application for these settings."""
    app = celery.Celery("outhaul", broker=settings.broker_url, set_as_current=False)
    app.conf.update(_configuration(settings))
    app.outhaul_settings = settings
    app.steps["worker"].add(DispatcherStep)
    _Process(app, settings)
    return app


def _configuration(settings: Settings) -> dict[str, Any]:
    return {
        "worker_pool": "prefork",
        "worker_prefetch_multiplier": 1,
        "task_ignore_result": True,
        "task_default_queue": settings.namespace,
        "task_serializer": "json",
        "accept_content": ["json"],
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_connection_timeout": SOCKET_SECONDS,
        "broker_transport_options": _broker_options(settings.broker_url),
        "worker_cancel_long_running_tasks_on_connection_loss": False,
    }


def _broker_options(url: str) -> dict[str, Any]:
    if not url.startswith(("redis", "unix", "sentinel")):
        return {}
    return {
        "socket_timeout": SOCKET_SECONDS,
        "socket_connect_timeout": SOCKET_SECONDS,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "max_connections": 128,
    }


class _Process:
    """This process's part of the application: its logging, its Sentry, and its engine, made at the first use."""

    def __init__(self, app: celery.Celery, settings: Settings) -> None:
        self._settings = settings
        self._engine: Engine | None = None
        self._worker_pid = 0
        self._terminated = False
        signals.setup_logging.connect(self._set_up_logging, weak=False)
        signals.worker_process_init.connect(self._set_up_child, weak=False)
        app.task(name=DRAIN, bind=True, ignore_result=True)(_as_function(self.drain))

    def drain(self, task: celery.Task) -> None:
        """Deliver until nothing is due."""
        if self._engine is None:
            start_sentry(self._settings, celery=True)
            self._engine = Engine.start(self._settings)
        self._engine.drain(worker_name(task.request.hostname, self._worker_pid or os.getpid()))
        if self._terminated:
            self._die()

    def _set_up_logging(self, **_: object) -> None:
        configure_logging(self._settings)

    def _set_up_child(self, **_: object) -> None:
        """In a pool process, let SIGTERM finish what is in flight, so that signalling a whole group loses nothing."""
        self._worker_pid = os.getppid()
        signal.signal(signal.SIGTERM, self._on_terminate)

    def _on_terminate(self, _signal: int, _frame: FrameType | None) -> None:
        self._terminated = True
        if self._engine is None or not self._engine.stop_drain():
            self._die()

    def _die(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)


def _as_function(method: Callable[[celery.Task], None]) -> Callable[[celery.Task], None]:
    """Wrap a method for Celery, which names and documents tasks by their function."""

    def drain(task: celery.Task) -> None:
        """Deliver until nothing is due."""
        method(task)

    return drain
