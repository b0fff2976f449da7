"""Which Okanjo webhooks are taken: those that the sender's own API confirms."""

from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import Any

import orjson
import pytest

from outhaul_config.secret import Secret
from outhaul_config.sources import OkanjoSource
from outhaul_producers.errors import InvalidEvent
from outhaul_producers.receive import Fetched, NotAuthentic, Reason, SourceUnavailable, read_okanjo_webhook
from outhaul_producers.receive.okanjo import signed_target

ANY = (ip_network("0.0.0.0/0"), ip_network("::/0"))
SOURCE = OkanjoSource("market", "https://api.market.example/", Secret("AK_demo"), Secret("open-sesame"), ANY)
EVENT: dict[str, Any] = {
    "id": "EV4tQm8sKzB2nWc7RfXa",
    "occurred": "2026-03-05 02:15:00",
    "type": "order.updated",
    "data": {"id": "5001", "status": "2", "items": []},
}
BODY = orjson.dumps(EVENT)
PEER = "198.51.100.7"


@dataclass
class Api:
    """The sender's API: answers what it is told to, and remembers what it was asked."""

    answer: Fetched = Fetched(200, BODY)
    asked: list[str] = field(default_factory=list)

    def __call__(self, url: str, *, allow_private_addresses: bool) -> Fetched:
        """Answer."""
        self.asked.append(url)
        return self.answer


def reason(api: Api, body: bytes = BODY, peer: str = PEER, source: OkanjoSource = SOURCE) -> Reason:
    """Return why a webhook is refused."""
    with pytest.raises(NotAuthentic) as refused:
        read_okanjo_webhook(source, body, peer=peer, fetch=api)
    return refused.value.reason


def test_an_event_that_the_api_has_too_is_taken() -> None:
    """It keeps its id, and its time is that of the vendor's clock in UTC."""
    api = Api()
    assert read_okanjo_webhook(SOURCE, BODY, peer=PEER, fetch=api) == {
        "id": "EV4tQm8sKzB2nWc7RfXa",
        "type": "custom.okanjo.order.updated",
        "source": "/sources/market",
        "occurred_at": "2026-03-05T08:15:00.000Z",
        "properties": EVENT["data"],
    }
    (asked,) = api.asked
    assert asked.startswith("https://api.market.example/events/EV4tQm8sKzB2nWc7RfXa?key=AK_demo&signature=")


def test_the_api_is_asked_with_the_vendors_signature() -> None:
    """As its documentation's example has it."""
    target = signed_target("/events/EVdemo?embed=notifications&key=AK_demo", "open-sesame")
    assert target.endswith("&signature=c5cda9b2efeb8745509726e974772ab6a7745514cb3b4b7f9a44c5f13dead5d0")


def test_a_proxy_may_space_the_document_differently() -> None:
    """The content counts, not the bytes."""
    spaced = orjson.dumps(EVENT, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    assert read_okanjo_webhook(SOURCE, BODY, peer=PEER, fetch=Api(Fetched(200, spaced)))["id"] == EVENT["id"]


def test_what_the_api_does_not_have_so_is_refused() -> None:
    """An unknown event, and one of other content, are made up."""
    assert reason(Api(Fetched(404, b"{}"))) is Reason.UNKNOWN
    other = orjson.dumps({**EVENT, "data": {"id": "5002"}})
    assert reason(Api(Fetched(200, other))) is Reason.DIFFERS
    assert reason(Api(Fetched(200, b"no json"))) is Reason.DIFFERS


@pytest.mark.parametrize("status", [302, 400, 401, 500, 503])
def test_an_api_that_gives_no_answer_leaves_it_open(status: int) -> None:
    """The sender tries again, and it may be taken then."""
    with pytest.raises(SourceUnavailable):
        read_okanjo_webhook(SOURCE, BODY, peer=PEER, fetch=Api(Fetched(status, b"")))


@pytest.mark.parametrize(
    ("peer", "allowed"),
    [
        ("198.51.100.7", True),
        ("::ffff:198.51.100.7", True),
        ("2001:db8::5", True),
        ("198.51.100.8", False),
        ("2001:db9::5", False),
        ("", False),
        ("localhost", False),
    ],
)
def test_only_allowed_addresses_may_send(peer: str, allowed: bool) -> None:
    """Others are refused before anybody is asked anything."""
    networks = (ip_network("198.51.100.7"), ip_network("2001:db8::/32"))
    source, api = replace(SOURCE, allow_from=networks), Api()
    if allowed:
        assert read_okanjo_webhook(source, BODY, peer=peer, fetch=api)["id"] == EVENT["id"]
    else:
        assert reason(api, peer=peer, source=source) is Reason.ADDRESS
        assert api.asked == []


def test_a_source_that_allows_no_address_takes_nothing() -> None:
    """An empty list is none, not all: a program that builds its sources itself cannot leave the door open unawares."""
    api = Api()
    assert reason(api, source=replace(SOURCE, allow_from=())) is Reason.ADDRESS
    assert api.asked == []


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {**EVENT, "id": "EV../../users"},
        {**EVENT, "id": "EV4tQm8sKzB2nWc7RfXa?x=1"},
        {**EVENT, "id": 7},
        {**EVENT, "type": ""},
        {**EVENT, "data": []},
    ],
)
def test_a_body_that_is_no_event_asks_nobody(document: Any) -> None:
    """In particular no id that would lead to another address of the API."""
    api = Api()
    with pytest.raises(InvalidEvent):
        read_okanjo_webhook(SOURCE, orjson.dumps(document), peer=PEER, fetch=api)
    with pytest.raises(InvalidEvent):
        read_okanjo_webhook(SOURCE, b"{", peer=PEER, fetch=api)
    assert api.asked == []
