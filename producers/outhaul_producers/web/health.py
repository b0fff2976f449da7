"""Whether the API lives, and whether it can serve."""

from marshmallow import Schema, fields

from outhaul_config.problems import ConfigError
from outhaul_producers.web.routes import Answer, Routes
from outhaul_producers.web.schemas import about
from outhaul_producers.web.services import services

routes = Routes("health", "Whether the API lives, and whether it can serve. No key is needed.")


class Life(Schema):
    """The process answers."""

    status = fields.Constant("alive", required=True, metadata=about("Always `alive`."))


class Readiness(Schema):
    """What serving depends on; `ready` is true when all of it is there."""

    ready = fields.Boolean(required=True, metadata=about("Whether requests can be served."))
    ledger = fields.Boolean(required=True, metadata=about("Whether the ledger's server answers."))
    configuration = fields.Boolean(required=True, metadata=about("Whether the destinations can be read."))


@routes.operation("GET", "/livez", scope=None, answers={200: Life})
def livez() -> Answer:
    """Say that the process answers."""
    return {"status": "alive"}


@routes.operation("GET", "/readyz", scope=None, answers={200: Readiness, 503: Readiness})
def readyz() -> Answer:
    """Say whether the ledger can be reached and the configuration is valid."""
    ledger, configuration = services().ledger.reachable(), _is_configured()
    ready = ledger and configuration
    return {"ready": ready, "ledger": ledger, "configuration": configuration}, 200 if ready else 503, {}


def _is_configured() -> bool:
    try:
        services().configured.destinations()
    except ConfigError:
        return False
    return True
