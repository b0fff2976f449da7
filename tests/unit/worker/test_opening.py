"""Choosing a transport by its name."""

import sys
from pathlib import Path

import pycurl
import pytest

from outhaul_worker.transports import open_transport, usual_window
from outhaul_worker.transports.curl_transport import CurlTransport
from outhaul_worker.transports.requests_transport import RequestsTransport


@pytest.mark.parametrize(
    ("name", "kind", "window"),
    [("auto", CurlTransport, 1024), ("curl", CurlTransport, 1024), ("requests", RequestsTransport, 64)],
)
def test_a_known_name_opens_a_transport(name: str, kind: type, window: int) -> None:
    """The default is libcurl where it is installed; each transport has a window of its own size."""
    transport = open_transport(name, 1)
    assert (type(transport), transport.in_flight, usual_window(name)) == (kind, 0, window)
    transport.close()


def test_without_pycurl_auto_is_requests_and_curl_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever did not ask for libcurl need not have it; whoever did learns the command."""
    monkeypatch.setitem(sys.modules, "pycurl", None)
    transport = open_transport("auto", 1)
    assert isinstance(transport, RequestsTransport)
    assert usual_window("auto") == 64
    transport.close()
    with pytest.raises(ValueError, match=r"pycurl, which is not installed \(pip install 'outhaul\[curl\]'\)"):
        open_transport("curl", 1)


def test_a_pycurl_that_is_too_old_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the transport relies on came with certain versions."""
    monkeypatch.setattr(pycurl, "version_info", lambda: (0, "8.5.0", 0x080500))
    with pytest.raises(ValueError, match=r"pycurl 7\.47 with libcurl 8\.10 at least"):
        open_transport("curl", 1)


def test_a_system_without_epoll_has_no_curl(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere than on Linux requests does the work."""
    monkeypatch.delattr("select.epoll")
    with pytest.raises(ValueError, match="epoll, which only Linux has; or take requests"):
        open_transport("curl", 1)


@pytest.mark.parametrize(
    ("name", "window", "words"),
    [
        ("request", 64, "expected auto, requests or curl, got 'request'"),
        ("", 64, "OUTHAUL_TRANSPORT"),
        ("auto", 0, "expected 1 to 10000 requests in flight, got 0"),
        ("auto", 10_001, "got 10001"),
    ],
)
def test_a_choice_that_cannot_be_had_says_what_can(name: str, window: int, words: str) -> None:
    """The message tells what to write instead."""
    with pytest.raises(ValueError, match=words):
        open_transport(name, window)


@pytest.mark.parametrize("name", ["requests", "curl"])
def test_a_bundle_without_certificates_is_refused_at_once(tmp_path: Path, name: str) -> None:
    """A wrong path shows at the start of a worker and not at the first delivery."""
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    for path in (tmp_path / "missing.pem", empty):
        with pytest.raises(ValueError, match=f"expected a file with PEM certificates, got {path}"):
            open_transport(name, 1, ca_bundle=path)
