"""The way of one request through requests: its adapter, without what only a browser or a session would need."""

import ssl
from pathlib import Path
from threading import Lock
from typing import Any, cast

from requests import PreparedRequest, Response
from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter

from outhaul_worker.exchange import Request
from outhaul_worker.transports.connection import PlainPool, TlsPool, TlsSocket
from outhaul_worker.transports.idle import IdleConnections
from outhaul_worker.transports.incoming import Received
from outhaul_worker.transports.names import Resolver
from outhaul_worker.transports.outgoing import Prepared, Target

_MOST_POOLS = 4096


class DirectAdapter(HTTPAdapter):
    """Sends `Prepared` requests: no `.netrc`, no proxies from the environment, no cookies, no redirects of its own."""

    def __init__(self, resolver: Resolver, idle: IdleConnections, tls: ssl.SSLContext) -> None:
        super().__init__()
        self._resolver = resolver
        self._idle = idle
        self._tls = tls
        self._lock = Lock()
        self._pools: dict[tuple[str, str, int], PlainPool] = {}

    def post(self, request: Request) -> Received:
        """Send a request for the attempt of the calling thread and return what was received.

        Raises:
            AttemptFailed: by stage.
        """
        received: Any = self.send(Prepared(request), stream=True).raw
        return cast("Received", received)

    def get_connection_with_tls_context(self, request: PreparedRequest, *_: Any, **__: Any) -> PlainPool:
        """Return the pool for the request's scheme, host and port."""
        target = _prepared(request).target
        key = (target.scheme, target.host, target.port)
        return self._pools.get(key) or self._add_pool(key, target)

    def cert_verify(self, *_: Any) -> None:
        """Do nothing: the pools have a context that verifies."""

    def request_url(self, request: PreparedRequest, *_: Any) -> str:
        """Return the path with the query."""
        return _prepared(request).target.path

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:  # noqa: ARG002 - the signature of requests
        """Wrap what was received; the cookie jar and the encodings of a full response are never looked at."""
        response = Response.__new__(Response)
        response.status_code = resp.status
        response.raw = resp
        return response

    def close(self) -> None:
        """Close every idle connection."""
        super().close()
        with self._lock:
            for pool in self._pools.values():
                pool.close()

    def _add_pool(self, key: tuple[str, str, int], target: Target) -> PlainPool:
        with self._lock:
            if key not in self._pools:
                if len(self._pools) >= _MOST_POOLS:
                    self._pools.pop(next(iter(self._pools))).close()
                self._pools[key] = self._pool(target)
            return self._pools[key]

    def _pool(self, target: Target) -> PlainPool:
        if target.scheme == "http":
            return PlainPool(target.host, target.port, self._idle, resolver=self._resolver)
        return TlsPool(target.host, target.port, self._idle, resolver=self._resolver, ssl_context=self._tls)


def tls_context(ca_bundle: Path | None) -> ssl.SSLContext:
    """Return a context that trusts the public authorities requests comes with, and those in `ca_bundle`.

    Raises:
        ValueError: there are no certificates in `ca_bundle`.
    """
    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
    context.sslsocket_class = TlsSocket
    if ca_bundle:
        try:
            context.load_verify_locations(ca_bundle)
        except OSError as error:
            expected = "a file with PEM certificates"
            raise ValueError(f"ca_bundle: expected {expected}, got {ca_bundle} ({error.strerror})") from None
    return context


def _prepared(request: PreparedRequest) -> Prepared:
    if not isinstance(request, Prepared):
        raise TypeError(f"expected a Prepared request, got {type(request).__name__}")
    return request
