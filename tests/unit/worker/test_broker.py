"""How a broker's address is told to Celery."""

import ssl

import pytest

from outhaul_worker.broker import Broker


@pytest.mark.parametrize(
    ("url", "worded"),
    [
        ("redis://h:1/2", "redis://h:1/2"),
        ("redis://u:p%40w@h", "redis://u:p%40w@h:6379/0"),
        ("redis://:p@[::1]:7", "redis://:p@[::1]:7/0"),
        ("rediss://h:1/2?ssl_ca_certs=/ca.pem", "rediss://h:1/2"),
        ("unix:///run/s.sock", "redis+socket:///run/s.sock?virtual_host=0"),
        ("unix://u:p@/run/s.sock?db=3", "redis+socket://u:p@/run/s.sock?virtual_host=3"),
        ("unix:///run/s.sock?password=p%2Fw", "redis+socket://:p%2Fw@/run/s.sock?virtual_host=0"),
        ("redis+sentinel://:p@h,i:2/shop/4", "sentinel://:p@h:26379/4;sentinel://:p@i:2/4"),
        ("amqp://guest:guest@mq.example//", "amqp://guest:guest@mq.example//"),
    ],
)
def test_every_address_is_worded_as_its_transport_reads_it(url: str, worded: str) -> None:
    """What has no place in Celery's address is left to the options."""
    assert Broker.at(url, "outhaul").url == worded


def test_sentinels_are_told_by_options() -> None:
    """The name of the service, and the account and TLS for the Sentinels themselves."""
    broker = Broker.at("rediss+sentinel://:p@h,i/shop?sentinel_password=s&ssl_ca_certs=/ca.pem", "outhaul")
    tls = {"ssl_ca_certs": "/ca.pem", "ssl_cert_reqs": "required", "ssl_check_hostname": True}
    assert broker.tls == tls
    assert broker.options["master_name"] == "shop"
    asking = broker.options["sentinel_kwargs"]
    assert {name: asking[name] for name in ("password", "ssl", *tls)} == {"password": "s", "ssl": True, **tls}


def test_a_server_keeps_the_brokers_keys_under_the_namespace() -> None:
    """Installations that share a database do not take each other's messages, and one pattern of keys allows all."""
    assert Broker.at("redis://h", "shop").options["global_keyprefix"] == "shop:celery:"


def test_tls_of_another_broker_verifies_its_name() -> None:
    """RabbitMQ over TLS takes the same parameters, and they do not reach its own address."""
    broker = Broker.at("amqps://u:p@mq.example//?ssl_ca_certs=/ca.pem", "outhaul")
    assert broker.url == "amqps://u:p@mq.example//"
    assert broker.tls == {"ca_certs": "/ca.pem", "cert_reqs": ssl.CERT_REQUIRED, "server_hostname": "mq.example"}
    assert broker.options == {}


def test_a_broker_does_not_show_its_passwords() -> None:
    """Not in a log line either."""
    assert "hunter" not in repr(Broker.at("redis+sentinel://:hunter@h/shop?sentinel_password=hunter2", "outhaul"))
