"""What reaches the endpoint."""

from importlib.metadata import version

import pytest

from integration.transports.client import Client, to
from outhaul_worker.exchange import Fault
from receiver import Receiver

HEADERS = {
    "Content-Type": "application/json; charset=UTF-8",
    "webhook-id": "evt_1",
    "X-Token": "t0k en",
    "x-EVENT-type": "orders/create",
    "X-Latin": "Müller",
}


def test_body_and_headers_arrive_exactly_as_given(client: Client, receiver: Receiver) -> None:
    """Signed bytes stay what they are, and names keep their spelling."""
    body = bytes(range(256)) * 16
    client.send(to(receiver.url, body, HEADERS))
    (request,) = receiver.requests
    assert (request.method, request.body) == ("POST", body)
    assert set(HEADERS.items()) <= set(request.header_lines)


def test_a_request_carries_its_length_and_the_name_of_its_sender(client: Client, receiver: Receiver) -> None:
    """Nothing but Host, Content-Length, User-Agent and Accept-Encoding is added."""
    client.send(to(receiver.url, b"12345", {"X-Only": "1"}))
    assert receiver.requests[0].headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "content-length": "5",
        "user-agent": f"Outhaul/{version('outhaul')}",
        "accept-encoding": "identity",
        "x-only": "1",
    }


def test_a_sender_s_own_name_replaces_the_default(client: Client, receiver: Receiver) -> None:
    """A User-Agent that is given is the only one."""
    client.send(to(receiver.url, b"{}", {"user-agent": "Shop/1"}))
    lines = receiver.requests[0].header_lines
    assert [value for name, value in lines if name.lower() == "user-agent"] == ["Shop/1"]


def test_an_empty_body_is_announced_as_empty(client: Client, receiver: Receiver) -> None:
    """A POST without content says so instead of leaving it open."""
    client.send(to(receiver.url, b""))
    assert receiver.requests[0].headers["content-length"] == "0"


def test_a_large_body_arrives_whole(client: Client, receiver: Receiver) -> None:
    """More than a socket buffer holds is sent in pieces and not cut."""
    body = b"0123456789abcdef" * 500_000
    assert client.send(to(receiver.url, body)).status == 200
    assert receiver.requests[0].body == body


def test_path_and_query_arrive_as_in_the_url(client: Client, receiver: Receiver) -> None:
    """Ids in the query survive, what URLs cannot hold is escaped, and the fragment stays here."""
    client.send(to(f"{receiver.url}/a%2Fb/é?storeId=AB%20C&x=1#part"))
    (request,) = receiver.requests
    assert (request.path, request.query) == ("/a%2Fb/%C3%A9", "storeId=AB%20C&x=1")


def test_credentials_and_proxies_of_the_environment_are_not_used(
    client: Client, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a developer's shell sets has no say in where an event goes."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert client.send(to(receiver.url)).status == 200


@pytest.mark.parametrize(
    "headers",
    [{"X-A": "secret\r\nX-B: 1"}, {"X-A": "secret\0"}, {"X A": "secret"}, {"": "secret"}, {"X-A": "secret€"}],
)
def test_a_header_http_cannot_carry_is_a_fault_before_sending(
    client: Client, receiver: Receiver, headers: dict[str, str]
) -> None:
    """No value can smuggle in a second header, and the fault does not repeat the value."""
    answer = client.send(to(receiver.url, b"{}", headers))
    assert (answer.fault, answer.sent, answer.status) == (Fault.PROTOCOL, False, 0)
    assert "secret" not in answer.detail
    assert receiver.count == 0


@pytest.mark.parametrize(
    "url",
    [
        "ftp://hooks.example/in",
        "hooks.example/in",
        "http:///in",
        "http://127.0.0.1:port/in",
        "http://user:s3cret@127.0.0.1/in",
        "http://s3cret@127.0.0.1/in",
        "http://a b/s3cret",
        "http://hooks.example:80@127.0.0.1/s3cret",
        "http://①②⑦.⓪.⓪.①/in",
        "http://127。0。0。1/in",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "dict://127.0.0.1:6379/FLUSHALL",
        "unix:///run/server.sock",
        "//127.0.0.1/in",
        "",
    ],
)
def test_a_url_that_cannot_be_used_is_a_fault_before_sending(client: Client, url: str) -> None:
    """A mistake in a URL ends as an answer like any other, and the URL is not repeated."""
    answer = client.send(to(url))
    assert (answer.fault, answer.sent) == (Fault.PROTOCOL, False)
    assert "s3cret" not in answer.detail
    assert "URL" in answer.detail
