"""What libcurl's failures are in the words of all transports."""

import os

import pycurl

from outhaul_worker.exchange import Fault
from outhaul_worker.transports.attempt import AttemptFailed
from outhaul_worker.transports.curl_handle import Handle
from outhaul_worker.transports.dialing import blocked

# What pycurl has no names for.
_HTTP2_STREAM = 92

_BROKEN = frozenset(
    {
        pycurl.E_GOT_NOTHING,
        pycurl.E_PARTIAL_FILE,
        pycurl.E_RECV_ERROR,
        pycurl.E_SEND_ERROR,
        _HTTP2_STREAM,
        pycurl.E_HTTP2,
    }
)
_LONGEST = 200


def failure_of(handle: Handle, code: int, message: str) -> AttemptFailed:
    """Say by stage why a transfer ended without an answer.

    Args:
        handle: the transfer's.
        code: libcurl's, as in curl/curl.h.
        message: libcurl's own words, which hold neither payload nor secret.
    """
    if code == 0:
        return AttemptFailed(Fault.RESET, "connection closed during the answer")
    if not handle.begun:
        return _before(handle, code, message)
    if code == pycurl.E_OPERATION_TIMEDOUT:
        return _too_late(handle)
    if handle.wants_addresses or code == pycurl.E_SEND_FAIL_REWIND:
        # libcurl was about to repeat the request, so its time stamps speak of another connection.
        fault = Fault.RESET if handle.read else Fault.WRITE
        return AttemptFailed(fault, "the kept connection broke before the answer")
    if code in _BROKEN and not handle.sent:
        return AttemptFailed(Fault.WRITE, f"while the request was sent: {_broken(handle, message)}")
    # A chunk that cannot be read has the code of a broken connection.
    if code in _BROKEN and "chunk" not in message:
        return AttemptFailed(Fault.RESET, f"while the answer was read: {_broken(handle, message)}")
    return AttemptFailed(Fault.PROTOCOL, _words(message, code), sent=handle.sent)


def _before(handle: Handle, code: int, message: str) -> AttemptFailed:
    host = handle.target.host
    late = code == pycurl.E_OPERATION_TIMEDOUT
    if handle.blocked:
        return blocked(host, *handle.blocked)
    if handle.curl.getinfo(pycurl.CONNECT_TIME) > 0:
        if handle.target.scheme == "https":
            words = f"no TLS handshake with {host} in time"
            return AttemptFailed(Fault.TLS, words if late else f"TLS handshake with {host}: {_words(message, code)}")
        return AttemptFailed(Fault.WRITE, f"before the request was sent: {_broken(handle, message)}")
    if late:
        return AttemptFailed(Fault.CONNECT_TIMEOUT, f"{handle.dialled or host} did not answer in time")
    if code == pycurl.E_COULDNT_CONNECT:
        return AttemptFailed(Fault.CONNECT, f"{handle.dialled}: {_system(handle) or 'connection failed'}")
    return AttemptFailed(Fault.PROTOCOL, _words(message, code), sent=False)


def _too_late(handle: Handle) -> AttemptFailed:
    if not handle.sent:
        return AttemptFailed(Fault.WRITE, "the endpoint did not take the request in time")
    if handle.status == 101:
        return AttemptFailed(Fault.PROTOCOL, "the endpoint switched to another protocol unasked")
    return AttemptFailed(Fault.READ_TIMEOUT, "no complete answer in time")


def _broken(handle: Handle, message: str) -> str:
    return _system(handle) or _words(message, 0)


def _system(handle: Handle) -> str:
    number: int = handle.curl.getinfo(pycurl.OS_ERRNO)
    return os.strerror(number).lower() if number else ""


def _words(message: str, code: int) -> str:
    return message[:_LONGEST] or f"libcurl's error {code}"
