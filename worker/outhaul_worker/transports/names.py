"""Looking up host names with a deadline, which the system's resolver does not have."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

_MOST_LOOKUPS = 256
_CUT_OFF = "the look-up was cut off"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address to connect to: the socket family, the IP address, and the whole socket address."""

    family: socket.AddressFamily
    ip: str
    address: tuple[str, int] | tuple[str, int, int, int]


class UnknownNameError(Exception):
    """A name has no address; the message is the resolver's."""


@dataclass(slots=True)
class Lookup:
    """A look-up under way or done. Any number may wait for it: in `done`, or by a call of what they gave as `then`."""

    done: Event = field(default_factory=Event)
    then: list[Callable[[], None]] = field(default_factory=list)
    found: tuple[Endpoint, ...] = ()
    problem: str = _CUT_OFF

    @classmethod
    def of(cls, found: tuple[Endpoint, ...]) -> "Lookup":
        """A look-up that is done already."""
        lookup = cls(found=found)
        lookup.done.set()
        return lookup

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Return what was found, at least one.

        Raises:
            UnknownNameError: nothing, or not yet.
        """
        if not self.found:
            raise UnknownNameError(self.problem)
        return self.found


class Resolver:
    """Resolves names, each in a thread of its own that all who ask for the same name at the same time share.

    So a name server that does not answer delays nobody beyond his own deadline, and costs one thread per name
    instead of one per request. Nothing is remembered: whoever asks later causes a new look-up.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._under_way: dict[tuple[str, int], Lookup] = {}
        self._closed = False

    def endpoints(self, host: str, port: int, timeout: float) -> tuple[Endpoint, ...]:
        """Return the addresses of a host in the order to try them, at least one.

        Raises:
            UnknownNameError: there is none.
            TimeoutError: no result after `timeout` seconds.
        """
        numeric = numeric_endpoints(host, port)
        if numeric:
            return numeric
        lookup = self._join(host, port)
        if not lookup.done.wait(timeout):
            raise TimeoutError
        return lookup.endpoints()

    def look_up(self, host: str, port: int, then: Callable[[], None]) -> Lookup:
        """Start or join a look-up, without waiting for it.

        Args:
            host: a name.
            port: what for.
            then: called from another thread when it is done, unless this is closed first; must not block.

        Raises:
            UnknownNameError: it cannot be started.
        """
        return self._join(host, port, then)

    def close(self) -> None:
        """Send everyone who waits away without a result; nobody is called from now on."""
        with self._lock:
            self._closed = True
            for lookup in self._under_way.values():
                lookup.then.clear()
                lookup.done.set()

    def _join(self, host: str, port: int, *then: Callable[[], None]) -> Lookup:
        with self._lock:
            lookup = self._under_way.get((host, port))
            if lookup:
                lookup.then += then
                return lookup
            if self._closed:
                raise UnknownNameError(_CUT_OFF)
            if len(self._under_way) >= _MOST_LOOKUPS:
                raise UnknownNameError(f"{_MOST_LOOKUPS} other look-ups are waiting for the name server")
            lookup = self._under_way[host, port] = Lookup(then=[*then])
        Thread(target=self._run, args=(lookup, host, port), name="outhaul-name", daemon=True).start()
        return lookup

    def _run(self, lookup: Lookup, host: str, port: int) -> None:
        try:
            lookup.found = _ask(host, port, 0)
        except OSError as error:
            lookup.problem = error.strerror or "the look-up failed"
        except ValueError:
            lookup.problem = "not a valid host name"
        finally:
            with self._lock:
                del self._under_way[host, port]
                lookup.done.set()
                for call in lookup.then:
                    call()


def numeric_endpoints(host: str, port: int) -> tuple[Endpoint, ...]:
    """Return the address that a host written as a number is; none for a name."""
    # The system's own idea of a number counts, for `127.1` and `0x7f000001` are addresses as well.
    try:
        return _ask(host, port, socket.AI_NUMERICHOST)
    except (OSError, ValueError):
        return ()


def _ask(host: str, port: int, flags: int) -> tuple[Endpoint, ...]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return tuple(Endpoint(family, str(address[0]), address) for family, _, _, _, address in found)  # type: ignore[arg-type]
