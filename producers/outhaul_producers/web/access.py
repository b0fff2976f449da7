"""Who may do what: every request names an API key, or comes from this very machine where a site allows that."""

import ipaddress
from typing import cast
from urllib.parse import urlsplit

from flask import Request, g, request

from outhaul_ledger.keyring import Admission, Scope
from outhaul_producers.web.problems import Problem
from outhaul_producers.web.services import Services, services

_SCHEME = "bearer"
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_PASSED_ON = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="outhaul"'}

LOOPBACK = Admission("", "loopback", frozenset(Scope))
"""How a request without a key is let in that comes from this machine."""


def require(scope: Scope) -> Admission:
    """Let the current request in when it may do what `scope` names.

    Raises:
        Problem: there is no valid key, it does not allow this, or its allowance is used up.
        outhaul_ledger.errors.LedgerUnavailable: the keys cannot be read.
    """
    admission = _admitted(services())
    if scope not in admission.scopes:
        raise Problem("not-allowed", f"expected a key with the scope {scope}, got one with {_worded(admission)}")
    g.admission = admission
    return admission


def current() -> Admission:
    """Return how the current request was let in."""
    return cast("Admission", g.admission)


def _admitted(here: Services) -> Admission:
    given = request.headers.getlist("Authorization")
    if not given and here.open_loopback and is_local(request):
        return LOOPBACK
    scheme, _, presented = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != _SCHEME:
        raise Problem("unauthenticated", "expected one header Authorization: Bearer ohk_...", headers=_CHALLENGE)
    admission = here.keyring.admit(presented.strip())
    if admission is None:
        raise Problem("unauthenticated", "expected a key that is known and has not expired", headers=_CHALLENGE)
    if admission.wait_ms:
        seconds = str(-(-admission.wait_ms // 1000))
        raise Problem("too-many-requests", f"wait {admission.wait_ms} ms", headers={"Retry-After": seconds})
    return admission


def is_local(asked: Request) -> bool:
    """Say whether a request was made on this machine, by a program and not by a page in a browser.

    Only the address of the connection counts. A proxy on this machine has a loopback address too, and so has a browser
    that a page of another site makes ask: what such requests carry shows them.
    """
    if any(name in asked.headers for name in (*_PASSED_ON, "Origin")):
        return False
    try:
        peer = ipaddress.ip_address(asked.environ.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return peer.is_loopback and urlsplit(f"//{asked.headers.get('Host', '')}").hostname in _LOCAL_NAMES


def _worded(admission: Admission) -> str:
    return ", ".join(sorted(admission.scopes))
