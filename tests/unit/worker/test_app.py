"""The Celery application: which broker it talks to, and how."""

import pytest

from outhaul_config.settings import load_settings
from outhaul_worker.app import make_app


def test_the_broker_is_the_configured_one_whatever_celery_finds_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """CELERY_BROKER_URL of another application on the machine must not take the workers away."""
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://127.0.0.1:1/9")
    app = make_app(load_settings({"OUTHAUL_BROKER_URL": "redis://127.0.0.1:2/3"}))
    with app.connection_for_read() as reading, app.connection_for_write() as writing:
        assert (reading.port, writing.port) == (2, 2)


def test_the_broker_is_the_ledgers_server_unless_named() -> None:
    """One server is enough to run Outhaul."""
    app = make_app(load_settings({"OUTHAUL_LEDGER_URL": "redis://127.0.0.1:2/3"}))
    assert app.connection_for_write().port == 2


def test_redis_only_settings_stay_away_from_other_brokers() -> None:
    """Any Celery broker will do: RabbitMQ gets no options that it does not know."""
    app = make_app(load_settings({"OUTHAUL_BROKER_URL": "amqp://127.0.0.1//"}))
    assert app.conf.broker_transport_options == {}
    assert not app.conf.worker_disable_prefetch
