"""Connections kept open between requests: as many as are useful, not as many as there are destinations."""

import queue
from collections import OrderedDict, deque
from threading import Lock
from time import monotonic
from typing import Protocol

_LONGEST_IDLE = 60.0


class Closable(Protocol):
    """What is kept: a connection that can be closed."""

    @property
    def is_closed(self) -> bool:
        """True when there is nothing left worth keeping."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class IdleConnections:
    """All idle connections of a transport, over all hosts, oldest first.

    Beyond `most` connections the one idle for longest is closed; so is, whenever another comes in, each that has
    been idle for a minute.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._kept: OrderedDict[Closable, tuple[deque[Closable], float]] = OrderedDict()

    def add(self, connection: Closable, stack: deque[Closable]) -> None:
        """Keep a connection on top of its host's stack."""
        now = monotonic()
        with self._lock:
            stack.append(connection)
            self._kept[connection] = (stack, now)
            surplus = self._surplus(now - _LONGEST_IDLE)
        for old in surplus:
            old.close()

    def take(self, stack: deque[Closable]) -> Closable | None:
        """Take the connection that was used last from a host's stack."""
        with self._lock:
            if not stack:
                return None
            connection = stack.pop()
            del self._kept[connection]
            return connection

    def _surplus(self, oldest_allowed: float) -> list[Closable]:
        surplus = []
        while self._kept:
            connection, (stack, since) = next(iter(self._kept.items()))
            if since >= oldest_allowed and len(self._kept) <= self._most:
                break
            del self._kept[connection]
            stack.remove(connection)
            surplus.append(connection)
        return surplus


class IdleStack(queue.LifoQueue[Closable | None]):
    """One host's idle connections, in the form in which urllib3's pools ask for it; never full, never blocking."""

    def __init__(self, idle: IdleConnections, maxsize: int = 0) -> None:
        super().__init__(maxsize)
        self._idle = idle
        self._stack: deque[Closable] = deque()

    def get(self, block: bool = True, timeout: float | None = None) -> Closable | None:  # noqa: ARG002 - the signature of the queue it stands for
        """Take the connection used last.

        Raises:
            queue.Empty: there is none.
        """
        connection = self._idle.take(self._stack)
        if connection is None:
            raise queue.Empty
        return connection

    def put(self, item: Closable | None, block: bool = True, timeout: float | None = None) -> None:  # noqa: ARG002 - as above
        """Keep a connection that is open; the empty places urllib3 fills a new pool with are dropped."""
        if item is not None and not item.is_closed:
            self._idle.add(item, self._stack)
