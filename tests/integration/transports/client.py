"""Sending single requests and groups of them through a transport under test."""

import time
from collections.abc import Callable, Hashable, Mapping

from outhaul_config.policy import Timeout
from outhaul_worker.exchange import Answer, Request
from outhaul_worker.transports import Transport

JSON = {"Content-Type": "application/json"}


def to(
    url: str,
    body: bytes = b"{}",
    headers: Mapping[str, str] | None = None,
    *,
    total: float = 10.0,
    connect: float = 5.0,
    private: bool = True,
) -> Request:
    """Return a request, by default one that may go to loopback addresses; times are seconds."""
    return Request(url, headers or JSON, body, Timeout(connect, total), allow_private_addresses=private)


class Client:
    """A transport, and the patience to wait for its answers."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def send(self, request: Request) -> Answer:
        """Send one request and return its answer."""
        self.transport.submit("only", request)
        return self.collect(1)["only"]

    def carry_on(self, until: Callable[[], bool], timeout: float = 10.0) -> None:
        """Keep requests going until something is true; none may be answered by then."""
        deadline = time.monotonic() + timeout
        while not until():
            assert self.transport.completed(0.01) == []
            assert time.monotonic() < deadline, f"not within {timeout} s"

    def collect(self, count: int, timeout: float = 20.0) -> dict[Hashable, Answer]:
        """Fetch answers until there are `count`, each under its key; none may come twice."""
        answers: dict[Hashable, Answer] = {}
        while len(answers) < count:
            ready = self.transport.completed(timeout)
            assert ready, f"{len(answers)} of {count} answers within {timeout} s"
            for key, answer in ready:
                assert key not in answers
                answers[key] = answer
        return answers
