"""The address of the server that keeps the ledger: one server, or the Sentinels that know which one it is just now."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

SERVER_PORT = 6379
SENTINEL_PORT = 26379

EXPECTED = (
    "a server's URL: redis://host:port/db, rediss://host:port/db, unix:///path?db=0,"
    " or redis+sentinel://host:port,host:port/name/db"
)

_SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel")
_CREDENTIALS = ("username", "password")
_SENTINEL_CREDENTIALS = ("sentinel_username", "sentinel_password")
_ACCOUNTS = (*_CREDENTIALS, *_SENTINEL_CREDENTIALS)
_TLS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname")
_TRUTHS = {"true": True, "false": False}
_VERIFICATIONS = ("required", "none")

_VISIBLE = re.compile(r"[!-~]+")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_HOST = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[^\[\]:]+))(?::(?P<port>\d+))?")


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a server is and how to be let in.

    Args:
        hosts: `(host, port)` of the server, or of each Sentinel; none for a Unix socket.
        db: the number of the database.
        path: the Unix socket, or empty.
        service: the name Sentinels know the server by, or empty where there are none.
        username: of the account on the server, or empty.
        password: likewise.
        sentinel_username: of the account on the Sentinels, or empty.
        sentinel_password: likewise.
        tls: None for plain connections, else the `ssl_...` options as redis-py names them; for Sentinels too.
    """

    hosts: tuple[tuple[str, int], ...] = ()
    db: int = 0
    path: str = ""
    service: str = ""
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    sentinel_username: str = field(default="", repr=False)
    sentinel_password: str = field(default="", repr=False)
    tls: Mapping[str, Any] | None = None

    @classmethod
    def parse(cls, url: str) -> "ServerAddress":
        """Read an address as a setting gives it.

        Raises:
            ValueError: it is none; the text does not repeat it, as it may hold a password.
        """
        if not _VISIBLE.fullmatch(url) or not is_server_url(url):
            raise ValueError(EXPECTED)
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        login, _, hosts = parts.netloc.rpartition("@")
        user, _, password = login.partition(":")
        query |= {name: unquote(value) for name, value in zip(_CREDENTIALS, (user, password), strict=True) if value}
        secure = parts.scheme.startswith("rediss")
        _check_names(query, secure=secure, sentinel=parts.scheme.endswith("+sentinel"))
        accounts: dict[str, Any] = {name: query[name] for name in _ACCOUNTS if name in query}
        return cls(**_place(parts.scheme, hosts, parts.path, query), **accounts, tls=_tls(query) if secure else None)

    @property
    def login(self) -> dict[str, str]:
        """The account on the server, as redis-py names it."""
        return _login(self.username, self.password)

    @property
    def sentinel_login(self) -> dict[str, str]:
        """The account on the Sentinels, as redis-py names it."""
        return _login(self.sentinel_username, self.sentinel_password)

    @property
    def encryption(self) -> dict[str, Any]:
        """The TLS options, as redis-py names them; none for plain connections."""
        return {} if self.tls is None else {"ssl": True, **self.tls}


def is_server_url(url: str) -> bool:
    """Tell whether an address is of a Redis or Valkey server, whatever else is wrong with it."""
    return url.partition("://")[0] in _SCHEMES


def _check_names(query: Mapping[str, str], *, secure: bool, sentinel: bool) -> None:
    known = (
        "db",
        *_CREDENTIALS,
        *(_TLS if secure else ()),
        *(_SENTINEL_CREDENTIALS if sentinel else ()),
    )
    if not set(query) <= set(known):
        raise ValueError(EXPECTED)


def _place(scheme: str, hosts: str, path: str, query: Mapping[str, str]) -> dict[str, Any]:
    if scheme == "unix":
        if hosts or len(path) < 2:
            raise ValueError(EXPECTED)
        return {"path": unquote(path), "db": _number(query.get("db", "0"))}
    service, db = "", path.strip("/")
    if scheme.endswith("+sentinel"):
        service, _, db = db.partition("/")
        if not _NAME.fullmatch(service):
            raise ValueError(EXPECTED)
    default = SENTINEL_PORT if service else SERVER_PORT
    places = tuple(_host(each, default) for each in hosts.split(","))
    if len(places) > 1 and not service:
        raise ValueError(EXPECTED)
    return {"hosts": places, "service": service, "db": _number(query.get("db", db or "0"))}


def _host(text: str, default: int) -> tuple[str, int]:
    found = _HOST.fullmatch(text)
    port = int(found["port"] or default) if found else 0
    if not found or not 0 < port < 65_536:
        raise ValueError(EXPECTED)
    return unquote(found["v6"] or found["name"]), port


def _tls(query: Mapping[str, str]) -> Mapping[str, Any]:
    options: dict[str, Any] = {name: query[name] for name in _TLS if name in query}
    verification = options.setdefault("ssl_cert_reqs", "required")
    checks = _TRUTHS.get(options.get("ssl_check_hostname", "true"))
    if verification not in _VERIFICATIONS or checks is None:
        raise ValueError(EXPECTED)
    return MappingProxyType(options | {"ssl_check_hostname": checks and verification == "required"})


def _number(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(EXPECTED)
    return int(text)


def _login(username: str, password: str) -> dict[str, str]:
    return {name: value for name, value in (("username", username), ("password", password)) if value}
