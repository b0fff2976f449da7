"""Hands events over: `python producer.py fill FILE`."""

import json
import sys

from deliveries import deliver


def main(_mode: str, file: str) -> None:
    """Send a message for every event of the file."""
    with open(file, encoding="utf-8") as lines:  # noqa: PTH123 -- a plain script reads a plain file
        for line in lines:
            deliver.send(json.loads(line))


if __name__ == "__main__":
    main(*sys.argv[1:])
