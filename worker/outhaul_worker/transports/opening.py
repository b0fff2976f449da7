"""Choosing a transport by name."""

from pathlib import Path

from outhaul_worker.transports.contract import Transport
from outhaul_worker.transports.requests_transport import RequestsTransport


def open_transport(name: str, window: int, ca_bundle: Path | None = None) -> Transport:
    """Make the transport a setting names, in the process that will use it.

    Args:
        name: `requests`, or `auto` for the best one installed.
        window: requests worked on at the same time, 1 to 10000.
        ca_bundle: PEM file of certificate authorities to trust beside the public ones.

    Raises:
        ValueError: no such transport, a window out of range, or no certificates in `ca_bundle`.
    """
    if not 1 <= window <= 10_000:
        raise ValueError(f"window: expected 1 to 10000 requests in flight, got {window}")
    if name == "curl":
        raise ValueError("transport: curl is not installed in this version; use requests, or auto")
    if name not in ("auto", "requests"):
        raise ValueError(f"transport: expected auto or requests, got {name!r}; set OUTHAUL_TRANSPORT to one of them")
    return RequestsTransport(window, ca_bundle)
