"""Dead letters as lines of JSON, with the event that was to be delivered and what came of every attempt."""

from collections.abc import Iterator
from typing import Any

import orjson

from outhaul_config.moments import rfc3339
from outhaul_ledger.dead_letters import Batches, described, pairs
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.record import Contents
from outhaul_ledger.survey import KeptEntry


def export(ledger: Ledger, batches: Batches) -> Iterator[list[bytes]]:
    """Yield, batch by batch, one line of JSON per entry, without line ends.

    A line has all that a listing has, `event` (the canonical event, personal data included: it is what has to be
    delivered) and `log` (the destination's attempts as the ledger keeps them, redacted when they were made).
    """
    for batch in batches:
        contents = ledger.contents(pairs(batch))
        yield [_line(entry, content) for entry, content in zip(batch, contents, strict=True)]


def _line(entry: KeptEntry, contents: Contents) -> bytes:
    event = orjson.Fragment(contents.body) if contents.body else None
    return orjson.dumps({**described(entry), "event": event, "log": [_attempt(line) for line in contents.attempts]})


def _attempt(line: dict[str, Any]) -> dict[str, Any]:
    return {**line, "at": rfc3339(line["at"])}
