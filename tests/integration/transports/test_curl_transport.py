"""What only the transport on libcurl has to prove."""

import resource
from collections.abc import Iterator
from pathlib import Path

import pycurl
import pytest

from integration.transports.client import Client, to
from outhaul_worker.exchange import Answer, Fault
from outhaul_worker.transports import curl_handle, curl_loop, open_transport
from outhaul_worker.transports.curl_loop import Finished, Loop, Multi
from receiver import Authority, Hang, Ok, Receiver
from receiver.http2 import Http2Receiver, goaway, reset


@pytest.fixture
def client(authority: Authority) -> Iterator[Client]:
    """A client with a large window that trusts the tests' authority."""
    transport = open_transport("curl", 200, authority.ca_file)
    yield Client(transport)
    transport.close()


def send_all(client: Client, url: str, count: int) -> list[Answer]:
    """Send many requests at once and return their answers."""
    for number in range(count):
        client.transport.submit(number, to(url, total=5.0))
    return list(client.collect(count).values())


def test_requests_share_one_connection_where_the_endpoint_speaks_http_2(client: Client, authority: Authority) -> None:
    """The first connection is waited for, and carries all requests at once."""
    with Http2Receiver(authority.server_context("127.0.0.1"), after=0.2) as receiver:
        answers = send_all(client, receiver.url, 80)
        assert {(answer.status, answer.body) for answer in answers} == {(200, b"ok")}
        assert (receiver.connections, receiver.count) == (1, 80)
        assert receiver.most_at_once == 80


def test_an_http_2_connection_is_kept_for_the_next_request(client: Client, authority: Authority) -> None:
    """The handshake is paid for once."""
    with Http2Receiver(authority.server_context("127.0.0.1")) as receiver:
        assert [client.send(to(receiver.url)).status for _ in range(5)] == [200] * 5
        assert (receiver.connections, receiver.count) == (1, 5)


def test_a_kept_http_2_connection_the_endpoint_has_closed_is_replaced(client: Client, authority: Authority) -> None:
    """An idle connection that ends costs neither a fault nor a second request."""
    with Http2Receiver(authority.server_context("127.0.0.1")) as receiver:
        assert client.send(to(receiver.url)).status == 200
        receiver.hang_up()
        assert client.send(to(receiver.url)).status == 200
        assert (receiver.connections, receiver.count) == (2, 2)


@pytest.mark.parametrize("reply", [reset, goaway])
@pytest.mark.parametrize("kept", [False, True])
def test_a_stream_that_ends_without_an_answer_is_a_reset(
    client: Client, authority: Authority, reply: object, kept: bool
) -> None:
    """The endpoint may have worked on it, so it is not sent again unasked, whether the connection was new or kept."""
    with Http2Receiver(authority.server_context("127.0.0.1")) as receiver:
        if kept:
            assert client.send(to(receiver.url)).status == 200
        receiver.reply = reply  # type: ignore[assignment] # both are replies
        answer = client.send(to(receiver.url))
        assert (answer.fault, answer.sent, answer.status) == (Fault.RESET, True, 0)
        assert receiver.count == 1 + kept


def test_endpoints_without_http_2_get_a_connection_for_each_request_at_once(
    client: Client, authority: Authority
) -> None:
    """Waiting for the first connection does not become waiting for the next one each time."""
    with Receiver(authority.server_context("127.0.0.1")) as receiver:
        receiver.always(Ok(after=0.3))
        answers = send_all(client, receiver.url, 24)
        assert {answer.status for answer in answers} == {200}
        assert max(answer.duration_ms for answer in answers) < 2500
        assert receiver.connections <= 24


def test_a_header_without_a_value_is_sent(client: Client) -> None:
    """What libcurl takes for the wish to leave a header out is none here."""
    with Receiver() as receiver:
        client.send(to(receiver.url, b"{}", {"X-Empty": "", "X-Full": "1"}))
        assert ("X-Empty", "") in receiver.requests[0].header_lines


