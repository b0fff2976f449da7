"""What the answer to a trial tells, in words: what is right, what is wrong, and what to do."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from outhaul_ops.credentials import Credential
from outhaul_ops.trial import Outcome, Tried
from outhaul_worker.exchange import Fault

_UNANSWERED: Mapping[Fault, str] = {
    Fault.DNS: "Nothing was sent: the host has no address. Check how its name is spelt, and the name server.",
    Fault.BLOCKED_ADDRESS: (
        "Nothing was sent: the host is at an address that is not public. Outhaul goes there only when it is told to, as"
        " whoever can change a name could otherwise make it reach into your network. If the endpoint is meant to be"
        " there, set allow_private_addresses = true in the destination's table; if not, find out who changed the name."
    ),
    Fault.CONNECT: (
        "Nothing was sent: nobody takes connections there. Check host and port, whether the endpoint runs, and the"
        " firewalls on the way."
    ),
    Fault.CONNECT_TIMEOUT: (
        "Nothing was sent: no connection came about within {connect:g} s (timeout.connect). Check host and port, and"
        " the firewalls on the way: one that drops packets looks like this."
    ),
    Fault.TLS: (
        "Nothing was sent: no secure connection came about. The endpoint needs a certificate for this very host, not"
        " expired, from an authority this machine trusts, and its port has to speak TLS. Check the address against the"
        " certificate; checking certificates cannot be switched off."
    ),
    Fault.WRITE: "The connection ended before all was sent. Check the address, and what is on the way to it.",
    Fault.RESET: (
        "The request was sent, and the connection ended without an answer. The endpoint may have it all the same; ask"
        " its owner."
    ),
    Fault.READ_TIMEOUT: (
        "The request was sent, and no answer came within {total:g} s (timeout.total). The endpoint may have it all the"
        " same; if it is always so slow, raise the timeout."
    ),
    Fault.PROTOCOL: "What answers there does not speak HTTP. Check scheme and port of the address.",
}
_STATUSES: Mapping[int, str] = {
    404: "The endpoint answers, but knows nothing at this address. Check the address, and the ids that are part of it.",
    405: "The endpoint answers, but takes no POST at this address. Check the address.",
    408: "The endpoint did not get the request in the time it allows. Try again.",
    410: "The endpoint says that it is gone for good. Ask its owner for the new address, or remove the destination.",
    413: "The endpoint finds the request too large, though it is a small one. Ask its owner for the limit.",
    429: "The endpoint wants fewer requests just now. Try again later; nothing else is known to be wrong.",
}
_REDIRECTED = (
    "The endpoint sends us elsewhere{where}, and Outhaul follows no further. Find out whether that is right, and"
    " configure the address it leads to."
)
_FAILING = "The endpoint was reached and has a fault of its own. Ask its owner; nothing is known to be wrong here."
_DECLINED = "The endpoint was reached and refuses the request. What it says tells why."
_UNSENDABLE = "Nothing was sent: the request cannot be put into HTTP. Check the values that go into its head."
_UNCONVINCING = "The status is one of success, but what came with it is no yes."
_ACCEPTED = "The endpoint was reached and accepts the request: address and credentials are right, if it checks them."


def explain(tried: Tried, credentials: Sequence[Credential]) -> str:
    """Say in words what a trial shows and what to do about it.

    Args:
        tried: the trial.
        credentials: the destination's, to name those that may be wrong.
    """
    if tried.answer.fault is not None:
        return _silence(tried, tried.answer.fault)
    if tried.outcome is Outcome.ACCEPTED:
        return _ACCEPTED
    return _refusal(tried, credentials)


def _silence(tried: Tried, fault: Fault) -> str:
    if fault is Fault.PROTOCOL and not tried.answer.sent:
        return _UNSENDABLE
    limits = tried.request.timeout
    return _UNANSWERED[fault].format(connect=limits.connect, total=limits.total)


def _refusal(tried: Tried, credentials: Sequence[Credential]) -> str:
    status = tried.answer.status
    if status in (401, 403):
        return _rejected(credentials)
    if status in _STATUSES:
        return _STATUSES[status]
    classes = {2: _UNCONVINCING, 3: _REDIRECTED.format(where=_whereto(tried)), 5: _FAILING}
    return classes.get(status // 100, _DECLINED)


def _rejected(credentials: Sequence[Credential]) -> str:
    given = [each for each in credentials if each.given]
    if given:
        return f"The endpoint was reached and refuses the credentials. Check {', '.join(map(_named, given))}."
    left_out = ", ".join(each.option for each in credentials)
    hint = f" Options for them: {left_out}." if left_out else ""
    return f"The endpoint was reached and wants credentials, and none are configured.{hint}"


def _named(credential: Credential) -> str:
    taken_from = f" (from {', '.join(credential.variables)})" if credential.variables else ""
    return f"{credential.option}{taken_from}"


def _whereto(tried: Tried) -> str:
    location = urlsplit(tried.answer.headers.get("location", ""))
    return f", at {location.scheme}://{location.netloc}" if location.scheme and location.netloc else ""
