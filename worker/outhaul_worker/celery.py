"""What `celery -A outhaul_worker` finds."""

from outhaul_config.problems import ConfigError
from outhaul_config.settings import load_settings
from outhaul_worker.app import make_app

try:
    app = make_app(load_settings())
except ConfigError as error:
    raise SystemExit(f"outhaul: {error}") from error
