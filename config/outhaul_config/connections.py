"""How clients of the ledger's server are built: no hidden retries, bounded waits, liveness checked."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


def open_client(url: str, timeout: float, *, max_connections: int = 512) -> redis.Redis:
    """Build a client that connects on first use; thread-safe, and safe to carry over a fork.

    A call either answers or raises within about `timeout` seconds: half of it for connecting, half for the answer. The
    client never repeats a command by itself; whoever calls knows whether that would be safe.

    Args:
        url: `redis://`, `rediss://` or `unix://` address of the server.
        timeout: the longest a call may take, in seconds.
        max_connections: the most connections this process opens.
    """
    client: redis.Redis = redis.Redis.from_url(
        url,
        socket_timeout=timeout / 2,
        socket_connect_timeout=timeout / 2,
        socket_keepalive=True,
        retry=Retry(NoBackoff(), 0),
        max_connections=max_connections,
        client_name="outhaul",
    )
    return client
