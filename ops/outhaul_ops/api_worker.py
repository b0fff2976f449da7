"""The process of gunicorn's that answers requests: its threads, with an end to how long a request may take to arrive.

Gunicorn's own threads wait as long as a client likes once its first byte is there, so that as many slow clients as
there are threads would keep everybody else out.
"""

import errno
import socket
import time
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import orjson
from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker

from outhaul_producers.web.problems import PROBLEM_JSON, Problem

ANSWER_SECONDS = 30.0
"""How long the client may take to read a piece of the answer."""


_KINDS = {errors.LimitRequestLine: "target-too-long", errors.LimitRequestHeaders: "headers-too-large"}
_OURS = (errors.InvalidResponseHeader, errors.InvalidResponseHeaderName, errors.ConfigurationProblem)


class ApiWorker(ThreadWorker):  # type: ignore[misc] # the package ships no types
    """Answers requests in threads; one that does not arrive within `request_seconds` is given up."""

    request_seconds = 15.0

    def handle(self, conn: Any) -> Any:
        """Handle the next request of a connection."""
        if not isinstance(conn.sock, BoundedSocket):
            conn.sock = BoundedSocket(conn.sock)
        conn.sock.allow(self.request_seconds)
        return super().handle(conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Refuse what is no request, and end its connection.

        Gunicorn would repeat the line it could not read, in the answer and in the log; there may be a key in it.
        """
        if not isinstance(exc, errors.ParseException) or isinstance(exc, _OURS):
            super().handle_error(req, client, addr, exc)
            return
        reason = type(exc).__name__
        self.log.warning("refused what is no HTTP request: %s", reason)
        problem = Problem(_KINDS.get(type(exc), "invalid-request"), f"expected a request of HTTP/1.1: {reason}")
        with suppress(OSError):
            client.sendall(_written(problem))


def _written(problem: Problem) -> bytes:
    body = orjson.dumps(problem.document())
    lines = (
        f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}",
        "Connection: close",
        "X-Content-Type-Options: nosniff",
        f"Content-Type: {PROBLEM_JSON}",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*lines, "", "")).encode() + body


class BoundedSocket:
    """A socket whose reads, all together, end by a deadline; everything else is the socket's own."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._deadline = 0.0

    def allow(self, seconds: float) -> None:
        """Let reads go on for so long from now."""
        self._deadline = time.monotonic() + seconds

    def recv(self, *arguments: Any) -> bytes:
        """Read what is there.

        Raises:
            TimeoutError: the deadline is over.
        """
        left = self._deadline - time.monotonic()
        try:
            if left <= 0:
                raise TimeoutError
            self._sock.settimeout(left)
            return self._sock.recv(*arguments)
        except TimeoutError:
            # Gunicorn logs any other error with a traceback; the client decides how often.
            raise TimeoutError(errno.ECONNRESET, "the request did not arrive in time") from None
        finally:
            self._sock.settimeout(ANSWER_SECONDS)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)
