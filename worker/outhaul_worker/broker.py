"""The broker as Celery wants it told: its URL, what its transport must know, and its TLS."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from redis.backoff import NoBackoff
from redis.retry import Retry

from outhaul_config.server_url import ServerAddress, is_server_url

SOCKET_SECONDS = (
    2.5  # a server that hangs is waited for two or three times in a row before the worker looks for another
)
HEALTH_SECONDS = 3  # a connection on which nothing comes any more is given up after two or three times this
CONNECTIONS = 128  # with fewer, acknowledgements fail and messages repeat


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker. `tls` is None for plain connections; `waits_in_server` tells that Redis or Valkey keeps its queues."""

    url: str = field(repr=False)
    options: Mapping[str, Any] = field(repr=False, default_factory=dict)
    tls: Mapping[str, Any] | None = None
    waits_in_server: bool = False

    @classmethod
    def at(cls, url: str, namespace: str, *, patience: float = SOCKET_SECONDS) -> "Broker":
        """Word a broker's address for Celery.

        Args:
            url: an address as the ledger's, or any URL that Celery knows; `ssl_ca_certs`, `ssl_certfile` and
                `ssl_keyfile` go with `amqps://` too.
            namespace: what its keys begin with where a Redis or Valkey server keeps them.
            patience: seconds to wait for a connection or an answer.
        """
        if not is_server_url(url):
            return _foreign(url)
        address = ServerAddress.parse(url)
        options: dict[str, Any] = {
            "socket_timeout": patience,
            "socket_connect_timeout": patience,
            "socket_keepalive": True,
            "health_check_interval": HEALTH_SECONDS,
            "max_connections": CONNECTIONS,
            "global_keyprefix": f"{namespace}:celery:",
        }
        if address.service:
            options |= {"master_name": address.service, "sentinel_kwargs": _asking(address, patience)}
        return cls(_worded(address), options, address.tls, waits_in_server=True)


def _worded(address: ServerAddress) -> str:
    login = f"{quote(address.username, safe='')}:{quote(address.password, safe='')}@".removeprefix(":@")
    if address.path:
        return f"redis+socket://{login}{quote(address.path)}?virtual_host={address.db}"
    if address.service:
        return ";".join(f"sentinel://{login}{_joined(*each)}/{address.db}" for each in address.hosts)
    scheme = "redis" if address.tls is None else "rediss"
    return f"{scheme}://{login}{_joined(*address.hosts[0])}/{address.db}"


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _asking(address: ServerAddress, patience: float) -> dict[str, Any]:
    each = patience / 2 / len(address.hosts)
    waits = {"socket_connect_timeout": each, "socket_timeout": each}
    # Left alone, the client asks a Sentinel that is gone ten times more, with growing pauses, before it asks the next.
    once = {"retry": Retry(NoBackoff(), 0)}
    return {**waits, **once, **address.sentinel_login, **address.encryption}


def _foreign(url: str) -> Broker:
    parts = urlsplit(url)
    if parts.scheme != "amqps":
        return Broker(url)
    query = dict(parse_qsl(parts.query))
    files = {name: query[f"ssl_{name}"] for name in ("ca_certs", "certfile", "keyfile") if f"ssl_{name}" in query}
    checked = {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": parts.hostname}
    return Broker(parts._replace(query="").geturl(), tls={**files, **checked})
