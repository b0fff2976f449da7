"""Following redirects, for the requests that may."""

import socket
from typing import Any

import pytest

from integration.transports.client import Client, to
from integration.transports.conftest import Opener
from outhaul_worker.exchange import Fault
from receiver import Authority, Hang, Ok, Receiver, Redirect, Status

BODY = b'{"id":"EV4tQm8sKzB2nWc7RfXa"}'
HEADERS = {"content-type": "application/json", "webhook-id": "EV4tQm8sKzB2nWc7RfXa"}


def _following(url: str, redirects: int = 3, **more: Any) -> Any:
    return to(url, BODY, HEADERS, **more)._replace(redirects=redirects)


@pytest.mark.parametrize("code", [301, 302, 303])
def test_a_redirect_is_followed_by_the_same_post(client: Client, receiver: Receiver, code: int) -> None:
    """Method, body and headers stay, whatever a browser would make of them."""
    receiver.answer(Redirect("/moved?a=1#part", code), path="/in")
    assert client.send(_following(f"{receiver.url}/in")).status == 200
    first, second = receiver.requests
    assert (second.method, second.path, second.query) == ("POST", "/moved", "a=1")
    assert (second.body, second.headers["webhook-id"]) == (first.body, HEADERS["webhook-id"])
    assert second.headers["content-type"] == "application/json"


@pytest.mark.parametrize("code", [300, 304, 307, 308])
def test_other_redirects_are_answers(client: Client, receiver: Receiver, code: int) -> None:
    """Only the three that are published are followed."""
    receiver.answer(Redirect("/moved", code), path="/in")
    assert client.send(_following(f"{receiver.url}/in")).status == code
    assert receiver.count == 1


@pytest.mark.parametrize(("allowed", "status", "requests"), [(0, 302, 1), (1, 302, 2), (2, 302, 3), (3, 200, 4)])
def test_no_more_redirects_are_followed_than_allowed(
    client: Client, receiver: Receiver, allowed: int, status: int, requests: int
) -> None:
    """A longer chain ends with the redirect that was one too many."""
    for hop in range(3):
        receiver.answer(Redirect(f"{receiver.url}/{hop + 1}", 302), path=f"/{hop}")
    assert client.send(_following(f"{receiver.url}/0", allowed)).status == status
    assert receiver.count == requests


def test_a_circle_of_redirects_ends(client: Client, receiver: Receiver) -> None:
    """An endpoint that redirects to itself is not asked for ever."""
    receiver.always(Redirect("/in", 301), path="/in")
    assert client.send(_following(f"{receiver.url}/in")).status == 301
    assert receiver.count == 4


def test_a_redirect_may_lead_to_another_host(client: Client, receiver: Receiver) -> None:
    """Each hop has a connection to its own host."""
    with Receiver() as other:
        receiver.answer(Redirect(f"{other.url}/in", 302))
        assert client.send(_following(receiver.url)).status == 200
        assert (receiver.count, other.count) == (1, 1)


@pytest.mark.parametrize(
    "location",
    ["", "ftp://files.example/in", "ftp://127.0.0.1:21/in", "http://user:word@hooks.example/", "http://[::1"],
)
def test_a_redirect_to_nowhere_is_an_answer(client: Client, receiver: Receiver, location: str) -> None:
    """An address that cannot be posted to is the endpoint's mistake, and may be mended by the next try."""
    receiver.answer(Redirect(location, 302))
    answer = client.send(_following(receiver.url))
    assert (answer.status, answer.fault, receiver.count) == (302, None, 1)


def test_every_hop_is_checked_for_internal_addresses(client: Client, public: str) -> None:
    """A public endpoint cannot lead a request on to an address behind the wall."""
    with Receiver(host=public) as receiver:
        receiver.answer(Redirect("http://169.254.169.254/latest", 302))
        answer = client.send(_following(f"{receiver.url}/in", private=False))
        assert (answer.fault, answer.sent, receiver.count) == (Fault.BLOCKED_ADDRESS, False, 1)
    assert "169.254.169.254" in answer.detail


def test_a_redirect_from_https_to_http_is_an_answer(
    open_client: Opener, receiver: Receiver, authority: Authority
) -> None:
    """What was to travel encrypted is not sent in the open."""
    with Receiver(authority.server_context("127.0.0.1")) as secure:
        secure.answer(Redirect(f"{receiver.url}/in", 302))
        client = open_client(ca_bundle=authority.ca_file)
        assert client.send(_following(secure.url)).status == 302
    assert receiver.count == 0


def test_all_hops_share_the_time_of_the_attempt(client: Client, receiver: Receiver) -> None:
    """A chain of slow redirects cannot hold a place in the window longer than one slow answer."""
    receiver.answer(Status(302, headers={"Location": "/slow"}, after=0.3), path="/in")
    receiver.answer(Hang(), path="/slow")
    answer = client.send(_following(f"{receiver.url}/in", total=0.6))
    assert (answer.fault, answer.sent) == (Fault.READ_TIMEOUT, True)
    assert 500 <= answer.duration_ms < 1500


def test_a_hop_after_a_slow_answer_still_has_time_to_connect(client: Client, receiver: Receiver) -> None:
    """The time for connecting is each connection's own."""
    with Receiver() as other:
        receiver.answer(Status(302, headers={"Location": f"{other.url}/in"}, after=0.3))
        assert client.send(_following(receiver.url, connect=0.25)).status == 200


def test_a_hop_that_cannot_be_reached_was_not_sent(client: Client, receiver: Receiver) -> None:
    """The endpoint that redirected has not taken the event, and nobody else has seen it."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    receiver.answer(Redirect(f"http://127.0.0.1:{port}/in", 302), Ok())
    answer = client.send(_following(receiver.url))
    assert (answer.fault, answer.sent) == (Fault.CONNECT, False)
