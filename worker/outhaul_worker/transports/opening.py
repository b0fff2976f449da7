"""Choosing a transport by name."""

import select
from pathlib import Path

from outhaul_worker.transports.contract import Transport
from outhaul_worker.transports.requests_transport import RequestsTransport

# A thread for each request in flight keeps the one small; the other needs 27 KB for each.
_WINDOWS = {"requests": 64, "curl": 1024}

_OLDEST_LIBCURL = 0x080A00
_INSTALL = "pip install 'outhaul[curl]'"


def usual_window(name: str) -> int:
    """Return how many requests a transport works on at the same time where nobody says.

    Raises:
        ValueError: no such transport.
    """
    return _WINDOWS[_choose(name)]


def open_transport(name: str, window: int, ca_bundle: Path | None = None) -> Transport:
    """Make the transport a setting names, in the process that will use it.

    Args:
        name: `requests`, `curl`, or `auto` for `curl` where it can be had and `requests` elsewhere.
        window: requests worked on at the same time, 1 to 10000.
        ca_bundle: PEM file of certificate authorities to trust beside the public ones.

    Raises:
        ValueError: no such transport, a window out of range, or no certificates in `ca_bundle`.
    """
    if not 1 <= window <= 10_000:
        raise ValueError(f"window: expected 1 to 10000 requests in flight, got {window}")
    if _choose(name) == "requests":
        return RequestsTransport(window, ca_bundle)
    # Imported where it is wanted, as pycurl comes with an extra.
    from outhaul_worker.transports.curl_transport import CurlTransport

    return CurlTransport(window, ca_bundle)


def _choose(name: str) -> str:
    if name not in ("auto", *_WINDOWS):
        raise ValueError(
            f"transport: expected auto, requests or curl, got {name!r}; set OUTHAUL_TRANSPORT to one of them"
        )
    if name == "requests":
        return name
    missing = _what_curl_misses()
    if name == "curl" and missing:
        raise ValueError(f"transport: curl needs {missing}; or take requests, or auto")
    return "requests" if missing else "curl"


def _what_curl_misses() -> str:
    """Say what the transport `curl` cannot do without and is not here; empty where nothing is missing."""
    if not hasattr(select, "epoll"):
        return "epoll, which only Linux has"
    try:
        import pycurl
    except ImportError:
        return f"pycurl, which is not installed ({_INSTALL})"
    found = pycurl.version_info()
    if found[2] < _OLDEST_LIBCURL or not hasattr(pycurl, "RESOLVER_START_FUNCTION"):
        return f"pycurl 7.47 with libcurl 8.10 at least, got {pycurl.version.split(' OpenSSL')[0]} ({_INSTALL})"
    return ""
