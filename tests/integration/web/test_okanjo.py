"""The Okanjo API, as its clients and listeners know it."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from integration.subscriptions.stories import Process, states
from integration.web.site import ERP, OTHER, Site, application
from outhaul_config.subscribers import Account
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import State, Submission
from outhaul_ops.embedded import EmbeddedServer
from outhaul_producers.event import Event
from outhaul_worker.transports.opening import open_transport
from receiver import Ok, Receiver, Redirect, Status
from receiver.behaviour import Wire
from unit.destinations.canonical import SAMPLES

EVENT_ID = "EV4tQm8sKzB2nWc7RfXa"


@pytest.fixture
def listener() -> Iterator[Receiver]:
    """A subscriber's endpoint."""
    with Receiver() as running:
        yield running


@dataclass
class Marketplace:
    """Calls the API as the marketplace's client does."""

    client: FlaskClient
    account: Account = ERP

    def send(self, method: str, path: str, form: dict[str, str] | None = None, **options: Any) -> TestResponse:
        """Sign a request and send it."""
        body = urlencode(form).encode() if form is not None else b""
        target = f"{path}{'&' if '?' in path else '?'}key={self.account.key}"
        signature = hmac.digest(self.account.passphrase.reveal().encode(), target.encode() + body, "sha256").hex()
        kind = "application/x-www-form-urlencoded; charset=utf-8" if form is not None else None
        return self.client.open(
            f"{target}&signature={signature}", method=method, data=body, **{"content_type": kind, **options}
        )

    def subscribe(self, event_type: str, url: str) -> TestResponse:
        """Subscribe a URL."""
        return self.send("POST", "/events/subscribe", {"type": event_type, "webhook_url": url})

    def unsubscribe(self, event_type: str, url: str) -> TestResponse:
        """End a subscription."""
        return self.send("POST", "/events/unsubscribe", {"type": event_type, "webhook_url": url})

    def subscriptions(self) -> Any:
        """What the account is subscribed to."""
        return orjson.loads(self.send("GET", "/events/subscriptions").data)


@pytest.fixture
def market(app: Flask) -> Marketplace:
    """The first account, through a client that several threads may use."""
    return Marketplace(app.test_client())


@dataclass
class Verifying:
    """A listener that looks the event up before it takes it, as the marketplace advises."""

    market: Marketplace
    listener: Receiver

    def play(self, wire: Wire) -> None:
        """Answer 200 to what the API serves byte by byte, else 403."""
        body = self.listener.requests[-1].body
        found = self.market.send("GET", f"/events/{orjson.loads(body)['id']}")
        (Ok() if found.data == body else Status(403)).play(wire)


def told(answer: TestResponse) -> tuple[int, Any]:
    """Status and description; every answer is JSON that is not empty."""
    assert answer.content_type == "application/json"
    document = orjson.loads(answer.data)
    assert document["type"] == ("success" if answer.status_code == 200 else "error")
    return answer.status_code, document.get("description")


def deliver(ledger: Ledger, sample: Event) -> None:
    """Accept an event and deliver it over the network."""
    ledger.accept([Submission(sample.id, "digest", "/", sample.type, orjson.dumps(sample.body))])
    transport = open_transport("requests", 8)
    try:
        Process(ledger, transport).drain(8)
    finally:
        transport.close()


def test_a_listener_that_verifies_can_subscribe_and_gets_what_it_can_look_up(
    market: Marketplace, listener: Receiver, ledger: Ledger
) -> None:
    """From the probe on, every webhook is served byte by byte by its id."""
    listener.always(Verifying(market, listener))
    url = f"{listener.url}/in"
    assert told(market.subscribe("*", url)) == (200, None)
    assert market.subscriptions() == [{"type": "*", "webhook_url": url}]
    deliver(ledger, SAMPLES["order.created"])
    probe, webhook = listener.requests
    assert [orjson.loads(each.body)["type"] for each in (probe, webhook)] == ["subscription.test", "order.confirmed"]
    assert orjson.loads(probe.body)["data"] == {}
    assert all(each.headers["content-type"] == "application/json" for each in (probe, webhook))
    assert list(states(ledger, SAMPLES["order.created"].id).values()) == [State.DELIVERED]


