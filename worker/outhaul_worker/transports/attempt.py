"""One attempt under way: its deadlines, whether its request has left, and how it can fail."""

from socket import SHUT_RDWR, socket
from threading import local
from time import monotonic

from outhaul_worker.exchange import Answer, Fault, Request

_SENT_BY_DEFAULT = frozenset({Fault.RESET, Fault.READ_TIMEOUT, Fault.PROTOCOL})
_thread = local()


class AttemptFailed(Exception):
    """An attempt ended without an HTTP answer. `detail` is for people and holds neither payload nor secret."""

    def __init__(self, fault: Fault, detail: str, *, sent: bool | None = None) -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault = fault
        self.detail = detail
        self.sent = fault in _SENT_BY_DEFAULT if sent is None else sent


class Attempt:
    """The state of one attempt. It runs in one thread, and any other may abort it.

    `sent` turns true when the last byte of the request has been handed to the system.
    """

    __slots__ = ("_aborted", "_connect_by", "_end_by", "_socket", "_started", "request", "sent")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.sent = False
        self._started = monotonic()
        self._end_by = self._started + request.timeout.total
        self._connect_by = min(self._started + request.timeout.connect, self._end_by)
        self._socket: socket | None = None
        self._aborted = False

    def follow(self, request: Request) -> None:
        """Go on with another request, within the same total time, and with its own time for connecting."""
        self.request = request
        self.sent = False
        self._connect_by = min(monotonic() + request.timeout.connect, self._end_by)

    @staticmethod
    def current() -> "Attempt":
        """Return the attempt of the calling thread."""
        attempt: Attempt = _thread.attempt
        return attempt

    def enter(self) -> None:
        """Make this the attempt of the calling thread."""
        _thread.attempt = self

    def time_left(self) -> float:
        """Seconds left for the whole attempt.

        Raises:
            TimeoutError: none is left.
        """
        return self._left_until(self._end_by)

    def connect_time_left(self) -> float:
        """Seconds left for opening a connection.

        Raises:
            TimeoutError: none is left.
        """
        return self._left_until(self._connect_by)

    def works_on(self, sock: socket) -> None:
        """Name the socket that an abort has to shut down from now on.

        Raises:
            TimeoutError: the attempt has been aborted already.
        """
        self._socket = sock
        if self._aborted:
            raise TimeoutError

    def abort(self) -> None:
        """Let the attempt run into its deadline now."""
        self._aborted = True
        if self._socket is not None:
            try:
                # The plain method: that of a TLS socket drops the state the other thread is using.
                socket.shutdown(self._socket, SHUT_RDWR)
            except OSError:
                self._socket = None

    def failed(self, fault: Fault, detail: str, *, sent: bool) -> Answer:
        """Make the answer for an attempt that ended in a fault."""
        return Answer(fault=fault, detail=detail, sent=sent, duration_ms=self.duration_ms())

    def duration_ms(self) -> float:
        """Milliseconds since the attempt began."""
        return (monotonic() - self._started) * 1000

    def _left_until(self, moment: float) -> float:
        left = moment - monotonic()
        if left <= 0 or self._aborted:
            raise TimeoutError
        return left
