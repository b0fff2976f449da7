"""Driving libcurl's multi handles by epoll: whoever has news is told so, and nothing walks all that is in flight.

libcurl does walk the connections of an origin for each request to it: with 2000 a request takes half as long again.
So an origin with many gets several multi handles, none with more of its requests than a walk is short for.
"""

import math
import os
import select
import socket
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any, NamedTuple

import pycurl

from outhaul_worker.transports.waiting import readable

Call = Callable[[int, int], None]

SHORT_WALK = 256
_MOST_EVENTS = 1024
_READABLE = select.EPOLLIN | select.EPOLLRDHUP
_NEWS = _READABLE | select.EPOLLHUP | select.EPOLLERR
_ENDS = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
_PEEKED = 16 * 1024
_RECORD_HEAD, _ALERT, _SEALED_ALERT = 5, 21, 19
_EVENTS = {
    pycurl.POLL_IN: _READABLE,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: _READABLE | select.EPOLLOUT,
}


class Finished(NamedTuple):
    """A handle that has done its work: libcurl's code, 0 for success, and its words."""

    curl: pycurl.Curl
    code: int
    message: str


class Loop:
    """Runs any number of transfers over groups of connections; those of one group are never used for another.

    Args:
        groups: how many groups there are, numbered from 0.
        most: connections of a group's first multi handle that are kept, those in use included; of its others, two
            walks'.
    """

    def __init__(self, groups: int, most: int) -> None:
        self._epoll = select.epoll()
        self._watched: dict[int, int] = {}
        self._inodes: dict[int, int] = {}
        self._encrypted: set[int] = set()
        self._calls: dict[int, Call] = {}
        self._multis: list[Multi] = []
        self._groups = [_Group(self._open, most) for _ in range(groups)]

    def place(self, group: int, origin: Hashable) -> "Place":
        """Find a place among a group's connections for a request to this origin; whoever has it leaves it."""
        return self._groups[group].place(origin)

    def turn(self, timeout: float, wake: int | None = None) -> list[Finished]:
        """Wait up to `timeout` seconds for something to happen, carry on what can be; returns what has ended.

        That `wake` can be read counts as something.
        """
        wait = min(timeout, *[multi.patience() for multi in self._multis])
        if wake is not None and wait > 0:
            readable([self._epoll.fileno(), wake], wait)
            wait = 0.0
        # News of kept connections come before what starts now, so that none is used that its peer has closed.
        for descriptor, events in self._epoll.poll(wait, _MOST_EVENTS):
            self._happened(descriptor, events)
        return [finished for multi in self._multis for finished in multi.tick()]

    def close(self) -> None:
        """Close all connections; nothing may be in flight."""
        for multi in self._multis:
            multi.close()
        self._epoll.close()

    def opened(self, descriptor: int, *, encrypted: bool) -> None:
        """Learn that this is a new connection: what was known of its number is about a closed one."""
        self._watched.pop(descriptor, None)
        self._inodes[descriptor] = os.fstat(descriptor).st_ino
        (self._encrypted.add if encrypted else self._encrypted.discard)(descriptor)

    def watch(self, descriptor: int, events: int, call: Call) -> None:
        """Call with descriptor and events whenever there are any, until told otherwise."""
        self._calls[descriptor] = call
        known = self._watched.get(descriptor)
        if known is None:
            self._watched[descriptor] = events
            self._epoll.register(descriptor, events)
        elif known != events:
            self._rewatch(descriptor, events)

    def neglect(self, descriptor: int) -> None:
        """Call no more. The system goes on watching: a kept connection is soon in use again, which spares two calls."""
        self._calls.pop(descriptor, None)
        if self._watched.get(descriptor, _READABLE) != _READABLE:
            self._rewatch(descriptor, _READABLE)

    def _open(self, most: int) -> "Multi":
        multi = Multi(self, most)
        self._multis.append(multi)
        return multi

    def _happened(self, descriptor: int, events: int) -> None:
        call = self._calls.get(descriptor)
        if call:
            call(descriptor, events)
        elif not self._still_open(descriptor):
            self._watched.pop(descriptor, None)
        elif descriptor in self._encrypted and not events & _ENDS and not _says_goodbye(descriptor):
            # TLS or HTTP/2 has something to say for itself, a session ticket perhaps. Whoever uses the connection next
            # reads it; until then only what comes after it is news.
            self._rewatch(descriptor, _READABLE | select.EPOLLET)
        else:
            # Closed by its peer, which libcurl would not notice before it is used; or speaking unasked, no better.
            self._watched.pop(descriptor, None)
            self._epoll.unregister(descriptor)
            shut_down(descriptor)

    def _still_open(self, descriptor: int) -> bool:
        # libcurl may have closed it since, and its number may be that of anything by now.
        try:
            return os.fstat(descriptor).st_ino == self._inodes.get(descriptor)
        except OSError:
            return False

    def _rewatch(self, descriptor: int, events: int) -> None:
        self._watched[descriptor] = events
        self._epoll.modify(descriptor, events)