def test_a_webhook_stays_the_same_over_retries_and_in_the_api(
    market: Marketplace, listener: Receiver, ledger: Ledger
) -> None:
    """What was sent first is what is sent and served later, even if it would be written differently by then."""
    market.subscribe("order.confirmed", f"{listener.url}/in")
    sample = SAMPLES["order.created"]
    deliver(ledger, sample)
    body = listener.requests[-1].body
    event = orjson.loads(body)
    assert market.send("GET", f"/events/{event['id']}").data == body
    chosen = market.send("GET", f"/events/{event['id']}?fields=id,type,notifications&embed=notifications")
    assert orjson.loads(chosen.data) == {"id": event["id"], "type": "order.confirmed", "notifications": []}


def test_a_type_gets_what_goes_out_as_that_type(market: Marketplace, listener: Receiver, ledger: Ledger) -> None:
    """An event whose Okanjo type only shows when it is written is skipped for those who want another."""
    for event_type in ("order.updated", "order_item.updated", "disbursement.created"):
        assert market.subscribe(event_type, f"{listener.url}/{event_type}").status_code == 200
    deliver(ledger, SAMPLES["order.shipped"])
    sent = [each for each in listener.requests if orjson.loads(each.body)["type"] != "subscription.test"]
    assert [(each.path, orjson.loads(each.body)["type"]) for each in sent] == [
        ("/order_item.updated", "order_item.updated")
    ]
    assert sorted(states(ledger, SAMPLES["order.shipped"].id).values()) == [State.DELIVERED, State.SKIPPED]


@pytest.mark.parametrize("route", ["subscribe", "unsubscribe"])
def test_fields_that_are_missing_or_wrong_are_named(market: Marketplace, listener: Receiver, route: str) -> None:
    """In the marketplace's own words; withdrawn names of types are unknown."""
    url = f"{listener.url}/in"
    for form, expected in (
        ({}, "Require type."),
        ({"type": "", "webhook_url": url}, "Require type."),
        ({"type": "order.updated"}, "Require webhook_url."),
        ({"type": "added_product", "webhook_url": url}, "Invalid field type."),
        ({"type": "order.created", "webhook_url": url}, "Invalid field type."),
        ({"type": "order.updated", "webhook_url": "hooks.example/in"}, "Invalid field webhook_url."),
        ({"type": "order.updated", "webhook_url": "ftp://hooks.example/in"}, "Invalid field webhook_url."),
        ({"type": "order.updated", "webhook_url": "https://u:p@hooks.example/"}, "Invalid field webhook_url."),
    ):
        assert told(market.send("POST", f"/events/{route}", form)) == (400, expected), form
    assert listener.count == 0


def test_a_field_given_twice_is_refused(market: Marketplace, listener: Receiver) -> None:
    """Two readers could see two requests."""
    body = urlencode([("type", "*"), ("type", "order.updated"), ("webhook_url", listener.url)]).encode()
    target = f"/events/subscribe?key={ERP.key}"
    signature = hmac.digest(ERP.passphrase.reveal().encode(), target.encode() + body, "sha256").hex()
    answer = market.client.post(
        f"{target}&signature={signature}", data=body, content_type="application/x-www-form-urlencoded"
    )
    assert told(answer) == (400, "Invalid field type.")


def test_a_body_that_is_no_form_holds_no_fields(market: Marketplace) -> None:
    """JSON is not read, as the marketplace did not."""
    form = {"type": "*", "webhook_url": "https://hooks.example/in"}
    answer = market.send("POST", "/events/subscribe", form, content_type="application/json")
    assert told(answer) == (400, "Require type.")


@pytest.mark.parametrize("status", [Status(500), Status(403), Redirect("/in", 302)])
def test_a_url_that_does_not_take_the_probe_is_not_subscribed(
    market: Marketplace, listener: Receiver, status: Any
) -> None:
    """Nor one that redirects for ever, nor one where nobody listens."""
    listener.always(status)
    assert told(market.subscribe("*", f"{listener.url}/in")) == (400, "Invalid field webhook_url.")
    assert told(market.subscribe("*", "http://127.0.0.1:1/in")) == (400, "Invalid field webhook_url.")
    assert market.subscriptions() == []


