"""One request with its answer on the way through libcurl, redirects included."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from time import monotonic

from outhaul_worker.exchange import Answer, Request
from outhaul_worker.transports.attempt import AttemptFailed
from outhaul_worker.transports.curl_handle import Handle
from outhaul_worker.transports.curl_loop import Place
from outhaul_worker.transports.names import Lookup


@dataclass(slots=True, eq=False)
class Exchange:
    """A request that has its place in the window, the handle it is sent by, and its deadlines.

    `lookup` is the last look-up of its host's addresses, `lookups` counts them.
    """

    key: Hashable
    handle: Handle
    request: Request
    lookup: Lookup | None = None
    lookups: int = 0
    _place: Place | None = None
    _started: float = field(default_factory=monotonic)
    _end_by: float = 0.0
    _connect_by: float = 0.0

    def __post_init__(self) -> None:
        self._end_by = self._started + self.request.timeout.total
        self._connect_by = min(self._started + self.request.timeout.connect, self._end_by)

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
