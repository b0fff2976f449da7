"""All questions."""

from outhaul_ops.bench.question import Question
from outhaul_ops.bench.questions import (
    deliver,
    deliver_slowly,
    enqueue,
    fanout,
    interference,
    lanes,
    latency,
    memory,
    replay,
    retries,
    scale,
    serialise,
    soak,
)

QUESTIONS: tuple[Question, ...] = (
    deliver.QUESTION,
    deliver_slowly.QUESTION,
    latency.QUESTION,
    enqueue.QUESTION,
    lanes.QUESTION,
    fanout.QUESTION,
    retries.QUESTION,
    memory.QUESTION,
    replay.QUESTION,
    interference.QUESTION,
    scale.QUESTION,
    soak.QUESTION,
    serialise.QUESTION,
)
"""In the order of `docs/performance.md`."""
