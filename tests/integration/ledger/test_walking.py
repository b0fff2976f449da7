"""Going through dead letters page by page while they come and go."""

from integration.ledger.scenario import EVER, end, lease, outcome, settle
from outhaul_ledger.dead_letters import Page, Position, Reach, Selection, walk
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import State

ALL = Reach(0.0, EVER)


def step(ledger: Ledger, position: Position, selection: Selection | None = None, most: int = 2) -> Page:
    """Take one step of a walk."""
    return walk(ledger, selection or Selection(), ALL, position, most=most, look=5)


def ids(page: Page) -> list[str]:
    """Return the event ids of a page."""
    return [entry.event_id for entry in page.entries]


def rest(ledger: Ledger, position: Position | None, selection: Selection | None = None) -> list[str]:
    """Return what the rest of a walk meets."""
    seen: list[str] = []
    while position:
        page = step(ledger, position, selection)
        seen += ids(page)
        position = page.position
    return seen


def test_a_walk_meets_every_entry_once_also_those_of_one_instant(ledger: Ledger) -> None:
    """A page begins where the last one ended, whatever died together."""
    for batch in (("ev_1", "ev_2", "ev_3"), ("ev_4",), ("ev_5", "ev_6", "ev_7")):
        end(ledger, *batch, state=State.DEAD)
    assert rest(ledger, Position()) == [f"ev_{number}" for number in range(1, 8)]


def test_entries_that_leave_neither_hide_others_nor_show_them_twice(ledger: Ledger) -> None:
    """What was there throughout is met once, though the entry at the position and its neighbours are replayed."""
    end(ledger, *(f"ev_{number}" for number in range(1, 8)), state=State.DEAD)
    first = step(ledger, Position())
    assert ids(first) == ["ev_1", "ev_2"]
    ledger.replay([("shop", "ev_1"), ("shop", "ev_2"), ("shop", "ev_4")])
    assert rest(ledger, first.position) == ["ev_3", "ev_5", "ev_6", "ev_7"]


def test_what_dies_again_comes_later_and_is_met_there(ledger: Ledger) -> None:
    """A delivery that was replayed and died anew is another dead letter, at another time."""
    end(ledger, "ev_1", "ev_2", "ev_3", state=State.DEAD)
    page = step(ledger, Position(), most=1)
    ledger.replay([("shop", "ev_1")])
    settle(ledger, *(outcome(one, State.DEAD) for one in lease(ledger)))
    assert rest(ledger, page.position) == ["ev_2", "ev_3", "ev_1"]


def test_a_step_looks_at_no_more_than_it_may(ledger: Ledger) -> None:
    """Where nothing matches, a page is empty and says where to go on, instead of reading the whole shelf."""
    end(ledger, *(f"ev_{number}" for number in range(1, 9)), state=State.DEAD)
    nothing = Selection(types=("cart.*",))
    first = step(ledger, Position(), nothing)
    assert (first.entries, first.position and first.position.event_id) == ([], "ev_5")
    assert first.position is not None
    assert step(ledger, first.position, nothing) == Page([], None)


def test_named_events_are_walked_in_the_same_order(ledger: Ledger) -> None:
    """A selection of events goes on from a position as well."""
    end(ledger, "ev_1", "ev_2", "ev_3", state=State.DEAD)
    selection = Selection(events=("ev_3", "ev_1", "ev_unknown"))
    page = step(ledger, Position(), selection, most=1)
    assert ids(page) == ["ev_1"]
    assert rest(ledger, page.position, selection) == ["ev_3"]
