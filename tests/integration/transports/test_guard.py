"""Where a request must not go."""

import socket
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from integration.transports.client import Client, to
from outhaul_worker.exchange import Fault
from receiver import Receiver, Redirect, UnansweredPort

BLOCKED_HOSTS = (
    "localhost",
    "127.0.0.1",
    "127.1",
    "0177.0.0.1",
    "0x7f000001",
    "0x7f.1",
    "017700000001",
    "127.0.0.1.",
    "localhost.",
    "LOCALHOST",
    "2130706433",
    "0",
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.31.255.255",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:8.8.4.4]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2001::1]",
    "[2001:db8::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[ff02::1]",
)


class Names:
    """A resolver whose answers are scripted; numbers are left to the system.

    Each host gets them from the first one on: a look-up that an earlier test left behind must not take one away.
    """

    def __init__(self, *answers: Sequence[str]) -> None:
        self._asked = Counter[str]()
        self._answers = answers
        self._system = socket.getaddrinfo

    def __call__(self, host: str, port: int, flags: int = 0, **options: Any) -> Any:
        if flags & socket.AI_NUMERICHOST:
            return self._system(host, port, flags=flags, **options)
        answer = self._answers[min(self._asked[host], len(self._answers) - 1)]
        self._asked[host] += 1
        return [entry for ip in answer for entry in self._system(ip, port, type=socket.SOCK_STREAM)]

    @property
    def asked(self) -> int:
        """How often it was asked for a name."""
        return self._asked.total()


@pytest.mark.parametrize("host", BLOCKED_HOSTS)
def test_an_address_that_is_not_public_is_not_connected_to(
    client: Client, receiver: Receiver, dialled: list[str], host: str
) -> None:
    """Every way to write every kind of internal address ends before a connection."""
    answer = client.send(to(f"http://{host}:{receiver.port}/in", private=False))
    assert (answer.fault, answer.sent) == (Fault.BLOCKED_ADDRESS, False)
    assert "allow_private_addresses" in answer.detail
    assert (dialled, receiver.connections) == ([], 0)


def test_a_redirect_to_any_spelling_of_an_internal_address_is_not_followed(
    client: Client, public: str, dialled: list[str]
) -> None:
    """Each hop is read and checked as the first address was."""
    with Receiver(host=public) as receiver:
        for host in BLOCKED_HOSTS:
            receiver.answer(Redirect(f"http://{host}:{receiver.port}/in", 302))
            request = to(f"http://{public}:{receiver.port}/in", private=False)
            assert client.send(request._replace(redirects=3)).fault is Fault.BLOCKED_ADDRESS, host
    assert set(dialled) == {public}


def test_a_name_that_changes_its_address_between_two_hops_leads_nowhere_else(
    client: Client, monkeypatch: pytest.MonkeyPatch, public: str, dialled: list[str]
) -> None:
    """A redirect to the same name on another port is looked up and checked anew."""
    monkeypatch.setattr(socket, "getaddrinfo", Names([public], ["127.0.0.1"]))
    with Receiver(host=public) as receiver, Receiver() as internal:
        receiver.answer(Redirect(f"http://rebinding.example:{internal.port}/in", 302))
        request = to(f"http://rebinding.example:{receiver.port}/in", private=False)
        assert client.send(request._replace(redirects=3)).fault is Fault.BLOCKED_ADDRESS
        assert (dialled, internal.connections) == ([public], 0)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fd00::1"])
def test_a_public_name_with_an_internal_address_is_not_connected_to(
    client: Client, monkeypatch: pytest.MonkeyPatch, dialled: list[str], address: str
) -> None:
    """The address decides, not how the name looks."""
    monkeypatch.setattr(socket, "getaddrinfo", Names([address]))
    answer = client.send(to("http://hooks.example/in", private=False))
    assert (answer.fault, answer.sent) == (Fault.BLOCKED_ADDRESS, False)
    assert dialled == []


def test_of_mixed_addresses_only_the_public_ones_are_tried(
    client: Client, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, public: str, dialled: list[str]
) -> None:
    """A failing public address does not lead to an internal one as the next best."""
    monkeypatch.setattr(socket, "getaddrinfo", Names([public, "127.0.0.1", "::1"]))
    answer = client.send(to(f"http://hooks.example:{receiver.port}/in", private=False))
    assert (answer.fault, answer.sent) == (Fault.CONNECT, False)
    assert (dialled, receiver.connections) == ([public], 0)


def test_a_name_that_changes_its_address_after_the_check_leads_nowhere_else(
    client: Client, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, public: str, dialled: list[str]
) -> None:
    """The checked address itself is connected to; a second answer of the name server is never asked for."""
    names = Names([public], ["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    answer = client.send(to(f"http://rebinding.example:{receiver.port}/in", private=False))
    assert (answer.fault, names.asked) == (Fault.CONNECT, 1)
    assert (dialled, receiver.connections) == ([public], 0)


def test_every_new_connection_is_checked_anew(
    client: Client, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, public: str, dialled: list[str]
) -> None:
    """A name that was public a moment ago is refused as soon as it is not."""
    monkeypatch.setattr(socket, "getaddrinfo", Names([public], ["10.0.0.1"]))
    request = to(f"http://rebinding.example:{receiver.port}/in", private=False)
    assert [client.send(request).fault for _ in range(2)] == [Fault.CONNECT, Fault.BLOCKED_ADDRESS]
    assert dialled == [public]


def test_a_connection_that_is_kept_is_used_without_asking_for_the_name_again(
    client: Client, monkeypatch: pytest.MonkeyPatch, public: str, dialled: list[str]
) -> None:
    """Neither the look-up nor the check is paid for twice, and an answer that has changed since has no effect."""
    names = Names([public], ["10.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    with Receiver(host=public) as receiver:
        request = to(f"http://hooks.example:{receiver.port}/in", private=False)
        assert [client.send(request).status for _ in range(3)] == [200, 200, 200]
        assert (names.asked, dialled, receiver.connections) == (1, [public], 1)


@pytest.mark.parametrize("host", ["LocalHost", "localhost."])
def test_a_name_is_found_however_it_is_written(client: Client, receiver: Receiver, host: str) -> None:
    """Capitals and the dot of the root change nothing."""
    assert client.send(to(f"http://{host}:{receiver.port}/in")).status == 200


def test_the_next_address_is_tried_when_one_refuses(
    client: Client, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host with a broken first address is still reached."""
    monkeypatch.setattr(socket, "getaddrinfo", Names(["127.0.0.2", "127.0.0.1"]))
    assert client.send(to(f"http://hooks.example:{receiver.port}/in")).status == 200


def test_an_address_that_swallows_packets_leaves_time_for_the_next(
    client: Client, monkeypatch: pytest.MonkeyPatch, dialled: list[str]
) -> None:
    """No single address uses up the time for connecting."""
    with UnansweredPort() as port, Receiver(host="127.0.0.2", port=port) as receiver:
        monkeypatch.setattr(socket, "getaddrinfo", Names(["127.0.0.1", "127.0.0.2"]))
        answer = client.send(to(f"http://hooks.example:{port}/in", connect=1.0))
        assert (answer.status, receiver.count) == (200, 1)
    assert dialled == ["127.0.0.1", "127.0.0.2"]
