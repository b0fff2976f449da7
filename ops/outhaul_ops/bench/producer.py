"""Hands events over to Outhaul: `python -m outhaul_ops.bench.producer MODE FILE [EVENTS_A_SECOND [SECONDS]]`.

`fill` hands over every event of an NDJSON file; `time` does it one by one, `batches` with `enqueue_events`, 1 000 a
call; `set` stores their bytes with a bare SET, and `validate-and-set` normalises them before. All but `fill` print the
seconds of each call as a JSON array. `pace` hands over so many a second, and prints of each its id and when it was
called with, in Unix seconds. `stream` hands over the first event again and again, each time with another id, for so
many seconds.
"""

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson
import redis

from outhaul_config.connections import open_client
from outhaul_config.settings import load_settings
from outhaul_ops.bench.sample import event_id
from outhaul_producers import LedgerUnavailable, enqueue_event, enqueue_events
from outhaul_producers.normalise import normalise

BATCH = 1000
STREAM_SECONDS = 0.02

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


def time_validated_set(events: Events) -> Iterator[float]:
    """The same behind the validation of `enqueue_event`, in one go: the server waits as long for its next command."""
    settings = load_settings()
    with open_client(settings.ledger_url, settings.ledger_timeout) as client:
        for event in events:
            yield _seconds(partial(_validate_and_set, client, event, settings.source))


def pace(events: Events, rate: float) -> Iterator[tuple[str, float]]:
    """Hand over `rate` events a second, one a call; a call that is late does not delay those behind it."""
    begun = time.time()
    for number, event in enumerate(events):
        time.sleep(max(0.0, begun + number / rate - time.time()))
        yield event["id"], time.time()
        enqueue_event(**event)


def stream(events: Events, rate: float, seconds: float) -> None:
    """Hand over `rate` events a second in small batches, with an id of their own each."""
    event = next(events)
    begun, number, total = time.time(), 0, int(rate * seconds)
    while number < total:
        until = min(total, int((time.time() - begun) * rate) + 1)
        _accept_in_the_end([{**event, "id": event_id(each)} for each in range(number, until)])
        number = until
        time.sleep(STREAM_SECONDS)


TIMED: dict[str, Callable[[Events], Iterator[float]]] = {
    "time": time_singly,
    "batches": time_batches,
    "set": time_set,
    "validate-and-set": time_validated_set,
}


def main(mode: str, file: str, rate: str = "0", seconds: str = "0") -> None:
    """Run one mode over a file."""
    with Path(file).open("rb") as lines:
        events = (orjson.loads(line) for line in lines)
        if mode == "fill":
            fill(events)
        elif mode == "stream":
            stream(events, float(rate), float(seconds))
        else:
            found = pace(events, float(rate)) if mode == "pace" else TIMED[mode](events)
            sys.stdout.buffer.write(orjson.dumps(list(found)))


def _batches(events: Events) -> Iterator[float]:
    while batch := list(islice(events, BATCH)):
        yield _seconds(partial(_accept, batch))


def _accept(batch: list[dict[str, Any]]) -> None:
    errors = enqueue_events(batch).errors
    if errors:
        raise next(iter(errors.values()))


def _accept_in_the_end(batch: list[dict[str, Any]]) -> None:
    """Hand over again what the ledger had no answer for, as an application would."""
    while errors := enqueue_events(batch).errors:
        others = [error for error in errors.values() if not isinstance(error, LedgerUnavailable)]
        if others:
            raise others[0]
        batch = [batch[index] for index in errors]
        time.sleep(STREAM_SECONDS)


def _validate_and_set(client: redis.Redis, event: dict[str, Any], source: str) -> None:
    submission = normalise(event, source=source)
    client.set(submission.event_id, submission.body)


def _seconds(call: Callable[[], object]) -> float:
    begun = perf_counter()
    call()
    return perf_counter() - begun


if __name__ == "__main__":
    main(*sys.argv[1:])
