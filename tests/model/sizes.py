"""The sizes of world that are explored, and what may go wrong in each."""

from collections.abc import Callable

from model.action import Size
from model.explorer import Coverage, Explorer
from model.world import REFUSED, TAKEN, UNSURE, Budget
from outhaul_config.connections import open_client
from outhaul_config.policy import Breaker, Policy

SOON_MS = 15_000  # one tick leaves some of it, less than a retry waits; two leave nothing
TOUCHY = Policy(concurrency=2, breaker=Breaker(failure_ratio=0.5, min_attempts=1, open_for=5.0, open_cap=5.0))

SIZES: dict[str, tuple[Size, Budget]] = {
    "short": (Size(("ev_1",), ("dst_1",), 1, 1, (TAKEN,)), Budget(crashes=1)),
    "restart": (Size(("ev_1",), ("dst_1",), 1, 1, (TAKEN,)), Budget(restarts=1)),
    "one": (Size(("ev_1",), ("dst_1",), 1, 1, (TAKEN, REFUSED, UNSURE)), Budget(crashes=1, losses=1, wishes=1)),
    "two-drains": (Size(("ev_1",), ("dst_1",), 2, 1, (TAKEN, REFUSED)), Budget(crashes=1, losses=1)),
    "two-destinations": (Size(("ev_1",), ("dst_1", "dst_2"), 2, 2, (TAKEN,)), Budget(crashes=1)),
    "two-events": (Size(("ev_1", "ev_2"), ("dst_1",), 2, 2, (TAKEN,)), Budget(crashes=1)),
    "ordered": (Size(("ev_1", "ev_2"), ("dst_1",), 1, 2, (TAKEN,), order="key/2"), Budget(crashes=1)),
    "breaker": (Size(("ev_1", "ev_2"), ("dst_1",), 1, 1, (TAKEN, REFUSED), policy=TOUCHY), Budget()),
    "cancel-short": (Size(("ev_1",), ("dst_1",), 1, 1, (TAKEN,)), Budget(cancels=1)),
    "cancel": (Size(("ev_1",), ("dst_1",), 1, 1, (TAKEN, REFUSED)), Budget(crashes=1, cancels=1)),
    "cancel-ordered": (Size(("ev_1", "ev_2"), ("dst_1",), 1, 2, (TAKEN,), order="key/2"), Budget(cancels=1)),
    "expire-short": (Size(("ev_1",), ("dst_1",), 1, 1, (TAKEN, REFUSED), expires_ms=SOON_MS), Budget()),
    "expire": (Size(("ev_1",), ("dst_1",), 1, 1, (TAKEN, REFUSED), expires_ms=SOON_MS), Budget(crashes=1, wishes=1)),
    "full": (Size(("ev_1", "ev_2"), ("dst_1", "dst_2"), 2, 2, (TAKEN,)), Budget(crashes=1)),
}
"""By how much they cover: `short` is what the suite runs."""


def explore(
    name: str, url: str, *, most: int = 10_000_000, on_progress: Callable[[Coverage], None] | None = None
) -> Coverage:
    """Explore the size of that name on the server, whose data is lost."""
    size, budget = SIZES[name]
    with open_client(url, 10.0) as client:
        return Explorer(client, size, budget, most, on_progress).explore()
