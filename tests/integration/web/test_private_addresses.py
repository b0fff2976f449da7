"""Where those who subscribe themselves cannot make Outhaul send requests to."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from integration.web.caller import Caller
from integration.web.site import Site, application
from integration.web.test_okanjo import Marketplace, told
from outhaul_ledger.keyring import Keyring, Scope
from outhaul_ledger.ledger import Ledger
from receiver import Receiver

INTERNAL = (
    "http://127.0.0.1:{}/in",
    "http://localhost:{}/in",
    "http://localhost.:{}/in",
    "http://127.1:{}/in",
    "http://2130706433:{}/in",
    "http://0x7f000001:{}/in",
    "http://017700000001:{}/in",
    "http://[::1]:{}/in",
    "http://[::ffff:127.0.0.1]:{}/in",
    "http://[64:ff9b::7f00:1]:{}/in",
    "http://169.254.169.254/latest/meta-data",
)
IMPOSSIBLE = (
    "ftp://127.0.0.1:{}/in",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{}/_x",
    "javascript:alert(1)",
    "//127.0.0.1:{}/in",
    "http://hooks.example@127.0.0.1:{}/in",
    "http://hooks.example:80@127.0.0.1:{}/in",
    "http://127.0.0.1:{}/in#@hooks.example",
    "http://127.0.0.1:99999/in",
    "http://hooks.example\\@127.0.0.1:{}/in",
    "http://hooks.example\r\nX: 1/",
    "http://127。0。0。1:{}/in",
    "http://",
    " ",
)


@pytest.fixture
def internal() -> Iterator[Receiver]:
    """A service of this machine that no subscriber may reach."""
    with Receiver() as running:
        yield running


@pytest.fixture
def guarded(ledger: Ledger) -> FlaskClient:
    """A client of a site whose subscribers are on the Internet."""
    site = Site()
    site.subscribers = replace(site.subscribers, allow_private_addresses=False)
    return application(ledger, site).test_client()


def test_a_subscription_reaches_no_address_behind_the_wall(
    guarded: FlaskClient, keyring: Keyring, internal: Receiver
) -> None:
    """However the address is written: its test event ends before a connection, and so do deliveries, sent the same."""
    caller = Caller(guarded, keyring.create("shop", Scope)[1])
    for url in INTERNAL:
        made = caller.send("POST", "/v1/subscriptions", json={"url": url.format(internal.port), "types": ["*"]})
        if made.status_code == 201:
            tried = caller.json("POST", f"/v1/subscriptions/{made.get_json()['name']}/test")
            assert (tried["outcome"], tried["status"]) == ("unanswered", 0), url
        else:
            assert made.status_code == 422, url
    for url in IMPOSSIBLE:
        given = {"url": url.format(internal.port), "types": ["*"]}
        assert caller.send("POST", "/v1/subscriptions", json=given).status_code == 422, url
    assert internal.connections == 0


def test_a_probe_reaches_no_address_behind_the_wall(guarded: FlaskClient, internal: Receiver) -> None:
    """The Okanjo API probes a URL while its caller waits; the answer is the same for whatever is behind the wall."""
    market = Marketplace(guarded)
    for url in (*INTERNAL, *IMPOSSIBLE):
        if url.strip():
            assert told(market.subscribe("*", url.format(internal.port))) == (400, "Invalid field webhook_url."), url
    assert internal.connections == 0
