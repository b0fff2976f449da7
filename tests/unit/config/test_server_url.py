"""How the address of the ledger's server is read."""

import pytest

from outhaul_config.server_url import ServerAddress


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://h", ServerAddress((("h", 6379),))),
        ("redis://u%40x:p%2Fw@h:1/2", ServerAddress((("h", 1),), 2, username="u@x", password="p/w")),
        ("redis://:p@[::1]:7?db=3", ServerAddress((("::1", 7),), 3, password="p")),
        ("unix:///run/s.sock?db=3", ServerAddress(db=3, path="/run/s.sock")),
        ("unix://u:p@/run/s.sock", ServerAddress(path="/run/s.sock", username="u", password="p")),
        ("unix:///s?username=u&password=p%2Fw", ServerAddress(path="/s", username="u", password="p/w")),
        ("redis+sentinel://h/shop", ServerAddress((("h", 26379),), service="shop")),
        (
            "redis+sentinel://u:p@h:1,i:2/shop/4?sentinel_username=su&sentinel_password=s%26p",
            ServerAddress((("h", 1), ("i", 2)), 4, "", "shop", "u", "p", "su", "s&p"),
        ),
    ],
)
def test_every_form_is_read(url: str, address: ServerAddress) -> None:
    """One server, a socket, or Sentinels; accounts and database wherever they stand."""
    assert ServerAddress.parse(url) == address


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("", {"ssl_cert_reqs": "required", "ssl_check_hostname": True}),
        (
            "?ssl_ca_certs=/ca.pem&ssl_certfile=/me.pem&ssl_keyfile=/me.key",
            {
                "ssl_cert_reqs": "required",
                "ssl_check_hostname": True,
                "ssl_ca_certs": "/ca.pem",
                "ssl_certfile": "/me.pem",
                "ssl_keyfile": "/me.key",
            },
        ),
        ("?ssl_check_hostname=false", {"ssl_cert_reqs": "required", "ssl_check_hostname": False}),
        ("?ssl_cert_reqs=none", {"ssl_cert_reqs": "none", "ssl_check_hostname": False}),
    ],
)
def test_tls_verifies_unless_told_otherwise(query: str, options: dict[str, object]) -> None:
    """The options are redis-py's; Sentinels have the same form."""
    for url in (f"rediss://h/0{query}", f"rediss+sentinel://h,i/shop/0{query}"):
        assert ServerAddress.parse(url).tls == options


@pytest.mark.parametrize(
    "url",
    [
        "http://h",
        "redis://",
        "redis://h:70000",
        "redis://h:0",
        "redis://h,i/0",
        "redis://h/x",
        "redis://h/0?ssl_ca_certs=/ca.pem",
        "redis://h/0?sentinel_password=p",
        "rediss://h/0?ssl_ca_cert=/ca.pem",
        "rediss://h/0?ssl_cert_reqs=optional",
        "rediss://h/0?ssl_check_hostname=maybe",
        "redis+sentinel://h,i",
        "redis+sentinel://h,/shop",
        "redis+sentinel://h/shop/x",
        "unix://",
        "unix://host/path",
        "redis://h/0?db",
    ],
)
def test_what_would_be_misunderstood_is_refused(url: str) -> None:
    """A parameter that does not belong there, or is misspelt, would silently do nothing."""
    with pytest.raises(ValueError, match="redis"):
        ServerAddress.parse(url)


def test_an_address_does_not_show_its_passwords() -> None:
    """Whatever prints it, by design or in a traceback."""
    address = ServerAddress.parse("redis+sentinel://outer:inner@h/shop?sentinel_username=guard&sentinel_password=gate")
    assert [secret for secret in ("outer", "inner", "guard", "gate") if secret in repr(address)] == []
