"""The Flask application: its operations, how it refuses, and what every request and answer must be."""

from importlib.metadata import version
from typing import Any

import orjson
from flask import Flask, Response, current_app, request
from flask.json.provider import JSONProvider
from flask_smorest import Api
from werkzeug.exceptions import ClientDisconnected, HTTPException

from outhaul_ledger.errors import LedgerUnavailable
from outhaul_producers.errors import LedgerUnavailable as NotAnswered
from outhaul_producers.problems import flattened
from outhaul_producers.web.dead_letters import routes as dead_letters
from outhaul_producers.web.deliveries import routes as deliveries
from outhaul_producers.web.destinations import routes as destinations
from outhaul_producers.web.event_document import describe_events, own_field
from outhaul_producers.web.events import routes as events
from outhaul_producers.web.health import routes as health
from outhaul_producers.web.metrics import routes as metrics
from outhaul_producers.web.okanjo import okanjo
from outhaul_producers.web.pages import pages
from outhaul_producers.web.problems import KINDS, Problem
from outhaul_producers.web.routes import Routes
from outhaul_producers.web.schemas import ProblemDocument
from outhaul_producers.web.services import Services, install
from outhaul_producers.web.subscriptions import routes as subscriptions
from outhaul_producers.web.targets import refuse_ambiguous_targets
from outhaul_producers.web.webhooks import routes as sources

ROUTES: tuple[Routes, ...] = (events, sources, deliveries, dead_letters, destinations, subscriptions, metrics, health)
"""The operations of the API, in the order in which the OpenAPI document shows them."""

RETRY_SECONDS = 2
_BY_STATUS = {kind.status: name for name, kind in reversed(KINDS.items())}
_DESCRIPTION = (
    "Durable outbound event delivery: hand events over, see what became of every delivery, work through dead letters. "
    "Every operation but the health checks needs `Authorization: Bearer ohk_...`; `outhaul keys create` makes keys."
)
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


class _Orjson(JSONProvider):
    """Reads and writes JSON as the rest of Outhaul does; the standard library would let NaN pass."""

    def dumps(self, obj: Any, **_kwargs: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_kwargs: Any) -> Any:
        return orjson.loads(s)


class _App(Flask):
    json_provider_class = _Orjson


class _Api(Api):  # type: ignore[misc] # the package ships no types
    """The OpenAPI document; errors are ours."""

    DEFAULT_ERROR_RESPONSE_NAME = None
    ERROR_SCHEMA = ProblemDocument

    def _register_error_handlers(self) -> None:
        """Register none: problem details have their own shape."""


def create_app(services: Services) -> Flask:
    """Build the application over its services; starts nothing and connects to nothing."""
    app = _App("outhaul", static_folder=None)
    app.config.update(
        API_TITLE="Outhaul",
        API_VERSION=version("outhaul"),
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        MAX_CONTENT_LENGTH=services.largest_body,
        MAX_FORM_MEMORY_SIZE=services.largest_body,
    )
    app.url_map.strict_slashes = True
    install(app, services)
    app.before_request(refuse_ambiguous_targets)
    app.before_request(_refuse_encoded_bodies)
    app.after_request(_secured)
    _refuse_with_problems(app)
    document = {"info": {"description": _DESCRIPTION}}
    api = _Api(app, spec_kwargs=document)
    api.ma_plugin.converter.add_attribute_function(own_field)
    describe_events(api.spec)
    api.spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
    app.register_blueprint(pages)
    for routes in ROUTES:
        api.register_blueprint(routes)
    app.register_blueprint(okanjo)
    return app


def _refuse_encoded_bodies() -> None:
    # A body that is small on the wire and huge when it is unpacked would pass every limit.
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise Problem("unsupported-media-type", f"expected a body without Content-Encoding, got {encoding[:40]!r}")


def _secured(response: Response) -> Response:
    for name, value in _SAFE.items():
        response.headers.setdefault(name, value)
    return response


def _refuse_with_problems(app: Flask) -> None:
    app.register_error_handler(Problem, Problem.response)
    app.register_error_handler(LedgerUnavailable, _unavailable)
    app.register_error_handler(NotAnswered, _unavailable)
    app.register_error_handler(ClientDisconnected, _too_slow)
    app.register_error_handler(HTTPException, _as_problem)
    app.register_error_handler(Exception, _mistake)


def _unavailable(error: Exception) -> Response:
    return Problem("ledger-unavailable", str(error), headers={"Retry-After": str(RETRY_SECONDS)}).response()


def _too_slow(_error: Exception) -> Response:
    return Problem("too-slow", headers={"Connection": "close"}).response()


def _mistake(error: Exception) -> Response:
    current_app.logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return Problem("internal-error").response()


def _as_problem(error: HTTPException) -> Response:
    """Word an error of Flask, or of a parameter that does not fit its schema."""
    if error.code is not None and error.code < 400:
        return Response(status=error.code, headers=error.get_headers(None)[1:])
    messages = getattr(error, "data", {}).get("messages", {})
    errors = {path: text for place in messages.values() for path, text in flattened(place).items()}
    kind = _BY_STATUS.get(error.code or 500, "internal-error" if (error.code or 500) >= 500 else "invalid-request")
    if error.code == 422:
        kind = "invalid-parameters"
    headers = {name: value for name, value in error.get_headers(None) if name in ("Allow", "Retry-After")}
    return Problem(kind, "" if errors else error.description or "", errors=errors, headers=headers).response()
