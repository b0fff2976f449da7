"""Runs the API under gunicorn: processes that are forked before anything is opened, and replaced when they die."""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from outhaul_config.settings import Settings
from outhaul_ops.api_worker import ApiWorker
from outhaul_ops.serving import build

STOP_SECONDS = 30
"""How long requests under way may take to end when the API is told to stop."""


class ApiServer(BaseApplication):  # type: ignore[misc] # the package ships no types
    """The API as the settings describe it; `run` returns when it has been told to stop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Configure gunicorn; its own files and variables are not read."""
        for name, value in options(self._settings).items():
            self.cfg.set(name, value)
        ApiWorker.request_seconds = self._settings.api_request_timeout

    def load(self) -> Flask:
        """Build the application of a process; called after the fork."""
        return build(self._settings)


def options(settings: Settings) -> Mapping[str, Any]:
    """Return gunicorn's options for the settings."""
    return {
        "bind": settings.api_bind,
        "workers": settings.api_workers,
        "threads": settings.api_threads,
        "worker_class": ApiWorker,
        "preload_app": False,
        "proc_name": "outhaul-api",
        "timeout": 60,
        "graceful_timeout": STOP_SECONDS,
        "keepalive": 5,
        "worker_connections": 1000,
        "limit_request_line": 8190,
        "limit_request_fields": 64,
        "limit_request_field_size": 8190,
        "forwarded_allow_ips": "",
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning" if settings.log_level == "info" else settings.log_level,
        "control_socket_disable": True,
    }
