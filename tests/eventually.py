"""Bounded waiting for something to become true."""

import time
from collections.abc import Callable
from threading import Event
from typing import TypeVar

T = TypeVar("T")


def eventually(probe: Callable[[], T], *, within: float, every: float = 0.02, what: str = "") -> T:
    """Call `probe` until it returns something true, at most `within` seconds; returns that.

    Raises:
        AssertionError: it never did; the message holds its last result.
    """
    deadline = time.monotonic() + within
    while True:
        result = probe()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"{what or probe} not within {within:g} s; last: {result!r}")
        Event().wait(every)
