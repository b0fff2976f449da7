"""Accepting events from a file, one JSON object a line: what is wrong with a line costs the others nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

import orjson

from outhaul_producers import InvalidEvent, LedgerUnavailable, OuthaulError, Receipt, enqueue_events

LONGEST_LINE = 1024 * 1024
BATCH = 500

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the input that is not blank; `number` counts from 1, `size` includes blank lines before it."""

    number: int
    data: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Rejection:
    """A line that was not accepted, and why; `problems` go by the path of the field."""

    line: int
    reason: str
    problems: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch of lines came to.

    `size` is its bytes. `unanswered` is the first line whose fate is unknown, because the ledger did not answer, and
    `silence` what was said instead; then nothing after that line is accepted.
    """

    size: int
    accepted: int
    duplicates: int
    rejections: tuple[Rejection, ...]
    unanswered: int = 0
    silence: str = ""


def enqueue_lines(file: IO[bytes]) -> Iterator[Outcome]:
    """Accept what the file holds, batch by batch; ends early once the ledger does not answer."""
    lines = read_lines(file)
    while batch := list(islice(lines, BATCH)):
        outcome = _enqueue(batch)
        yield outcome
        if outcome.unanswered:
            return


def read_lines(file: IO[bytes]) -> Iterator[Line]:
    """Yield the lines that are not blank. Of a line over 1 MiB only the beginning is kept."""
    number = size = 0
    while data := file.readline(LONGEST_LINE + 1):
        number, size = number + 1, size + len(data)
        if len(data) > LONGEST_LINE:
            size += _skip_rest(file, data)
        if number == 1:
            data = data.removeprefix(_BYTE_ORDER_MARK)
        if data.strip():
            yield Line(number, data, size)
            size = 0


def _skip_rest(file: IO[bytes], data: bytes) -> int:
    skipped = 0
    while data and not data.endswith(b"\n"):
        data = file.readline(LONGEST_LINE)
        skipped += len(data)
    return skipped


def _enqueue(batch: list[Line]) -> Outcome:
    read = {line.number: _read(line) for line in batch}
    rejections = [each for each in read.values() if isinstance(each, Rejection)]
    events = {number: each for number, each in read.items() if not isinstance(each, Rejection)}
    answers = dict(zip(events, enqueue_events(events.values()).results, strict=True))
    receipts = [answer for answer in answers.values() if isinstance(answer, Receipt)]
    silences = [(number, answer) for number, answer in answers.items() if isinstance(answer, LedgerUnavailable)]
    rejections += [_rejection(number, answer) for number, answer in answers.items() if _is_refusal(answer)]
    duplicates = sum(receipt.duplicate for receipt in receipts)
    return Outcome(
        size=sum(line.size for line in batch),
        accepted=len(receipts) - duplicates,
        duplicates=duplicates,
        rejections=tuple(sorted(rejections, key=lambda rejection: rejection.line)),
        unanswered=silences[0][0] if silences else 0,
        silence=silences[0][1].reason if silences else "",
    )


def _read(line: Line) -> Any:
    """Return the JSON of a line, or the rejection of a line that holds none."""
    if len(line.data) > LONGEST_LINE:
        return Rejection(line.number, f"expected a line of at most {LONGEST_LINE} bytes, got a longer one", {})
    try:
        return orjson.loads(line.data)
    except orjson.JSONDecodeError as error:
        return Rejection(line.number, f"expected one JSON object, got no valid JSON: {error}", {})


def _is_refusal(answer: Receipt | OuthaulError) -> bool:
    return not isinstance(answer, Receipt | LedgerUnavailable)


def _rejection(number: int, error: Any) -> Rejection:
    problems = error.problems if isinstance(error, InvalidEvent) else {}
    return Rejection(number, "; ".join(str(error).splitlines()), problems)
