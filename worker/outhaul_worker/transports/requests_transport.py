"""The transport on requests: a thread for each request in flight."""

import os
from collections import deque
from collections.abc import Hashable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from time import monotonic

from outhaul_worker.exchange import Answer, Fault, Request
from outhaul_worker.transports.adapter import DirectAdapter, tls_context
from outhaul_worker.transports.attempt import Attempt, AttemptFailed
from outhaul_worker.transports.idle import IdleConnections
from outhaul_worker.transports.names import Resolver
from outhaul_worker.transports.redirects import onward
from outhaul_worker.transports.waiting import readable

_LEAST_IDLE_KEPT = 256
_PATIENCE = 5.0


class RequestsTransport:
    """Implements `Transport` with at most `window` threads, each started when first needed.

    Args:
        window: requests worked on at the same time, at least 1.
        ca_bundle: PEM file of certificate authorities to trust beside the public ones.

    Raises:
        ValueError: there are no certificates in `ca_bundle`.
    """

    def __init__(self, window: int, ca_bundle: Path | None = None) -> None:
        self._window = window
        self._waiting: SimpleQueue[tuple[Hashable, Request] | None] = SimpleQueue()
        self._done: deque[tuple[Hashable, Answer]] = deque()
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._threads: list[Thread] = []
        self._running: set[Attempt] = set()
        self._in_flight = 0
        self._closed = False
        self._resolver = Resolver()
        idle = IdleConnections(max(_LEAST_IDLE_KEPT, 2 * window))
        tls = tls_context(ca_bundle)
        # A connection opened with leave to go anywhere must never serve a request without it.
        self._adapters = {allowed: DirectAdapter(self._resolver, idle, tls) for allowed in (False, True)}

    def submit(self, key: Hashable, request: Request) -> None:
        """Start a request; see `Transport.submit`."""
        if self._closed:
            raise RuntimeError("the transport is closed; open a new one to send requests")
        self._in_flight += 1
        self._waiting.put((key, request))
        if len(self._threads) < min(self._window, self._in_flight):
            self._grow()

    def _grow(self) -> None:
        thread = Thread(target=self._work, name=f"outhaul-send-{len(self._threads)}", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # The system gives no more threads. Those there are do the work, more slowly; without any nobody would.
            if not self._threads:
                raise
        else:
            self._threads.append(thread)

    def completed(self, timeout: float, wake: int | None = None) -> list[tuple[Hashable, Answer]]:
        """Wait for answers; see `Transport.completed`."""
        until = monotonic() + timeout
        while not self._done and (ready := readable([self._bell, wake], until - monotonic())) and wake not in ready:
            # What it rang for may have been taken already.
            with suppress(BlockingIOError):
                os.eventfd_read(self._bell)
        answers = [self._done.popleft() for _ in range(len(self._done))]
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
        for _ in self._threads:
            self._waiting.put(None)
        for attempt in tuple(self._running):
            attempt.abort()
        self._resolver.close()
        for thread in self._threads:
            thread.join(_PATIENCE)
        if not any(thread.is_alive() for thread in self._threads):
            os.close(self._bell)
        for adapter in self._adapters.values():
            adapter.close()

    def _work(self) -> None:
        while (item := self._waiting.get()) and not self._closed:
            key, request = item
            self._done.append((key, self._answer(request)))
            os.eventfd_write(self._bell, 1)

    def _answer(self, request: Request) -> Answer:
        attempt = Attempt(request)
        attempt.enter()
        self._running.add(attempt)
        if self._closed:
            attempt.abort()
        try:
            return self._exchange(attempt)
        except AttemptFailed as failure:
            return attempt.failed(failure.fault, failure.detail, sent=failure.sent)
        except Exception as error:  # noqa: BLE001 - whatever it is, this delivery has failed and the others go on
            return attempt.failed(Fault.PROTOCOL, f"unexpected {type(error).__name__}", sent=attempt.sent)
        finally:
            self._running.discard(attempt)

    def _exchange(self, attempt: Attempt) -> Answer:
        adapter = self._adapters[attempt.request.allow_private_addresses]
        received = adapter.post(attempt.request)
        while following := onward(attempt.request, received.status, received.headers):
            attempt.follow(following)
            received = adapter.post(following)
        return Answer(
            status=received.status,
            headers=received.headers,
            body=received.body,
            duration_ms=attempt.duration_ms(),
        )
