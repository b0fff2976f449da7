"""Which request targets are read at all: those that whoever stands in front of the API can only read the same way.

A proxy that guards an address must not be passed by another spelling of it.
"""

from urllib.parse import urlsplit

from flask import request

from outhaul_producers.web.problems import Problem


def refuse_ambiguous_targets() -> None:
    """Refuse the current request where its target, or its host, can be read in more than one way.

    Raises:
        Problem: there is an empty segment, a fragment, another host than the one that is named, or none at all.
    """
    host, target = request.environ.get("HTTP_HOST"), request.environ.get("RAW_URI", "")
    if host is None and request.environ.get("SERVER_PROTOCOL") != "HTTP/1.0":
        raise Problem("invalid-request", "expected a Host header (RFC 9112, 3.2), got none")
    if "#" in target:
        raise Problem("invalid-request", "expected a target without a fragment (RFC 9112, 3.2), got one with '#'")
    if target[:1] != "/" and urlsplit(target).netloc.lower() != (host or "").lower():
        raise Problem("invalid-request", "expected a target of the host that the Host header names, got another's")
    if "//" in request.environ.get("PATH_INFO", ""):
        raise Problem("not-found", "expected an address without empty segments, got one with '//'")
