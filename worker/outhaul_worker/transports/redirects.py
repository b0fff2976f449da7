"""Where a redirect leads, for the requests that may follow one."""

from collections.abc import Mapping
from urllib.parse import urldefrag, urljoin

from outhaul_worker.exchange import Request
from outhaul_worker.transports.attempt import AttemptFailed
from outhaul_worker.transports.outgoing import target_of

_FOLLOWED = frozenset({301, 302, 303})


def onward(request: Request, status: int, headers: Mapping[str, str]) -> Request | None:
    """The request to send where an answer redirects to, with one redirect less to follow; None where the answer stands.

    Args:
        request: what was answered.
        status: of the answer.
        headers: of the answer, names in lower case.
    """
    location = headers.get("location", "")
    if not request.redirects or status not in _FOLLOWED or not location:
        return None
    try:
        url = urldefrag(urljoin(request.url, location)).url
        schemes = target_of(request.url).scheme, target_of(url).scheme
    except (ValueError, AttemptFailed):
        return None
    return None if schemes == ("https", "http") else request._replace(url=url, redirects=request.redirects - 1)
