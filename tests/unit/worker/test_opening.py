"""Choosing a transport by its name."""

from pathlib import Path

import pytest

from outhaul_worker.transports import open_transport


@pytest.mark.parametrize("name", ["auto", "requests"])
def test_a_known_name_opens_a_transport(name: str) -> None:
    """Both the default and the explicit name work without any extra installed."""
    transport = open_transport(name, window=1)
    assert transport.in_flight == 0
    transport.close()


@pytest.mark.parametrize(
    ("name", "window", "words"),
    [
        ("curl", 64, "curl is not installed in this version; use requests"),
        ("request", 64, "expected auto or requests, got 'request'"),
        ("", 64, "OUTHAUL_TRANSPORT"),
        ("auto", 0, "expected 1 to 10000 requests in flight, got 0"),
        ("auto", 10_001, "got 10001"),
    ],
)
def test_a_choice_that_cannot_be_had_says_what_can(name: str, window: int, words: str) -> None:
    """The message tells what to write instead."""
    with pytest.raises(ValueError, match=words):
        open_transport(name, window)


def test_a_bundle_without_certificates_is_refused_at_once(tmp_path: Path) -> None:
    """A wrong path shows at the start of a worker and not at the first delivery."""
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    for path in (tmp_path / "missing.pem", empty):
        with pytest.raises(ValueError, match=f"expected a file with PEM certificates, got {path}"):
            open_transport("auto", 1, ca_bundle=path)
