"""What a selection of dead letters means."""

import pytest

from outhaul_config.moments import parse_point
from outhaul_ledger.dead_letters import Reach, Selection
from outhaul_ledger.model import State
from outhaul_ledger.record import DeliveryRecord
from outhaul_ledger.survey import KeptEntry

HOUR = 3_600_000


def entry(event_type: str = "order.created", reason: str = "gave up: 500") -> KeptEntry:
    """Return a dead letter."""
    record = DeliveryRecord("shop-hooks", State.DEAD, 3, 3, 0, 0, 0, False, 500, "", "", reason)
    return KeptEntry("ev_1", 0.0, event_type, record)


@pytest.mark.parametrize(
    ("selection", "matches"),
    [
        (Selection(), True),
        (Selection(types=("order.created",)), True),
        (Selection(types=("order.*",)), True),
        (Selection(types=("cart.*", "order.created")), True),
        (Selection(types=("order",)), False),
        (Selection(reasons=("GAVE UP",)), True),
        (Selection(reasons=("refused", "500")), True),
        (Selection(types=("order.*",), reasons=("refused",)), False),
    ],
)
def test_types_and_reasons_must_both_match(selection: Selection, matches: bool) -> None:
    """Values of one filter are alternatives, filters narrow each other."""
    assert selection.matches(entry()) is matches


def test_the_order_of_filters_makes_no_other_replay() -> None:
    """Two selections that mean the same have the same digest, so that one resumes the other."""
    first = Selection(destinations=("a", "b"), types=("x", "y"), since=parse_point("2h"))
    second = Selection(destinations=("b", "a"), types=("y", "x", "x"), since=parse_point("120m"))
    assert first.digest() == second.digest()


@pytest.mark.parametrize(
    "other",
    [
        Selection(state=State.HELD),
        Selection(destinations=("a",)),
        Selection(types=("a",)),
        Selection(reasons=("a",)),
        Selection(events=("a",)),
        Selection(since=parse_point("2h")),
        Selection(until=parse_point("2h")),
        Selection(limit=1),
    ],
)
def test_every_filter_counts_in_the_digest(other: Selection) -> None:
    """A replay is never resumed by one that means something else."""
    assert other.digest() != Selection().digest()


def test_a_reach_ends_now_at_the_latest() -> None:
    """Times before now restrict it, later ones do not extend it."""
    now = 10.0 * HOUR
    assert Selection().reach(now) == Reach(0, now)
    assert Selection(since=parse_point("2h"), until=parse_point("1h")).reach(now) == Reach(8 * HOUR, 9 * HOUR)
    assert Selection(until=parse_point("2099-01-01T00:00:00Z")).reach(now) == Reach(0, now)
