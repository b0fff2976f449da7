"""One connection to an endpoint, as urllib3's pools use it, and the pools that use it.

urllib3's own connection will not do: it resolves names where nobody can check the address, has no deadline for the
whole exchange, and does not say what had been sent when it fails.
"""

import os
import ssl
from collections.abc import Mapping
from functools import partial
from socket import socket
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from outhaul_worker.exchange import Fault
from outhaul_worker.transports.attempt import Attempt, AttemptFailed
from outhaul_worker.transports.channel import Channel
from outhaul_worker.transports.dialing import dial
from outhaul_worker.transports.idle import IdleConnections, IdleStack
from outhaul_worker.transports.incoming import Received, read_answer
from outhaul_worker.transports.names import Resolver
from outhaul_worker.transports.outgoing import encode_head


class PlainConnection(HTTPConnection):
    """A connection that serves the attempt of the calling thread, within its deadlines."""

    def __init__(self, *args: Any, resolver: Resolver, **options: Any) -> None:
        super().__init__(*args, **options)
        self._resolver = resolver
        self._channel: Channel
        self._answered = False
        self._write_problem = ""

    @property
    def is_connected(self) -> bool:
        """False when there is no connection or the peer has closed it (or speaks unasked, which is no better)."""
        return self.sock is not None and not self._channel.has_news

    def connect(self) -> None:
        """Open the connection.

        Raises:
            AttemptFailed: by stage.
        """
        self._answered = False
        super().connect()
        self._channel = Channel(self.sock)

    def request(  # type: ignore[override] # urllib3 itself departs from http.client here
        self,
        method: str,  # noqa: ARG002 - every request is a POST
        url: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> None:
        """Send a POST in one piece.

        Raises:
            AttemptFailed: no connection, a header that cannot be sent, or no time.
        """
        attempt = Attempt.current()
        data = encode_head(url, headers or {}) + body
        self._write_problem = ""
        if self.sock is None:
            self.connect()
        if not self._write(attempt, data) and self._answered:
            # A kept connection that breaks on the first byte had been closed by the peer meanwhile.
            self.close()
            self.connect()
            self._write(attempt, data)

    def getresponse(self) -> Received:  # type: ignore[override] # the pool needs no more of a response than this
        """Read the answer in full, as far as it is kept.

        Raises:
            AttemptFailed: by stage.
        """
        attempt = Attempt.current()
        try:
            received = read_answer(lambda: self._read(attempt))
        except AttemptFailed:
            if self._write_problem:
                raise AttemptFailed(Fault.WRITE, self._write_problem) from None
            raise
        if received.reusable and attempt.sent:
            self._answered = True
        else:
            self.close()
        return received

    def _new_conn(self) -> socket:
        return dial(Attempt.current(), self._resolver, self.host, self.port)

    def _write(self, attempt: Attempt, data: bytes) -> int:
        """Send all of the data; returns how much of it was taken when the connection broke."""
        left = memoryview(data)
        try:
            attempt.works_on(self.sock)
            while left:
                left = left[self._channel.send(left, attempt) :]
        except TimeoutError:
            raise AttemptFailed(Fault.WRITE, "the endpoint did not take the request in time") from None
        except OSError as error:
            # The endpoint may have answered before it closed; reading will show.
            self._write_problem = f"while the request was sent: {_words(error)}"
        else:
            attempt.sent = True
            self._write_problem = ""
        return len(data) - len(left)

    def _read(self, attempt: Attempt) -> bytes:
        try:
            return self._channel.receive(attempt)
        except TimeoutError:
            seconds = f"{attempt.request.timeout.total:g} s"
            raise AttemptFailed(Fault.READ_TIMEOUT, f"no complete answer within {seconds}") from None
        except ssl.SSLError as error:
            raise AttemptFailed(Fault.PROTOCOL, f"TLS broke: {_words(error)}") from None
        except OSError as error:
            raise AttemptFailed(Fault.RESET, f"while the answer was read: {_words(error)}") from None


class TlsSocket(ssl.SSLSocket):
    """A TLS socket that can be shut down while its handshake is under way."""

    def do_handshake(self, block: bool = False) -> None:
        """Shake hands, within the time left for connecting."""
        Attempt.current().works_on(self)
        super().do_handshake(block)


class TlsConnection(PlainConnection, HTTPSConnection):
    """The same over TLS."""

    def connect(self) -> None:
        """Open the connection and shake hands.

        Raises:
            AttemptFailed: by stage.
        """
        try:
            super().connect()
        except TimeoutError:
            raise AttemptFailed(Fault.TLS, f"no TLS handshake with {self.host} in time") from None
        except (OSError, HTTPError) as error:
            raise AttemptFailed(Fault.TLS, f"TLS handshake with {self.host}: {_words(error)}") from None


class PlainPool(HTTPConnectionPool):
    """Connections to one host and port."""

    ConnectionCls = PlainConnection  # type: ignore[assignment] # it takes what this package sends, not everything

    def __init__(self, host: str, port: int, idle: IdleConnections, **options: Any) -> None:
        self.QueueCls = partial(IdleStack, idle)  # type: ignore[assignment] # pools only call it
        super().__init__(host, port, **options)

    def urlopen(self, method: str, url: str, **options: Any) -> Any:  # type: ignore[override] # by name, as requests does
        """Send a request. Its answer is read by then, so the connection is free again."""
        return super().urlopen(method, url, **{**options, "release_conn": True})


class TlsPool(PlainPool, HTTPSConnectionPool):
    """The same over TLS."""

    ConnectionCls = TlsConnection  # type: ignore[assignment] # as above


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate refused, {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return (error.reason or "failed").replace("_", " ").lower()
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()
    return type(error).__name__
