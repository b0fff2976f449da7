"""What goes over the wire in an attempt and what comes of it: shared by transports, destinations and the pipeline."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from outhaul_config.policy import Timeout

ANSWER_LIMIT = 64 * 1024


class Fault(StrEnum):
    """Why an attempt has no HTTP answer, by the stage that failed."""

    DNS = "dns"
    BLOCKED_ADDRESS = "blocked_address"
    CONNECT = "connect"
    CONNECT_TIMEOUT = "connect_timeout"
    TLS = "tls"
    WRITE = "write"
    RESET = "reset"
    READ_TIMEOUT = "read_timeout"
    PROTOCOL = "protocol"


class Request(NamedTuple):
    """One HTTP POST, ready to send: authenticated, signed, with its own limits.

    `redirects` is how many redirects (301, 302, 303) may be followed, each by the same POST with the same headers: only
    for kinds whose contract says so, and that send no credential along.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout: Timeout = Timeout()
    allow_private_addresses: bool = False
    redirects: int = 0


class Answer(NamedTuple):
    """What came of a request: a status with headers and body, or the fault that prevented one.

    `sent` is true when the endpoint may have received the whole request. Header names are lower case. The body is cut
    at 64 KiB. `detail` explains a fault in words without payload or secret.
    """

    status: int = 0
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes = b""
    fault: Fault | None = None
    detail: str = ""
    sent: bool = True
    duration_ms: float = 0.0

    @property
    def ambiguous(self) -> bool:
        """True when the request may have been processed but no answer says so."""
        return self.fault is not None and self.sent
