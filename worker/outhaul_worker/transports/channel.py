"""Reading and writing a connected socket with a deadline for each step."""

import select
import ssl
from math import ceil
from socket import socket
from typing import Protocol

_READ_SIZE = 16 * 1024
_READABLE = select.POLLIN
_WRITABLE = select.POLLOUT


class Clock(Protocol):
    """Knows how much time is left."""

    def time_left(self) -> float:
        """Seconds left; raises TimeoutError when there is none."""
        ...


class Channel:
    """A socket without a time-out of its own, so that no step waits longer than the clock at that moment allows.

    Works on a TLS socket as well, whose reading may need writing underneath and the other way round.
    """

    def __init__(self, sock: socket) -> None:
        self._socket = sock
        self._encrypted = isinstance(sock, ssl.SSLSocket)
        self._events = _READABLE
        self._poll = select.poll()
        self._poll.register(sock, _READABLE)
        sock.setblocking(False)

    @property
    def has_news(self) -> bool:
        """True when the peer has sent something or closed, which between two exchanges is not for us to read."""
        if not self._poll_for(_READABLE, 0):
            return False
        if self._encrypted:
            try:
                self._socket.recv(1)
            except ssl.SSLWantReadError:
                # It was about TLS alone: a session ticket, say.
                return False
            except OSError:
                return True
        return True

    def send(self, data: memoryview, clock: Clock) -> int:
        """Write some of the data; returns how much.

        Raises:
            TimeoutError: the peer took nothing in the time left.
            OSError: the connection is broken.
        """
        while True:
            try:
                return self._socket.send(data)
            except (BlockingIOError, ssl.SSLWantWriteError):
                self._wait(_WRITABLE, clock)
            except ssl.SSLWantReadError:
                self._wait(_READABLE, clock)

    def receive(self, clock: Clock) -> bytes:
        """Read what is there, waiting for something; empty at the end of the connection.

        Raises:
            TimeoutError: nothing came in the time left.
            OSError: the connection is broken.
        """
        if not self._encrypted:
            self._wait(_READABLE, clock)
        while True:
            try:
                return self._socket.recv(_READ_SIZE)
            except (BlockingIOError, ssl.SSLWantReadError):
                self._wait(_READABLE, clock)
            except ssl.SSLWantWriteError:
                self._wait(_WRITABLE, clock)

    def _wait(self, events: int, clock: Clock) -> None:
        while not self._poll_for(events, ceil(clock.time_left() * 1000)):
            pass

    def _poll_for(self, events: int, milliseconds: int) -> list[tuple[int, int]]:
        if events != self._events:
            self._events = events
            self._poll.modify(self._socket, events)
        return self._poll.poll(milliseconds)
