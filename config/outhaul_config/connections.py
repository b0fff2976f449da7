"""How clients of the ledger's server are built: no hidden retries, bounded waits, liveness checked."""

from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import MasterNotFoundError, Sentinel

from outhaul_config.server_url import ServerAddress


def open_client(url: str, timeout: float, *, max_connections: int = 512) -> redis.Redis:
    """Build a client that connects on first use; thread-safe, and safe to carry over a fork.

    A call either answers or raises within about `timeout` seconds: half of it for connecting, half for the answer. The
    client never repeats a command by itself; whoever calls knows whether that would be safe. Through Sentinels, every
    new connection goes to the server that is the primary by then.

    Args:
        url: as `ServerAddress` reads it.
        timeout: the longest a call may take, in seconds.
        max_connections: the most connections this process opens.

    Raises:
        ValueError: the address is none.
    """
    address = ServerAddress.parse(url)
    options = {
        **_waits(timeout / 2, timeout / 2),
        **address.login,
        **address.encryption,
        "db": address.db,
        "max_connections": max_connections,
        "client_name": "outhaul",
    }
    if address.service:
        return _find_primary(address, timeout, options)
    if address.path:
        return redis.Redis(unix_socket_path=address.path, **options)
    ((host, port),) = address.hosts
    return redis.Redis(host, port, **options)


def _find_primary(address: ServerAddress, timeout: float, options: dict[str, Any]) -> redis.Redis:
    """Build the client that asks the Sentinels first: a quarter of the time is theirs, another is for connecting."""
    patience = timeout / 4 / len(address.hosts)
    asking = {**_waits(patience, patience), **address.sentinel_login, **address.encryption}
    sentinels = _Sentinels(address.hosts, sentinel_kwargs=asking)  # type: ignore[no-untyped-call] # has no types
    options |= {"socket_connect_timeout": timeout / 4}
    client: redis.Redis = sentinels.master_for(address.service, **options)  # type: ignore[no-untyped-call] # likewise
    return client


class _Sentinels(Sentinel):
    """Sentinels whose error is fit to be read."""

    def discover_master(self, service_name: str) -> tuple[str, int]:
        try:
            found: tuple[str, int] = super().discover_master(service_name)  # type: ignore[no-untyped-call] # has no types
        except MasterNotFoundError as error:
            asked = ", ".join("{host}:{port}".format_map(each.get_connection_kwargs()) for each in self.sentinels)
            reasons = str(error).partition(" : ")[2].rpartition(" - ")[2] or "they answer, and know none that is up"
            raise MasterNotFoundError(f"no primary {service_name} found by the Sentinels {asked}: {reasons}") from error
        return found


def _waits(connecting: float, answering: float) -> dict[str, Any]:
    return {
        "socket_connect_timeout": connecting,
        "socket_timeout": answering,
        "socket_keepalive": True,
        "retry": Retry(NoBackoff(), 0),
    }