def test_the_same_subscription_twice_is_a_conflict(market: Marketplace, listener: Receiver) -> None:
    """Of the same account, type and URL; any other is another."""
    url = f"{listener.url}/in"
    other = Marketplace(market.client, OTHER)
    assert [each.subscribe("*", url).status_code for each in (market, other)] == [200, 200]
    assert told(market.subscribe("*", url)) == (409, "Conflict with Event Subscription")
    assert told(market.subscribe("order.updated", url)) == (200, None)
    assert [each["type"] for each in market.subscriptions()] == ["*", "order.updated"]
    assert [each["type"] for each in other.subscriptions()] == ["*"]


def test_a_subscription_ends_once(market: Marketplace, listener: Receiver) -> None:
    """The account's own only, and without asking the URL, which may be gone by then."""
    url = f"{listener.url}/in"
    market.subscribe("*", url)
    probes = listener.count
    other = Marketplace(market.client, OTHER)
    assert told(other.unsubscribe("*", url)) == (404, "Event Subscription not found.")
    assert told(market.unsubscribe("order.updated", url)) == (404, "Event Subscription not found.")
    assert told(market.unsubscribe("*", url)) == (200, None)
    assert told(market.unsubscribe("*", url)) == (404, "Event Subscription not found.")
    assert (market.subscriptions(), listener.count) == ([], probes)


def test_a_subscription_that_was_stopped_can_be_made_again(
    market: Marketplace, listener: Receiver, ledger: Ledger
) -> None:
    """It is not active any more; subscribing again probes the URL and lets it go on with what has waited."""
    url = f"{listener.url}/in"
    market.subscribe("*", url)
    listener.answer(Status(410))
    deliver(ledger, SAMPLES["order.created"])
    assert market.subscriptions() == []
    assert told(market.subscribe("*", url)) == (200, None)
    assert market.subscriptions() == [{"type": "*", "webhook_url": url}]


def test_an_unsigned_request_learns_nothing(client: FlaskClient, market: Marketplace) -> None:
    """Whatever it asks for."""
    stranger = Marketplace(client, Account("erp", ERP.key, OTHER.passphrase))
    for answer in (
        client.get(f"/events/{EVENT_ID}"),
        client.get("/events/subscriptions?key=AK_demo"),
        stranger.send("GET", "/events/subscriptions"),
        stranger.subscribe("*", "https://hooks.example/in"),
    ):
        assert told(answer) == (400, "Valid API key and signature required.")


def test_what_is_not_there_is_said_in_the_marketplaces_words(market: Marketplace) -> None:
    """Unknown events, and addresses with a slash too many."""
    assert told(market.send("GET", f"/events/{EVENT_ID}")) == (404, "Event not found.")
    slash = market.send("GET", "/events/subscriptions/")
    assert told(slash) == (404, "Don't use trailing slashes. Try instead: /events/subscriptions")
    assert told(market.send("POST", "/events/subscribe/", {}))[0] == 404


def test_an_outage_of_the_ledger_is_an_error_that_clients_can_read(own_server: EmbeddedServer) -> None:
    """In the marketplace's words for when it could not do what was asked."""
    market = Marketplace(application(Ledger(own_server.client())).test_client())
    own_server.stop()
    assert told(market.subscribe("*", "https://hooks.example/in")) == (500, "Unable to handle request.")
    assert told(market.send("GET", f"/events/{EVENT_ID}")) == (500, "There was a problem with your request.")


def test_a_private_address_cannot_be_subscribed_unless_the_site_allows_it(ledger: Ledger, listener: Receiver) -> None:
    """Subscribing is no way to make Outhaul send requests into its own network."""
    site = Site()
    site.subscribers = replace(site.subscribers, allow_private_addresses=False)
    market = Marketplace(application(ledger, site).test_client())
    assert told(market.subscribe("*", f"{listener.url}/in")) == (400, "Invalid field webhook_url.")
    assert listener.count == 0


def test_a_client_never_gets_an_answer_that_breaks_it(market: Marketplace) -> None:
    """Every refusal has a JSON body and says so, also what the application itself refuses."""
    assert told(market.client.get("/events/subscribe"))[0] in (400, 405)
    encoded = market.client.post("/events/subscribe?key=AK_demo", data=b"x", headers={"Content-Encoding": "gzip"})
    assert told(encoded)[0] == 415
    assert told(market.client.put("/events/EV1"))[0] == 404