def test_a_length_of_the_sender_s_own_does_not_reach_the_endpoint(client: Client) -> None:
    """Only the true length frames the body."""
    with Receiver() as receiver:
        assert client.send(to(receiver.url, b"12345", {"content-length": "3"})).status == 200
        lines = receiver.requests[0].header_lines
        assert [value for name, value in lines if name.lower() == "content-length"] == ["5"]


def test_more_files_may_be_open_with_a_larger_window() -> None:
    """Each request in flight is an open file, and what a shell allows by default is not enough."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    try:
        open_transport("curl", 4096).close()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= min(2 * 4096, hard)
        open_transport("curl", 64).close()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= min(2 * 4096, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_socket_the_system_does_not_give_is_a_connect_fault(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was sent, and the transport goes on when there are sockets again."""
    with Receiver() as receiver:
        with monkeypatch.context() as patch:
            patch.setattr(curl_handle, "open_socket", lambda _: -1)
            answer = client.send(to(receiver.url))
            assert (answer.fault, answer.sent) == (Fault.CONNECT, False)
        assert client.send(to(receiver.url)).status == 200


def test_an_error_nobody_foresaw_is_a_fault_and_stops_nothing(client: Client) -> None:
    """A bug costs one attempt, and its words are not repeated, for they may hold the payload."""
    with Receiver() as receiver:
        bad = to(receiver.url, headers={"X-Token": "secret", 5: "secret"})  # type: ignore[dict-item] # that is the bug
        client.transport.submit("bad", bad)
        answer = client.collect(1)["bad"]
        assert (answer.fault, answer.sent, answer.detail) == (Fault.PROTOCOL, False, "unexpected AttributeError")
        assert client.send(to(receiver.url)).status == 200


def test_closing_leaves_no_file_open(authority: Authority, tmp_path: Path) -> None:
    """Connections, epoll, the bell and the file of authorities are given back."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    with Receiver() as receiver:
        client = Client(open_transport("curl", 4, authority.ca_file))
        inside = len(list(Path("/proc/self/fd").iterdir()))
        send_all(client, receiver.url.replace("127.0.0.1", "localhost"), 4)
        client.transport.close()
    assert inside > before
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_what_hangs_is_waited_for_at_rest_after_others_were_answered(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing happens meanwhile, so there is nothing to do: a loop that turned all the time would take a core."""
    turns: list[float] = []
    turn = Loop.turn

    def counted(loop: Loop, timeout: float, wake: int | None = None) -> list[Finished]:
        turns.append(timeout)
        return turn(loop, timeout, wake)

    with Receiver() as receiver:
        receiver.always(Hang(), path="/hang")
        client.transport.submit("hangs", to(f"{receiver.url}/hang"))
        client.carry_on(until=lambda: receiver.count == 1)
        client.transport.submit("answered", to(f"{receiver.url}/in"))
        assert client.collect(1)["answered"].status == 200
        monkeypatch.setattr(Loop, "turn", counted)
        assert client.transport.completed(0.2) == []
    assert len(turns) < 20


def test_many_requests_to_one_origin_keep_their_connections_in_several_handles(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None has more than what is walked quickly, the first are full first, and every connection is used again."""
    monkeypatch.setattr(curl_loop, "SHORT_WALK", 8)
    most: dict[Multi, int] = {}
    add = Multi.add

    def counted(multi: Multi, curl: pycurl.Curl) -> None:
        add(multi, curl)
        most[multi] = max(most.get(multi, 0), multi.added)

    monkeypatch.setattr(Multi, "add", counted)
    with Receiver() as receiver:
        receiver.always(Ok(after=0.3))
        assert {answer.status for answer in send_all(client, f"{receiver.url}/in", 30)} == {200}
        assert list(most.values()) == [8, 8, 8, 6]
        assert {answer.status for answer in send_all(client, f"{receiver.url}/in", 30)} == {200}
        assert [client.send(to(f"{receiver.url}/in")).status for _ in range(3)] == [200] * 3
        assert receiver.connections == 30
