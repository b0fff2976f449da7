"""The places of a drain, counted."""

from outhaul_ledger.model import Lease
from outhaul_worker.attempt import Attempt, Target
from outhaul_worker.places import OVERSTAY_SECONDS, Places, Room
from unit.destinations.configured import built, destination

TARGET = Target(destination("webhook"), built("webhook"))
WINDOW = 4


def attempt(to: str, *, slow: bool) -> Attempt:
    """An attempt of a quick or slow lane."""
    lease = Lease(to, "ev_1", 1, 1, 0, 0, possible_duplicate=False, body=b"{}", slow=slow)
    return Attempt(lease, TARGET, 0.0)


def filled(quick: int, slow: int, now: float = 0.0) -> Places:
    """Places of which so many are taken since `now`."""
    places = Places(WINDOW)
    for number in range(quick):
        places.take(("quick", number), attempt(f"quick-{number}", slow=False), now)
    for number in range(slow):
        places.take(("slow", number), attempt(f"slow-{number}", slow=True), now)
    return places


def test_slow_lanes_take_none_of_the_places_of_quick_ones() -> None:
    """With the slow window full, the quick one is as empty as before."""
    assert filled(0, WINDOW).room() == Room(WINDOW, 0)


def test_quick_lanes_take_none_of_the_places_of_slow_ones() -> None:
    """Neither window lends."""
    assert filled(WINDOW, 0).room() == Room(0, WINDOW)


def test_a_place_is_free_again_when_its_attempt_has_ended() -> None:
    """Each in its own window; a key without a place is told as such."""
    places = filled(WINDOW, WINDOW)
    assert places.leave(("quick", 0))
    assert places.leave(("slow", 0))
    assert places.leave("stranger") is None
    assert (places.room(), len(places)) == (Room(1, 1), 2 * WINDOW - 2)


def test_an_attempt_that_stays_too_long_leaves_the_quick_window_and_is_told_of_once() -> None:
    """Its destination is reported to the ledger; its place is free for quick lanes again."""
    places = filled(2, 0)
    places.take("late", attempt("late", slow=False), OVERSTAY_SECONDS / 2)
    assert places.overstayers(OVERSTAY_SECONDS / 2) == set()
    assert places.overstayers(OVERSTAY_SECONDS) == {"quick-0", "quick-1"}
    assert places.overstayers(OVERSTAY_SECONDS) == set()
    assert places.room() == Room(WINDOW - 1, WINDOW - 2)
    assert places.leave(("quick", 0))


def test_attempts_that_ended_in_time_are_not_told_of() -> None:
    """Only what is still in flight hangs."""
    places = filled(3, 0)
    places.leave(("quick", 1))
    assert places.overstayers(2 * OVERSTAY_SECONDS) == {"quick-0", "quick-2"}


def test_slow_attempts_are_never_told_of() -> None:
    """Their lanes are known to be slow."""
    assert filled(0, 3).overstayers(2 * OVERSTAY_SECONDS) == set()


def test_overstayers_never_make_more_than_both_windows_together() -> None:
    """Where they find the slow window full already, quick lanes have to wait for the first of them."""
    places = filled(WINDOW, WINDOW)
    places.overstayers(OVERSTAY_SECONDS)
    assert places.room() == Room(0, 0)
    places.leave(("quick", 0))
    assert places.room() == Room(1, 0)
