"""Routing what came in: an event's deliveries are made in chunks, so that many never hold up server or drain."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import AT_ONCE, Inbound, Route, Schedule
from outhaul_worker.routing import Router

INBOX_LEASE_MS = 10_000  # for what is leased and not routed yet; each chunk prolongs it
# In a call, so that the server is back within some 4 ms.
MOST_EVENTS = 384
MOST_WORK = 2048  # as `Ledger.lease_inbox` counts it
MOST_ROUTES = 384  # of many events
CHUNK = 64  # of one event
# In a call, and until the drain looks after what is due: lanes that nothing was routed to lately are mostly empty, and
# each takes the server as long as some routes to others.
NEW_LANES = 128
LATELY = 1024  # lanes that are remembered
STEP = 1024  # routes until the drain looks after what is due and what it has in flight
CHUNKS_TAKEN = 3  # where chunks are small, events are taken for so many, as their lease must not end while they wait


class Portion(NamedTuple):
    """An event with the routes of it that are still to be taken; its type where the ledger is to learn it."""

    event_id: str
    routes: Sequence[Route]
    schedule: Schedule
    type: str


class Size(NamedTuple):
    """How much was sent: routes, and lanes that nothing had been routed to lately."""

    routes: int
    new_lanes: int


class FanOut:
    """Gives accepted events their deliveries. What it has begun when its drain ends, another drain begins anew."""

    def __init__(self, ledger: Ledger, drain: str, router: Router) -> None:
        self._ledger, self._drain, self._router = ledger, drain, router
        self._waiting: deque[Inbound] = deque()
        self._begun: Portion | None = None
        self._lately: set[str] = set()
        self._most = MOST_EVENTS

    def step(self) -> bool:
        """Route what came in, up to so much; True when more may be waiting."""
        full = bool(self._waiting or self._begun) or self._take()
        routes = lanes = 0
        while (self._waiting or self._begun) and routes < STEP and lanes < NEW_LANES:
            sent = self._send_chunk()
            routes, lanes = routes + sent.routes, lanes + sent.new_lanes
        return full or bool(self._waiting or self._begun)

    def _take(self) -> bool:
        whole, most = self._router.may_read, self._most
        intake = self._ledger.lease_inbox(
            self._drain,
            most,
            INBOX_LEASE_MS,
            whole=whole,
            version=self._router.version,
            most_work=MOST_WORK,
        )
        self._router.catch_up(intake.version)
        missing = not whole and self._router.may_read  # the first subscription has come in between
        self._waiting.extend(self._completed(intake.events) if missing else intake.events)
        taken = intake.routed + len(intake.events)
        if taken:
            self._most = MOST_EVENTS
        return taken == most or intake.more

    def _completed(self, events: Sequence[Inbound]) -> list[Inbound]:
        contents = self._ledger.contents([("", each.event_id) for each in events])
        return [each._replace(body=read.body) for each, read in zip(events, contents, strict=True)]

    def _send_chunk(self) -> Size:
        if self._begun:
            return self._send_part(self._begun)
        chunk: list[Portion] = []
        size = lanes = 0
        while self._waiting and size < MOST_ROUTES and lanes < NEW_LANES:
            inbound = self._waiting.popleft()
            portion = Portion(inbound.event_id, *self._router.route(inbound))
            routes = portion.routes
            if len(routes) > CHUNK:
                # Events behind one that goes to many must not wait here until their lease is over.
                self._most = max(1, MOST_EVENTS * CHUNK // len(routes))
                self._begun = portion
                break
            chunk.append(portion)
            size += max(1, len(routes))
            lanes += self._new_lanes(routes)
        if lanes >= NEW_LANES:
            self._most = min(self._most, CHUNKS_TAKEN * len(chunk))
        if chunk:
            self._send(chunk, {each.type: each.routes for each in chunk if each.type})
        return Size(size, lanes)

    def _new_lanes(self, routes: Sequence[Route]) -> int:
        """Count the lanes that nothing was routed to lately, and remember them."""
        new = {each.destination for each in routes if not each.skipped and each.destination not in self._lately}
        if len(self._lately) > LATELY:
            self._lately.clear()
        self._lately |= new
        return len(new)

    def _send_part(self, begun: Portion) -> Size:
        part, rest = begun.routes[:CHUNK], begun.routes[CHUNK:]
        types = {begun.type: begun.routes} if begun.type else {}
        taken = self._send([begun._replace(routes=part)], types, more_within=INBOX_LEASE_MS if rest else None)
        self._begun = begun._replace(routes=rest, type="") if rest and taken == [True] else None
        return Size(len(part), len(part))

    def _send(
        self, portions: Sequence[Portion], types: Mapping[str, Sequence[Route]], more_within: int | None = None
    ) -> list[bool]:
        schedules = {each.event_id: each.schedule for each in portions if each.schedule != AT_ONCE}
        routes = [(each.event_id, each.routes) for each in portions]
        return self._ledger.fan_out(self._drain, routes, schedules, types=types, more_within=more_within)
