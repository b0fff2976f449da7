"""Waiting for the first of several file descriptors."""

import select
from collections.abc import Iterable


def readable(descriptors: Iterable[int | None], timeout: float) -> set[int]:
    """Wait up to `timeout` seconds until one of the descriptors can be read; returns which can. None is none."""
    poll = select.poll()
    for descriptor in descriptors:
        if descriptor is not None:
            poll.register(descriptor, select.POLLIN)
    return {descriptor for descriptor, _ in poll.poll(max(timeout, 0.0) * 1000)}
