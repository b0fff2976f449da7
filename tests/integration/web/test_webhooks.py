"""Webhooks of configured sources, taken by the API."""

from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network

import orjson
import pytest
from cloudevents.core.bindings.http import HTTPMessage, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from flask.testing import FlaskClient
from standardwebhooks import Webhook

from integration.web.caller import Caller, read
from integration.web.site import Site, application
from outhaul_config.secret import Secret
from outhaul_config.sources import OkanjoSource, StandardWebhookSource
from outhaul_ledger.ledger import Ledger
from outhaul_producers.receive import Fetched, SourceUnavailable

SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
HOOK = orjson.dumps({"type": "customer.updated", "data": {"customer": {"id": "C-71"}}})
EVENT = orjson.dumps({"id": "EV4tQm8sKzB2nWc7RfXa", "type": "order.updated", "data": {"id": "5001", "items": []}})


@dataclass
class Vendor:
    """The API of an Okanjo sender: has one event, or is away."""

    there: bool = True

    def __call__(self, url: str, *, allow_private_addresses: bool) -> Fetched:
        """Answer what it has."""
        if not self.there:
            raise SourceUnavailable("expected an answer, got none")
        return Fetched(200, EVENT)


@pytest.fixture
def vendor() -> Vendor:
    """An Okanjo sender's API that answers."""
    return Vendor()


@pytest.fixture
def open_client(ledger: Ledger, site: Site, vendor: Vendor) -> FlaskClient:
    """A client without a key, of a site with two sources."""
    site.senders["partner"] = StandardWebhookSource("partner", (Secret(SECRET),))
    site.senders["market"] = OkanjoSource(
        "market", "https://api.example", Secret("AK"), Secret("pass"), (ip_network("127.0.0.1"),)
    )
    return application(ledger, site, fetch=vendor).test_client()


def signed(body: bytes = HOOK, message: str = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W") -> dict[str, str]:
    """Return the headers of a Standard Webhook of this moment."""
    now = datetime.now(UTC)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(message, now, body.decode()),
        "content-type": "application/json",
    }


def test_a_signed_webhook_is_an_event_once(open_client: FlaskClient, ledger: Ledger) -> None:
    """No key is needed; the sender's repetition is a duplicate."""
    answers = [open_client.post("/v1/sources/partner/events", data=HOOK, headers=signed()) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 200]
    assert ledger.status(read(answers[0])["event_id"]) is not None


def test_a_webhook_that_is_not_the_sources_is_refused(open_client: FlaskClient) -> None:
    """401 with the reason, and nothing is stored; an unknown source is no address."""
    answer = open_client.post("/v1/sources/partner/events", data=HOOK + b" ", headers=signed())
    assert (answer.status_code, read(answer)["type"], read(answer)["reason"]) == (
        401,
        "/problems/not-authentic",
        "signature",
    )
    assert open_client.post("/v1/sources/nobody/events", data=HOOK, headers=signed()).status_code == 404


def test_a_signed_webhook_that_is_no_event_names_its_mistakes(open_client: FlaskClient) -> None:
    """The sender is known, so it may know."""
    body = orjson.dumps({"type": "customer.updated", "data": {"customer": {"id": "C-71", "mail": "x"}}})
    answer = open_client.post("/v1/sources/partner/events", data=body, headers=signed(body))
    assert (answer.status_code, read(answer)["errors"][0]["path"]) == (422, "customer.mail")


def test_an_okanjo_webhook_is_taken_when_its_sender_confirms_it(open_client: FlaskClient, vendor: Vendor) -> None:
    """Confirmed it is an event, not confirmed it is refused, and without an answer it is to come again."""
    post = "/v1/sources/market/events"
    assert open_client.post(post, data=EVENT, content_type="application/json").status_code == 202
    forged = EVENT.replace(b"5001", b"5002")
    assert read(open_client.post(post, data=forged, content_type="application/json"))["reason"] == "differs"
    vendor.there = False
    answer = open_client.post(post, data=EVENT, content_type="application/json")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


def sent(caller: Caller, message: HTTPMessage) -> str:
    """Hand a message of the reference implementation over; returns the event's id."""
    answer = caller.send("POST", "/v1/events", data=message.body, headers=dict(message.headers))
    assert answer.status_code == 202, answer.data
    return str(read(answer)["event_id"])


@pytest.mark.parametrize("written", [to_structured_event, to_binary_event])
@pytest.mark.parametrize("event_type", ["customer.updated", "com.example.quiz.finished"])
def test_cloudevents_of_the_reference_implementation_are_taken(
    caller: Caller, ledger: Ledger, written: object, event_type: str
) -> None:
    """In the structured and in the binary mode, whatever its letters, the same event comes out."""
    known = event_type == "customer.updated"
    data = {"customer": {"id": "C-71", "first_name": "Märä \u2603"}} if known else {"score": 7}
    event = CloudEvent(
        {
            "id": "quiz-71-2026-03-05",
            "source": "/shops/ro",
            "type": event_type,
            "time": datetime(2026, 3, 5, 8, 15, tzinfo=UTC),
            "subject": "100 % Märä",
            "datacontenttype": "application/json",
        },
        data,
    )
    assert callable(written)
    event_id = sent(caller, written(event))
    kept = orjson.loads(ledger.body(event_id))
    assert (kept["id"], kept["source"], kept["subject"]) == ("quiz-71-2026-03-05", "/shops/ro", "100 % Märä")
    assert kept["occurred_at"] == "2026-03-05T08:15:00.000Z"
    if known:
        assert kept["customer"]["first_name"] == "Märä \u2603"
    else:
        assert (kept["type"], kept["properties"]) == ("custom.com.example.quiz.finished", {"score": 7})


def test_a_batch_of_cloudevents_has_a_result_for_each(caller: Caller) -> None:
    """What is none is refused in its place."""
    event = {"specversion": "1.0", "id": "1", "source": "/a", "type": "com.example.x"}
    told = caller.json(
        "POST",
        "/v1/events",
        data=orjson.dumps([event, {**event, "specversion": "0.3"}, event, 7]),
        content_type="application/cloudevents-batch+json",
        status=207,
    )
    assert [item["status"] for item in told["results"]] == [202, 422, 200, 422]
    assert told["results"][1]["errors"][0]["path"] == "specversion"
