"""Hands events over with `.delay()`: `python -m celery_per_delivery.producer fill|time FILE`."""

import json
import sys
from time import perf_counter

from .deliveries import deliver


def main(mode: str, file: str) -> None:
    """Hand over every event of the file; with `time`, print the seconds of each call."""
    seconds = []
    with open(file, encoding="utf-8") as lines:  # noqa: PTH123 -- a plain script reads a plain file
        for line in lines:
            event = json.loads(line)
            begun = perf_counter()
            deliver.delay(event)
            seconds.append(perf_counter() - begun)
    if mode == "time":
        json.dump(seconds, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
