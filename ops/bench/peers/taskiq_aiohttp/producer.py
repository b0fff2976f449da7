"""Hands events over: `python producer.py fill FILE`."""

import asyncio
import json
import sys

from deliveries import broker, deliver


async def main(_mode: str, file: str) -> None:
    """Send a message for every event of the file."""
    await broker.startup()
    with open(file, encoding="utf-8") as lines:  # noqa: PTH123 -- nothing else is to be done meanwhile
        for line in lines:
            await deliver.kiq(json.loads(line))
    await broker.shutdown()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
