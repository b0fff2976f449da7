"""Hands events over with `.delay()`: `python -m celery_per_delivery.producer fill|time|pace FILE [EVENTS_A_SECOND]`."""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

from .deliveries import deliver


def fill(events: Iterator[dict[str, Any]]) -> None:
    """Hand over all events."""
    for event in events:
        deliver.delay(event)


def seconds(events: Iterator[dict[str, Any]]) -> list[float]:
    """Hand over all events; returns the seconds of each call."""
    measured = []
    for event in events:
        begun = time.perf_counter()
        deliver.delay(event)
        measured.append(time.perf_counter() - begun)
    return measured


def paced(events: Iterator[dict[str, Any]], rate: float) -> list[tuple[str, float]]:
    """Hand over `rate` events a second; returns each event's id and when it was called with, in Unix seconds."""
    called = []
    begun = time.time()
    for number, event in enumerate(events):
        time.sleep(max(0.0, begun + number / rate - time.time()))
        called.append((event["id"], time.time()))
        deliver.delay(event)
    return called


def main(mode: str, file: str, rate: str = "0") -> None:
    """Hand over every event of the file."""
    with open(file, encoding="utf-8") as lines:  # noqa: PTH123 -- a plain script reads a plain file
        events = map(json.loads, lines)
        if mode == "fill":
            fill(events)
        else:
            json.dump(seconds(events) if mode == "time" else paced(events, float(rate)), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