def _says_goodbye(descriptor: int) -> bool:
    """Whether an alert of TLS is among what has come on an idle connection; its usual one is that it is closed.

    What it says is encrypted, but a record of 2 bytes with their type and seal (RFC 8446, section 5.2) is nothing else.
    """
    connection = socket.socket(fileno=descriptor)
    try:
        waiting = connection.recv(_PEEKED, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError:
        return True
    finally:
        connection.detach()
    while len(waiting) >= _RECORD_HEAD:
        length = int.from_bytes(waiting[3:_RECORD_HEAD], "big")
        if waiting[0] == _ALERT or length <= _SEALED_ALERT:
            return True
        waiting = waiting[_RECORD_HEAD + length :]
    return False


def shut_down(descriptor: int) -> None:
    """Make a connection useless without closing it: nothing can be sent on it any more."""
    connection = socket.socket(fileno=descriptor)
    try:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    finally:
        connection.detach()


class _Group:
    """Multi handles, the first of which serves every origin, the next those with many requests at once, and so on."""

    def __init__(self, open_multi: Callable[[int], "Multi"], most: int) -> None:
        self._open_multi = open_multi
        self._multis = [open_multi(most)]
        self._places: dict[Hashable, list[Place]] = {}

    def place(self, origin: Hashable) -> "Place":
        places = self._places.get(origin)
        if places is None:
            places = self._places[origin] = [Place(self._multis[0], partial(self._forget, origin))]
        for place in places:
            if place.requests < SHORT_WALK:
                break
        else:
            if len(places) == len(self._multis):
                self._multis.append(self._open_multi(2 * SHORT_WALK))
            place = Place(self._multis[len(places)], partial(self._forget, origin))
            places.append(place)
        place.requests += 1
        return place

    def _forget(self, origin: Hashable) -> None:
        """Forget an origin that has no request any more."""
        if not any(place.requests for place in self._places[origin]):
            del self._places[origin]


class Place:
    """The place of an origin's requests at a multi handle, each until it leaves."""

    __slots__ = ("_emptied", "multi", "requests")

    def __init__(self, multi: "Multi", emptied: Callable[[], None]) -> None:
        self.multi = multi
        self.requests = 0
        self._emptied = emptied

    def leave(self) -> None:
        """Note that a request has left."""
        self.requests -= 1
        if not self.requests:
            self._emptied()


class Multi:
    """A multi handle with the connections it keeps.

    `added` counts its transfers, those that have ended and were not taken out yet included. `names` are those whose
    addresses it was told, the last one last.
    """

    def __init__(self, loop: Loop, most: int) -> None:
        self.names: list[str] = []
        self._loop = loop
        self._due = math.inf
        self.added = 0
        self._running = 0
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._arrange)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        self._multi.setopt(pycurl.M_MAXCONNECTS, most)

    def add(self, curl: pycurl.Curl) -> None:
        """Start a transfer; the loop carries it on."""
        self.added += 1
        self._running += 1
        self._multi.add_handle(curl)

    def remove(self, curl: pycurl.Curl) -> None:
        """Take out a transfer that has ended, or break it off."""
        self.added -= 1
        # One that has ended is among the running no more.
        self._running = min(self._running, self.added)
        self._multi.remove_handle(curl)

    def patience(self) -> float:
        """Seconds until there is something to do."""
        return max(0.0, self._due - monotonic()) if self._running == self.added else 0.0

    def tick(self) -> list[Finished]:
        """Do what its time has come for; returns what has ended."""
        if self._due <= monotonic():
            self._due = math.inf
            _, self._running = self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        if self._running == self.added:
            return []
        _, succeeded, failed = self._multi.info_read()
        return [*(Finished(curl, 0, "") for curl in succeeded), *(Finished(*each) for each in failed)]

    def close(self) -> None:
        """Close its connections; nothing may be in flight."""
        self._multi.close()

    def _happened(self, descriptor: int, events: int) -> None:
        ready = pycurl.CSELECT_IN if events & _NEWS else 0
        ready |= pycurl.CSELECT_OUT if events & select.EPOLLOUT else 0
        _, self._running = self._multi.socket_action(descriptor, ready)

    def _arrange(self, what: int, descriptor: int, _multi: Any, _data: Any) -> None:
        if what == pycurl.POLL_REMOVE:
            self._loop.neglect(descriptor)
        else:
            self._loop.watch(descriptor, _EVENTS[what], self._happened)

    def _set_timer(self, milliseconds: int) -> None:
        self._due = math.inf if milliseconds < 0 else monotonic() + milliseconds / 1000
