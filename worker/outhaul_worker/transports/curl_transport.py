"""The transport on libcurl: one thread, any number of requests in flight."""

import resource
from collections import deque
from collections.abc import Callable, Hashable
from contextlib import ExitStack
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import monotonic

import pycurl
from requests.adapters import DEFAULT_CA_BUNDLE_PATH

from outhaul_worker.exchange import Answer, Fault, Request
from outhaul_worker.transports.adapter import tls_context
from outhaul_worker.transports.attempt import AttemptFailed
from outhaul_worker.transports.curl_exchange import Exchange
from outhaul_worker.transports.curl_faults import failure_of
from outhaul_worker.transports.curl_handle import Handle
from outhaul_worker.transports.curl_loop import Finished, Loop
from outhaul_worker.transports.curl_names import Seeker, addresses_for
from outhaul_worker.transports.outgoing import target_of
from outhaul_worker.transports.redirects import onward
from outhaul_worker.transports.waiting import readable

_LEAST_KEPT = 256
_FILES_PER_KEPT = 6  # two groups, each with as many in its first multi handle, and at most twice as many in the others
_OTHER_FILES = 256  # that a process has open beside its connections
_STARTED_AT_ONCE = 16
_MOST_KNOWN = 64


class CurlTransport:
    """Implements `Transport` on multi handles for each of two groups of connections, driven by epoll.

    A connection opened with leave to go anywhere must never serve a request without it, so each kind has its group.

    Args:
        window: requests worked on at the same time, at least 1.
        ca_bundle: PEM file of certificate authorities to trust beside the public ones.

    Raises:
        ValueError: there are no certificates in `ca_bundle`.
    """

    def __init__(self, window: int, ca_bundle: Path | None = None) -> None:
        self._window = window
        kept = max(_LEAST_KEPT, window)
        _allow_open_files(_FILES_PER_KEPT * kept + _OTHER_FILES)
        self._resources = ExitStack()
        self._ca_file = _trusted(ca_bundle, self._resources)
        self._loop = Loop(groups=2, most=kept)
        self._resources.callback(self._loop.close)
        self._seeker = Seeker(self._loop)
        self._resources.callback(self._seeker.close)
        self._waiting: deque[tuple[Hashable, Request]] = deque()
        self._working = 0
        self._sending: dict[pycurl.Curl, Exchange] = {}
        self._fresh = 0
        self._spare: list[Handle] = []
        self._done: list[tuple[Hashable, Answer]] = []
        self._in_flight = 0
        self._closed = False

    def submit(self, key: Hashable, request: Request) -> None:
        """Start a request; see `Transport.submit`."""
        if self._closed:
            raise RuntimeError("the transport is closed; open a new one to send requests")
        self._in_flight += 1
        if self._working < self._window:
            self._begin(key, request)
        else:
            self._waiting.append((key, request))
        if self._fresh >= _STARTED_AT_ONCE:
            self._turn(0.0)

    def completed(self, timeout: float, wake: int | None = None) -> list[tuple[Hashable, Answer]]:
        """Carry on what is in flight, and wait for answers; see `Transport.completed`."""
        until = monotonic() + timeout
        self._turn(0.0 if self._done else max(timeout, 0.0), wake)
        while not self._done and (left := until - monotonic()) > 0 and (wake is None or not readable([wake], 0)):
            self._turn(left, wake)
        answers, self._done = self._done, []
        self._in_flight -= len(answers)
        return answers

    @property
    def in_flight(self) -> int:
        """Submitted and not yet fetched; see `Transport.in_flight`."""
        return self._in_flight

    def close(self) -> None:
        """Cut off everything; see `Transport.close`."""
        if self._closed:
            return
        self._closed = True
        for curl, exchange in self._sending.items():
            exchange.place.multi.remove(curl)
            exchange.handle.close()
        self._sending.clear()
        for handle in self._spare:
            handle.close()
        self._resources.close()

    def _turn(self, timeout: float, wake: int | None = None) -> None:
        self._fresh = 0
        for finished in self._loop.turn(min(timeout, self._seeker.patience()), wake):
            self._carry_on(self._sending.pop(finished.curl), self._judge, finished)
        for exchange in self._seeker.found():
            self._carry_on(exchange, self._direct)
        while self._waiting and self._working < self._window:
            self._begin(*self._waiting.popleft())

    def _begin(self, key: Hashable, request: Request) -> None:
        self._working += 1
        handle = self._spare.pop() if self._spare else Handle(self._ca_file, self._loop.opened)
        self._carry_on(Exchange(key, handle, request), self._take_up)

    def _carry_on(self, exchange: Exchange, step: Callable[..., None], *arguments: Finished) -> None:
        """Take an exchange a step further; what a step raises is the exchange's end."""
        try:
            step(exchange, *arguments)
        except AttemptFailed as failure:
            self._end(exchange, exchange.failed(failure))
        except Exception as error:  # noqa: BLE001 - whatever it is, this delivery has failed and the others go on
            unexpected = f"unexpected {type(error).__name__}"
            self._end(exchange, exchange.failed(AttemptFailed(Fault.PROTOCOL, unexpected, sent=exchange.handle.begun)))

    def _take_up(self, exchange: Exchange) -> None:
        """Send the exchange's request: its first, or where that was redirected to."""
        request = exchange.request
        target = target_of(request.url)
        exchange.handle.take_up(request, target)
        exchange.move(self._loop.place(int(request.allow_private_addresses), (target.host, target.port)))
        self._send(exchange)

    def _send(self, exchange: Exchange) -> None:
        exchange.limit()
        exchange.place.multi.add(exchange.handle.curl)
        self._sending[exchange.handle.curl] = exchange
        self._fresh += 1

    def _judge(self, exchange: Exchange, finished: Finished) -> None:
        """Decide how an exchange goes on whose handle has ended."""
        handle = exchange.handle
        answered = handle.full or (finished.code == 0 and handle.complete)
        if answered:
            handle.distrust()
        exchange.place.multi.remove(finished.curl)
        if answered:
            self._answered(exchange)
        elif handle.wants_addresses and not handle.begun:
            self._seeker.seek(exchange)
        elif finished.code == pycurl.E_SEND_FAIL_REWIND and not handle.begun:
            # A kept connection broke before a byte had left on it.
            handle.avoid_kept()
            handle.rewind()
            self._send(exchange)
        else:
            raise failure_of(handle, finished.code, finished.message)

    def _answered(self, exchange: Exchange) -> None:
        handle, request = exchange.handle, exchange.request
        following = onward(request, handle.status, handle.headers) if request.redirects else None
        if following:
            exchange.follow(following)
            self._take_up(exchange)
        else:
            self._end(exchange, exchange.answered())

    def _direct(self, exchange: Exchange) -> None:
        """Send an exchange to where its host has been found."""
        endpoints = addresses_for(exchange)
        exchange.handle.rewind()
        exchange.handle.address(endpoints, self._forget(exchange))
        self._send(exchange)

    def _forget(self, exchange: Exchange) -> list[str]:
        """Note that libcurl learns the addresses of one more name; returns those it is to forget for that."""
        names = exchange.place.multi.names
        forgotten = names[:-_MOST_KNOWN]
        names[:-_MOST_KNOWN] = []
        names.append(exchange.handle.name)
        return forgotten

    def _end(self, exchange: Exchange, answer: Answer) -> None:
        self._done.append((exchange.key, answer))
        exchange.move(None)
        exchange.handle.release()
        self._spare.append(exchange.handle)
        self._working -= 1


def _trusted(ca_bundle: Path | None, resources: ExitStack) -> str:
    """Return a file with the public authorities requests comes with, and those in `ca_bundle`."""
    if not ca_bundle:
        return DEFAULT_CA_BUNDLE_PATH
    tls_context(ca_bundle)  # refuses what holds none
    both = resources.enter_context(NamedTemporaryFile(prefix="outhaul-", suffix=".pem"))  # noqa: SIM115 - it is one, further out
    both.write(Path(DEFAULT_CA_BUNDLE_PATH).read_bytes() + b"\n" + ca_bundle.read_bytes())
    both.flush()
    return both.name


def _allow_open_files(most: int) -> None:
    """Raise the process's own limit of open files where it is lower, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
