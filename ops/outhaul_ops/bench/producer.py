"""Hands events over to Outhaul: `python -m outhaul_ops.bench.producer MODE FILE`.

`fill` hands over every event of an NDJSON file; `time` does it one by one, `batches` with `enqueue_events`, 1 000 a
call, and `set` stores their bytes with a bare SET. All but `fill` print the seconds of each call as a JSON array.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson

from outhaul_config.connections import open_client
from outhaul_config.settings import load_settings
from outhaul_producers import enqueue_event, enqueue_events

BATCH = 1000

Events = Iterator[dict[str, Any]]


def fill(events: Events) -> None:
    """Hand over all events."""
    for _ in _batches(events):
        pass


def time_singly(events: Events) -> Iterator[float]:
    """Hand over one event a call."""
    for event in events:
        yield _seconds(partial(enqueue_event, **event))


def time_batches(events: Events) -> Iterator[float]:
    """Hand over `BATCH` events a call."""
    return _batches(events)


def time_set(events: Events) -> Iterator[float]:
    """Store each event's bytes with a bare SET, through a client built like the ledger's."""
    settings = load_settings()
    with open_client(settings.ledger_url, settings.ledger_timeout) as client:
        for event in events:
            yield _seconds(partial(client.set, event["id"], orjson.dumps(event)))


MODES: dict[str, Callable[[Events], Iterator[float]]] = {
    "time": time_singly,
    "batches": time_batches,
    "set": time_set,
}


def main(mode: str, file: str) -> None:
    """Run one mode over a file."""
    with Path(file).open("rb") as lines:
        events = (orjson.loads(line) for line in lines)
        if mode == "fill":
            fill(events)
        else:
            sys.stdout.buffer.write(orjson.dumps(list(MODES[mode](events))))


def _batches(events: Events) -> Iterator[float]:
    while batch := list(islice(events, BATCH)):
        yield _seconds(partial(_accept, batch))


def _accept(batch: list[dict[str, Any]]) -> None:
    errors = enqueue_events(batch).errors
    if errors:
        raise next(iter(errors.values()))


def _seconds(call: Callable[[], object]) -> float:
    begun = perf_counter()
    call()
    return perf_counter() - begun


if __name__ == "__main__":
    main(*sys.argv[1:])
