"""Putting a request into the bytes of HTTP/1.1."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from urllib.parse import urlsplit

from requests import PreparedRequest, RequestException
from requests.structures import CaseInsensitiveDict

from outhaul_worker.exchange import Fault, Request
from outhaul_worker.transports.attempt import AttemptFailed

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_LINE = re.compile(rf"{_NAME.pattern}: [^\0\r\n]*\r\n")
USER_AGENT = f"Outhaul/{version('outhaul')}"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65535
# Of the characters only those that stand for themselves, and no segment that begins with a dot.
_SEGMENT = r"(?!\.)[A-Za-z0-9._~!$&'()*+,;=:@-]*"
_PLAIN = re.compile(
    rf"(https?)://([a-z0-9][a-z0-9.-]*)(?::([1-9][0-9]{{0,4}}))?"
    rf"(?:((?:/{_SEGMENT})+)(\?[A-Za-z0-9._~!$&'()*+,;=:@/?-]+)?)?"
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads: the connection it needs, and what the request says about itself."""

    url: str
    scheme: str
    host: str
    port: int
    path: str
    host_header: str


class Prepared(PreparedRequest):
    """A POST that needs no further preparation, with its URL taken apart."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self.target = target_of(request.url)
        self.method = "POST"
        self.url = self.target.url
        self.headers = CaseInsensitiveDict({"Host": self.target.host_header, "User-Agent": USER_AGENT})
        self.headers.update(request.headers)
        self.headers["Accept-Encoding"] = "identity"
        self.headers["Content-Length"] = str(len(request.body))
        self.body = request.body


@lru_cache(maxsize=4096)
def target_of(url: str) -> Target:
    """Take a URL apart; international names become ASCII, other characters are escaped.

    Raises:
        AttemptFailed: this is no http(s) URL with a host, or it holds credentials.
    """
    return _plain(url) or _prepared(url)


def _plain(url: str) -> Target | None:
    # Most URLs have nothing to escape or to put in order, which is dear where there are more than are remembered.
    match = _PLAIN.fullmatch(url)
    if not match:
        return None
    scheme, host, port, path, query = match.groups("")
    number = int(port or _DEFAULT_PORTS[scheme])
    if number > _LAST_PORT:
        return None
    usual = number == _DEFAULT_PORTS[scheme]
    path = (path or "/") + query
    origin = f"{scheme}://{host}:{port}" if port else f"{scheme}://{host}"
    return Target(origin + path, scheme, host, number, path, host if usual else f"{host}:{number}")


def _prepared(url: str) -> Target:
    prepared = PreparedRequest()
    try:
        prepared.prepare_url(url, None)
        parts = urlsplit(prepared.url or "")
        usual = _DEFAULT_PORTS[parts.scheme]
        port = parts.port or usual
    except (RequestException, ValueError, KeyError):
        raise _unusable("is not an http or https URL with a host") from None
    if not parts.hostname:
        raise _unusable("has no host")
    if "@" in parts.netloc:
        raise _unusable("holds credentials, which belong in a header")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    host_header = host if port == usual else f"{host}:{port}"
    return Target(prepared.url or "", parts.scheme, parts.hostname, port, prepared.path_url, host_header)


def encode_head(path: str, headers: Mapping[str, str]) -> bytes:
    """Return request line and headers of a POST, up to and with the blank line.

    Raises:
        AttemptFailed: a header cannot be sent in HTTP; its value is not repeated.
    """
    return b"POST %b HTTP/1.1\r\n%b\r\n" % (path.encode("latin-1"), encode_headers(headers))


def encode_headers(headers: Mapping[str, str]) -> bytes:
    """Return the lines of headers.

    Raises:
        AttemptFailed: a header cannot be sent in HTTP; its value is not repeated.
    """
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    text = "".join(lines)
    # A value that brings a line or a part of one along shows in the counts, which take less than a look at each value.
    breaks = text.count("\r") == text.count("\n") == len(lines)
    if not breaks or "\0" in text or not _are_names(tuple(headers)):
        bad = next(name for name, line in zip(headers, lines, strict=True) if not _LINE.fullmatch(line))
        raise AttemptFailed(Fault.PROTOCOL, f"header {bad!r} cannot be sent in HTTP", sent=False)
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        detail = "a header holds characters outside Latin-1, which HTTP cannot carry"
        raise AttemptFailed(Fault.PROTOCOL, detail, sent=False) from None


@lru_cache(maxsize=1024)
def _are_names(names: tuple[str, ...]) -> bool:
    return all(map(_NAME.fullmatch, names))


def _unusable(problem: str) -> AttemptFailed:
    return AttemptFailed(Fault.PROTOCOL, f"the destination's URL {problem}", sent=False)
