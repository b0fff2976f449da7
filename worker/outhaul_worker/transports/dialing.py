"""Opening a TCP connection to an address that may be spoken to."""

import os
import socket
from contextlib import suppress

from outhaul_worker.exchange import Fault
from outhaul_worker.transports.addresses import why_refused
from outhaul_worker.transports.attempt import Attempt, AttemptFailed
from outhaul_worker.transports.names import Endpoint, Resolver, UnknownNameError


def dial(attempt: Attempt, resolver: Resolver, host: str, port: int) -> socket.socket:
    """Resolve, check and connect, all within the attempt's time for connecting.

    Raises:
        AttemptFailed: by stage: `dns`, `blocked_address`, `connect` or `connect_timeout`.
    """
    endpoints = _resolve(attempt, resolver, host, port)
    if not attempt.request.allow_private_addresses:
        endpoints = only_public(host, endpoints)
    return _connect(attempt, host, endpoints)


def _resolve(attempt: Attempt, resolver: Resolver, host: str, port: int) -> tuple[Endpoint, ...]:
    try:
        return resolver.endpoints(host, port, attempt.connect_time_left())
    except UnknownNameError as error:
        raise unknown(host, error) from None
    except TimeoutError:
        raise AttemptFailed(Fault.DNS, f"no address of {host} in time") from None


def only_public(host: str, endpoints: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
    """Return those of a host's addresses that anybody may be sent to.

    Raises:
        AttemptFailed: `blocked_address`, as there are none.
    """
    refused = {endpoint: why_refused(endpoint.ip) for endpoint in endpoints}
    public = tuple(endpoint for endpoint, reason in refused.items() if not reason)
    if not public:
        endpoint, reason = next(iter(refused.items()))
        raise blocked(host, endpoint.ip, reason)
    return public


def unknown(host: str, error: UnknownNameError) -> AttemptFailed:
    """The failure of a request whose host has no address."""
    return AttemptFailed(Fault.DNS, f"{host} has no address: {error}")


def blocked(host: str, ip: str, reason: str) -> AttemptFailed:
    """The failure of a request that may not go where its host is; the reason is that of `why_refused`."""
    hint = "only allow_private_addresses = true lets a destination be there"
    return AttemptFailed(Fault.BLOCKED_ADDRESS, f"{host} is at {ip} ({reason}); {hint}")


def _connect(attempt: Attempt, host: str, endpoints: tuple[Endpoint, ...]) -> socket.socket:
    problem = AttemptFailed(Fault.CONNECT_TIMEOUT, f"no connection to {host} in time")
    for tried, endpoint in enumerate(endpoints):
        with suppress(TimeoutError):
            # An address that swallows packets must leave time for the others.
            share = attempt.connect_time_left() / (len(endpoints) - tried)
            try:
                return _connect_to(attempt, endpoint, share)
            except TimeoutError:
                problem = AttemptFailed(Fault.CONNECT_TIMEOUT, f"{endpoint.ip} did not answer in time")
            except OSError as error:
                reason = os.strerror(error.errno) if error.errno else "connection failed"
                problem = AttemptFailed(Fault.CONNECT, f"{endpoint.ip}: {reason}")
    raise problem


def _connect_to(attempt: Attempt, endpoint: Endpoint, timeout: float) -> socket.socket:
    sock = socket.socket(endpoint.family, socket.SOCK_STREAM)
    try:
        attempt.works_on(sock)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(timeout)
        sock.connect(endpoint.address)
        sock.settimeout(attempt.connect_time_left())
    except BaseException:
        sock.close()
        raise
    return sock
