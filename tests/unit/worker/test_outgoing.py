"""Taking URLs apart, quickly where there is nothing to escape."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests import PreparedRequest

from outhaul_worker.transports.attempt import AttemptFailed
from outhaul_worker.transports.outgoing import target_of

LETTERS = "ab0.-_~!$&'()*+,;=:@%/?# é"
HOSTS = st.sampled_from(["hooks.example", "127.0.0.1", "a", "a-b.example.", "0x7f.1", "x..y", "10.1"])
PORTS = st.sampled_from(["", ":80", ":443", ":8080", ":65535", ":65536", ":0", ":080"])
URLS = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "https"]),
    HOSTS,
    PORTS,
    st.one_of(st.just(""), st.text(LETTERS, max_size=12).map("/{}".format), st.text(LETTERS, max_size=6)),
)


@given(URLS)
def test_every_url_means_what_it_means_to_requests(url: str) -> None:
    """The short way for plain URLs gives what the long way gives, to the last character."""
    expected = PreparedRequest()
    try:
        target = target_of(url)
    except AttemptFailed:
        return
    expected.prepare_url(url, None)
    assert (target.url, target.path) == (expected.url, expected.path_url)
    parts = urlsplit(target.url)
    usual = {"http": 80, "https": 443}[parts.scheme]
    assert (target.scheme, target.host, target.port) == (parts.scheme, parts.hostname, parts.port or usual)
    assert target.host_header == (target.host if target.port == usual else f"{target.host}:{target.port}")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://hooks.example", "/"),
        ("https://hooks.example:8443/in/v1.2/a?x=1&y=%20", "/in/v1.2/a?x=1&y=%20"),
        ("https://hooks.example/a/../b", "/b"),
        ("https://hooks.example/a/./b?", "/a/b"),
    ],
)
def test_a_path_is_put_in_order(url: str, path: str) -> None:
    """Dots that lead nowhere, and a query of nothing, are left out."""
    assert target_of(url).path == path


@pytest.mark.parametrize("url", ["http://hooks.example:65536/", "http://hooks.example:99999"])
def test_a_port_that_cannot_be_is_refused(url: str) -> None:
    """The short way refuses what the long way refuses."""
    with pytest.raises(AttemptFailed, match="URL"):
        target_of(url)
