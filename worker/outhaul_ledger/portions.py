"""What concerns all deliveries of an event, which may have ten thousand: done in portions, each a script of its own.

A portion keeps the server from answering others for some 2 ms.
"""

from collections.abc import Iterator
from typing import Any

from outhaul_ledger.browsing import BEHIND, Browsed, Place, Sought, read_portions
from outhaul_ledger.model import Cancelled, Expired, Stopped
from outhaul_ledger.record import EventRecord
from outhaul_ledger.scripting import Scripts

PAGE = 200  # deliveries or destinations read at once
PORTION = 80  # fields of a record looked at at once, one a delivery and one for its attempts; the server may give more
CHANGED = 100  # of which so many are changed
EXPIRING = 64  # events whose expiry is looked at in one call of the script
LOOKED_AT = 1_000  # deliveries that such a call looks at
EXPIRY_CALLS = 50  # of that script in one of Python's
FLYING_MS = 1_000  # after which an expired event is looked at again that had a delivery in flight
ABANDONED_MS = 2_000  # after which another goes on taking an event back
LARGE = 500  # fields of a record that is not read as a whole
FIELDS = 2_000  # of records read in one call
LISTED = 500  # fields of a large record looked at at once


class Portions(Scripts):
    """The operations of the ledger that go through events. `retention_ms` is the ledger's."""

    retention_ms: int

    def status(self, event_id: str) -> EventRecord | None:
        """Read everything about an event; None when it is unknown or has expired."""
        return EventRecord.read(event_id, list(self._pages("status", event_id)))

    def cancel(self, event_id: str) -> Cancelled | None:
        """Take an event back: what has not been sent ends; None when it is unknown or has expired.

        Once this has begun nothing of the event is leased any more. Should it not come to its end, because the ledger
        or the caller goes away, then `finish_cancelling` of anybody, or calling again, goes on.
        """
        return self._cancel(event_id, "")

    def finish_cancelling(self) -> bool:
        """Take back to the end an event whose caller was lost over it; False where there is none."""
        taken = self._run("take_cancelling", ABANDONED_MS)
        if taken:
            self._cancel(taken[0].decode(), taken[1].decode())
        return bool(taken)

    def _cancel(self, event_id: str, since: str) -> Cancelled | None:
        unrouted, found = False, dict[str, Stopped]()
        cursor: bytes | str = "0"
        while True:
            answer = self._run("cancel", self.retention_ms, event_id, since, cursor, PORTION, CHANGED, ABANDONED_MS)
            if not answer:
                return Cancelled(unrouted, list(found.values())) if found else None
            since, cursor, taken, rows = answer
            unrouted = unrouted or bool(taken)
            found.update((each.destination, each) for each in (Stopped.read(*row) for row in rows))
            if cursor == b"0":
                return Cancelled(unrouted, list(found.values()))

    def expire(self, most: int = EXPIRING * EXPIRY_CALLS) -> Expired:
        """Make dead letters of what has not been delivered by its expiry, of up to `most` events."""
        deliveries = events = 0
        for _ in range(EXPIRY_CALLS):
            size = min(EXPIRING, most - events)
            ended, through, more, cancelling = self._run("expire", size, CHANGED, LOOKED_AT, PORTION, FLYING_MS)
            deliveries, events = deliveries + ended, events + through
            if not more or events >= most:
                break
        return Expired(deliveries, events, bool(more), bool(cancelling))

    def browse(self, sought: Sought, position: Place | None, *, most: int, look: int) -> Browsed:
        """Read a page of deliveries, those of the newest events first, from behind a position on.

        Args:
            sought: which deliveries.
            position: where an earlier page ended; None at the beginning.
            most: deliveries on the page.
            look: events to look at; a page may be short, or empty, and not the last.
        """
        place = position or Place(sought.until, "", "")
        states = f" {' '.join(sought.states)} " if sought.states else ""
        bounds = (repr(sought.since), repr(place.accepted_at), place.event_id, place.destination)
        answer = self._run("browse", *bounds, sought.destination, states, most, look, LARGE, FIELDS, BEHIND)
        page = Browsed.read(answer)
        if not answer[3] or len(page.deliveries) == most:
            return page
        at, event_id = answer[3]
        portions = list(self._pages("list_deliveries", event_id, size=LISTED))
        found = read_portions(Place(float(at), event_id.decode(), BEHIND), portions)
        return page.extended(found, sought, after=place, most=most)

    def _pages(self, name: str, *arguments: Any, size: int = PAGE) -> Iterator[list[Any]]:
        cursor: Any = "0"
        while cursor not in (b"0", b""):
            page = self._run(name, *arguments, cursor, size)
            cursor = page[1]
            yield page
