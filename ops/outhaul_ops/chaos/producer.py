"""A producer of a chaos run: `python -m outhaul_ops.chaos.producer JOURNAL PREFIX RATE BATCH SEED`.

It hands events over until SIGTERM, notes what it intends before each call and what came of it after, and asks again
with the same id after an error. Started again on the same journal it goes on with the next number, and asks again for
about half of what it does not know the fate of, as some applications do.
"""

import random
import signal
import sys
import time
from pathlib import Path
from threading import Event
from typing import Any

from outhaul_ops.chaos.journal import Appender, Word, read_handed, unacknowledged
from outhaul_ops.chaos.points import watch_if_asked
from outhaul_ops.chaos.scene import COMPLAINT, SHAPES, line_of
from outhaul_producers import LedgerUnavailable, OuthaulError, enqueue_event, enqueue_events

TRIES = 50
PAUSE_SECONDS = 0.3


class Producer:
    """Hands events over in calls of `batch`, `rate` events a second."""

    def __init__(self, journal: Path, prefix: str, rate: float, batch: int, draw: random.Random) -> None:
        self._known = read_handed(journal, durable=False)
        self._journal = Appender(journal)
        self._prefix, self._rate, self._batch, self._draw = prefix, rate, batch, draw
        self._ended = Event()

    def end(self, *_: object) -> None:
        """Hand no more over after this call."""
        self._ended.set()

    def run(self) -> None:
        """Hand over until told to end."""
        again = [each for each in unacknowledged(self._known.values()) if self._draw.random() < 0.5]
        self._hand_over([(each.event_id, each.shape) for each in again])
        number = len(self._known)
        while not self._ended.wait(self._batch / self._rate):
            events = [
                (f"{self._prefix}{number + i:06d}", self._draw.randrange(len(SHAPES))) for i in range(self._batch)
            ]
            number += self._batch
            self._journal.note(*((Word.INTENT, event_id, shape) for event_id, shape in events))
            self._hand_over(events)

    def _hand_over(self, events: list[tuple[str, int]]) -> None:
        for _ in range(TRIES):
            if not events:
                return
            events = self._call(events)
            if events and self._ended.wait(PAUSE_SECONDS):
                return

    def _call(self, events: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """Hand over once; returns what has to be asked again."""
        if len(events) == 1:
            return self._call_singly(*events[0])
        errors = enqueue_events(described(*each) for each in events).errors
        for error in errors.values():
            _complain(error)
        self._journal.note(
            *((Word.REFUSED if i in errors else Word.ACKNOWLEDGED, each[0]) for i, each in enumerate(events))
        )
        return [each for i, each in enumerate(events) if i in errors]

    def _call_singly(self, event_id: str, shape: int) -> list[tuple[str, int]]:
        try:
            enqueue_event(**described(event_id, shape))
        except OuthaulError as error:
            _complain(error)
            self._journal.note((Word.REFUSED, event_id))
            return [(event_id, shape)]
        self._journal.note((Word.ACKNOWLEDGED, event_id))
        return []


def described(event_id: str, shape: int) -> dict[str, Any]:
    """Return the event that goes by this id; always the same one."""
    made = SHAPES[shape]
    event: dict[str, Any] = {"type": made.type, "id": event_id, "properties": {"line": line_of(event_id)}}
    return event | ({"destinations": list(made.named)} if made.named else {})


def _complain(error: OuthaulError) -> None:
    """Say what is no outage: a run has no invalid events and no two events of one id."""
    if not isinstance(error, LedgerUnavailable):
        print(f"{COMPLAINT}{error!r}", flush=True)  # noqa: T201 - whoever started it reads this


def main(journal: str, prefix: str, rate: str, batch: str, seed: str) -> None:
    """Run one producer."""
    watch_if_asked()
    producer = Producer(Path(journal), prefix, float(rate), int(batch), random.Random(f"{seed} {time.time()}"))
    signal.signal(signal.SIGTERM, producer.end)
    producer.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
