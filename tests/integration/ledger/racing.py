"""Drains that race: each in a thread of its own, with a connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier
from typing import TypeVar

from outhaul_ledger.ledger import Ledger
from outhaul_ops.embedded import EmbeddedServer

T = TypeVar("T")
DRAINS = 8


def race(server: EmbeddedServer, run: Callable[[Ledger, str], T]) -> list[T]:
    """Let eight drains do `run(ledger, name)` at the same time; return what each came to."""
    start = Barrier(DRAINS)
    with ExitStack() as stack, ThreadPoolExecutor(DRAINS) as pool:
        clients = [stack.enter_context(server.client()) for _ in range(DRAINS)]

        def one(number: int) -> T:
            ledger = Ledger(clients[number])
            start.wait(10)
            return run(ledger, f"drain-{number}")

        return list(pool.map(one, range(DRAINS)))
