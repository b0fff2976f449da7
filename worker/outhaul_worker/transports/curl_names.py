"""Finding the addresses of hosts while everything else goes on."""

import heapq
import math
import os
from collections.abc import Iterator
from functools import lru_cache, partial
from itertools import count
from queue import Empty, SimpleQueue
from select import EPOLLIN
from time import monotonic

from outhaul_worker.exchange import Fault
from outhaul_worker.transports.attempt import AttemptFailed
from outhaul_worker.transports.curl_exchange import Exchange
from outhaul_worker.transports.curl_loop import Loop
from outhaul_worker.transports.dialing import only_public, unknown
from outhaul_worker.transports.names import Endpoint, Lookup, Resolver, UnknownNameError, numeric_endpoints
from outhaul_worker.transports.outgoing import Target

_MOST_LOOKUPS = 10

Deadline = tuple[float, int, Exchange]


class Seeker:
    """Has names looked up in other threads; a look-up that is done ends the loop's waiting."""

    def __init__(self, loop: Loop) -> None:
        self._resolver = Resolver()
        self._seeking: set[Exchange] = set()
        self._deadlines: list[Deadline] = []
        self._numbers = count()
        self._ready: SimpleQueue[Exchange] = SimpleQueue()
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        loop.watch(self._bell, EPOLLIN, self._hear)

    def seek(self, exchange: Exchange) -> None:
        """Look up where an exchange is to go; `found` returns it then.

        Raises:
            AttemptFailed: `dns`, as the look-up cannot be started.
        """
        exchange.lookups += 1
        exchange.lookup = self._look_up(exchange, exchange.handle.target)
        self._seeking.add(exchange)
        if exchange.lookup.done.is_set():
            self._ready.put(exchange)
        else:
            heapq.heappush(self._deadlines, (exchange.connect_by, next(self._numbers), exchange))

    def found(self) -> Iterator[Exchange]:
        """Take the exchanges whose look-up is done, or whose time for it is over."""
        while (ready := self._next_ready()) or (ready := self._next_late()):
            if ready in self._seeking:
                self._seeking.remove(ready)
                yield ready

    def patience(self) -> float:
        """Seconds until the next exchange can wait no longer."""
        return max(0.0, self._deadlines[0][0] - monotonic()) if self._deadlines else math.inf

    def close(self) -> None:
        """Give up what is being looked up."""
        self._resolver.close()
        os.close(self._bell)

    def _look_up(self, exchange: Exchange, target: Target) -> Lookup:
        if _numeric(target.host):
            return Lookup.of(numeric_endpoints(target.host, target.port))
        try:
            if exchange.lookups > _MOST_LOOKUPS:
                raise UnknownNameError("libcurl does not take those that were found")
            # The dot of the root, which libcurl leaves out as well, is in the way of some resolvers.
            return self._resolver.look_up(target.host.rstrip("."), target.port, partial(self._tell, exchange))
        except UnknownNameError as error:
            raise unknown(target.host, error) from None

    def _hear(self, bell: int, _events: int) -> None:
        os.eventfd_read(bell)

    def _tell(self, exchange: Exchange) -> None:
        self._ready.put(exchange)
        os.eventfd_write(self._bell, 1)

    def _next_ready(self) -> Exchange | None:
        try:
            return self._ready.get_nowait()
        except Empty:
            return None

    def _next_late(self) -> Exchange | None:
        if self._deadlines and self._deadlines[0][0] <= monotonic():
            return heapq.heappop(self._deadlines)[2]
        return None


def addresses_for(exchange: Exchange) -> tuple[Endpoint, ...]:
    """Return the addresses an exchange may use, of those that its look-up has found.

    Raises:
        AttemptFailed: `dns` or `blocked_address`.
    """
    host, lookup = exchange.handle.target.host, exchange.lookup
    if lookup is None or not lookup.done.is_set():
        raise AttemptFailed(Fault.DNS, f"no address of {host} in time")
    try:
        endpoints = lookup.endpoints()
    except UnknownNameError as error:
        raise unknown(host, error) from None
    return endpoints if exchange.request.allow_private_addresses else only_public(host, endpoints)


@lru_cache(maxsize=65536)
def _numeric(host: str) -> bool:
    """Whether a host is an address already, in one of the ways that the system knows to write one."""
    return bool(numeric_endpoints(host, 0))
