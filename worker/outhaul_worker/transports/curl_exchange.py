"""One request with its answer on the way through libcurl, redirects included."""

from collections.abc import Hashable
from time import monotonic
from typing import TYPE_CHECKING

from outhaul_worker.exchange import Answer, Request
from outhaul_worker.transports.attempt import AttemptFailed
from outhaul_worker.transports.curl_handle import Handle
from outhaul_worker.transports.curl_loop import Place

if TYPE_CHECKING:
    from outhaul_worker.transports.names import Lookup


class Exchange:
    """A request that has its place in the window, the handle it is sent by, and its deadlines.

    `lookup` is the last look-up of its host's addresses, `lookups` counts them.
    """

    __slots__ = ("_connect_by", "_end_by", "_place", "_started", "handle", "key", "lookup", "lookups", "request")

    def __init__(self, key: Hashable, handle: Handle, request: Request) -> None:
        self.key, self.handle, self.request = key, handle, request
        self.lookup: Lookup | None = None
        self.lookups = 0
        self._place: Place | None = None
        self._started = monotonic()
        self._end_by = self._started + request.timeout.total
        self._connect_by = min(self._started + request.timeout.connect, self._end_by)

    @property
    def place(self) -> Place:
        """Where it has its connection."""
        assert self._place is not None  # noqa: S101 - it has one before it is sent
        return self._place

    def move(self, place: Place | None) -> None:
        """Leave the place it had, for another one."""
        if self._place:
            self._place.leave()
        self._place = place

    @property
    def connect_by(self) -> float:
        """When it must have a connection, on the clock of `time.monotonic`."""
        return self._connect_by

    def follow(self, request: Request) -> None:
        """Go on with another request, within the same total time, and with its own time for connecting."""
        self.request = request
        self.lookups = 0
        self._connect_by = min(monotonic() + request.timeout.connect, self._end_by)

    def limit(self) -> None:
        """Tell the handle how much time is left."""
        now = monotonic()
        self.handle.limit(self._connect_by - now, self._end_by - now)

    def answered(self) -> Answer:
        """Make the answer that came."""
        handle = self.handle
        return Answer(handle.status, handle.headers, handle.body, duration_ms=self._duration_ms())

    def failed(self, failure: AttemptFailed) -> Answer:
        """Make the answer for a request that got none."""
        return Answer(fault=failure.fault, detail=failure.detail, sent=failure.sent, duration_ms=self._duration_ms())

    def _duration_ms(self) -> float:
        return (monotonic() - self._started) * 1000
