"""What somebody with a key sends who wants to break the API: numbers, depths, paths and texts that no client would."""

from itertools import product
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from werkzeug.test import TestResponse

from integration.ops.graveyard import Graveyard
from integration.web.caller import Caller, read
from integration.web.site import ERP
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.subscribing import SubscriptionLedger
from outhaul_producers.receive.okanjo import signed_target
from outhaul_producers.web.paging import cursor

NUMBERS = (
    "1e400",
    "-1e400",
    "1e308",
    "-1e308",
    "1e-400",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "1" * 30,
    "1" * 5_000,
    "9" * 100_000,
    "NaN",
    "Infinity",
    "-0",
    '"1e400"',
    '"nan"',
    '"inf"',
    '"' + "1" * 30 + '"',
    '"' + "1" * 5_000 + '"',
    '"\\u0661"',
    "true",
    "[]",
    "{}",
)
TIMES = (
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "9999-12-31T23:59:59Z",
    "9" * 30 + "d",
    "9" * 5_000 + "s",
    "999999999999d",
    "-1d",
    "\u0663d",
    "\x00",
    "1e400s",
)
IDS = (
    "..",
    "%2e%2e",
    "..%2f..%2fv1%2fdestinations",
    "%252e%252e%252f",
    "%00",
    "ev%00_1",
    "%0d%0aX-Injected:%20yes",
    "%ff%fe",
    "%ed%a0%80",
    "%e2%80%ae",
    "%1b%5b31m",
    "*",
    "%7b0%7d",
    "outhaul:%7b0%7d:body:x",
    "a" * 60_000,
    quote("é" * 20_000),
)
JSON = "application/json"


def held(answer: TestResponse) -> int:
    """Return the status of an answer that is no mistake of ours and brings no header that a caller wrote."""
    assert answer.status_code < 500, answer.data[:300]
    assert "X-Injected" not in answer.headers
    return answer.status_code


def deep(levels: int, opening: str = '{"a":', closing: str = "}") -> str:
    """A JSON document of so many levels."""
    return opening * levels + "1" + closing * levels


def test_a_number_no_server_can_hold_breaks_nothing(caller: Caller, ledger: Ledger) -> None:
    """In every place of a body that takes a number, and as an event's field."""
    Graveyard(ledger).dead(1)
    for number in NUMBERS:
        post_everywhere(caller, number)


def post_everywhere(caller: Caller, number: str) -> None:
    """Send a number as every member that could take one."""
    for path, member in (
        ("/v1/dead-letters/replay", "limit"),
        ("/v1/dead-letters/replay", "rate"),
        ("/v1/dead-letters/replay", "since"),
        ("/v1/dead-letters/replay", "dry_run"),
        ("/v1/subscriptions", "concurrency"),
        ("/v1/subscriptions", "disable_after"),
        ("/v1/subscriptions", "timeout"),
    ):
        rest = "" if "replay" in path else '"url": "https://hooks.example/", "types": ["*"], '
        held(caller.send("POST", path, data=f'{{{rest}"{member}": {number}}}', content_type=JSON))
    for member in ("delay", "deliver_at", "version", "source", "id", "properties"):
        body = f'{{"type": "custom.ping", "{member}": {number}}}'
        held(caller.send("POST", "/v1/events", data=body, content_type=JSON))
    body = f'{{"type": "custom.ping", "properties": {{"a": {number}}}}}'
    held(caller.send("POST", "/v1/events", data=body, content_type=JSON))


@pytest.mark.parametrize("limit", ["9223372036854775808", "1e30", '"' + "1" * 30 + '"'])
def test_a_replay_of_more_than_a_counter_holds_is_refused(caller: Caller, limit: str) -> None:
    """The caller is told which member is wrong, and no replay is begun."""
    answer = caller.send("POST", "/v1/dead-letters/replay", data=f'{{"limit": {limit}}}', content_type=JSON)
    assert (answer.status_code, read(answer)["errors"][0]["path"]) == (422, "limit")


@pytest.mark.parametrize("path", ["/v1/deliveries", "/v1/dead-letters", "/v1/subscriptions"])
def test_a_query_holds_no_number_that_breaks_a_list(caller: Caller, ledger: Ledger, path: str) -> None:
    """Limits are refused where they are out of bounds, times where there are none."""
    Graveyard(ledger).dead(1)
    for number in (*NUMBERS, "0", "-1", "1.5", "\u0661"):
        if len(number) < 10_000:
            held(caller.send("GET", path, query_string={"limit": number.strip('"')}))
    if path != "/v1/subscriptions":
        for moment in TIMES:
            for name in ("since", "until"):
                held(caller.send("GET", path, query_string={name: moment}))
                held(caller.send("POST", "/v1/dead-letters/replay", json={name: moment}))
                held(caller.send("POST", "/v1/dead-letters/replay", json={name: moment, "dry_run": True}))


def test_a_cursor_that_somebody_made_up_is_refused_or_leads_to_an_empty_page(caller: Caller, ledger: Ledger) -> None:
    """Of the right form, and with places where nothing can stand."""
    Graveyard(ledger).dead(2)
    numbers = (1e308, -1e308, 1e20, -1.0, 0.0, 1e15, 253402300800000.0)
    for number, text in product(numbers, ("", "\x00", "a" * 5_000, "*", "[(")):
        for path, values in (
            ("/v1/deliveries", (number, number, text, text)),
            ("/v1/dead-letters", (number, text, number, text)),
        ):
            held(caller.send("GET", path, query_string={"cursor": cursor(*values)}))
    for after in ("999999999999999-a", "0-..", "1" * 5_000 + "-a", "\u0661-a", "0-\x00"):
        held(caller.send("GET", "/v1/subscriptions", query_string={"after": after}))
    for text in ("=", "e30=", "\x00", "é", "W10=", "W10", "A" * 5_000):
        assert held(caller.send("GET", "/v1/deliveries", query_string={"cursor": text})) == 422


@pytest.mark.parametrize("levels", [300, 1_100, 100_000])
def test_a_document_of_any_depth_ends_nobodys_stack(caller: Caller, levels: int) -> None:
    """Too deep is refused like any other mistake, wherever the depth is."""
    for document in (deep(levels), deep(levels, "[", "]")):
        for body in (
            document,
            f"[{document}]",
            f'{{"type": "custom.ping", "properties": {{"a": {document}}}}}',
            f'{{"type": "order.created", "order": {document}}}',
        ):
            held(caller.send("POST", "/v1/events", data=body, content_type=JSON))
            held(caller.send("POST", "/v1/events", data=body, content_type="application/x-ndjson"))
            held(caller.send("POST", "/v1/events", data=body, content_type="application/cloudevents+json"))
        for member in ("filter", "timeout", "retry", "headers", "types", "disable_after", "description"):
            body = f'{{"url": "https://hooks.example/", "types": ["*"], "{member}": {document}}}'
            held(caller.send("POST", "/v1/subscriptions", data=body, content_type=JSON))
    nots = deep(levels, '{"not":', "}")
    body = f'{{"url": "https://hooks.example/", "types": ["*"], "filter": {nots}}}'
    assert held(caller.send("POST", "/v1/subscriptions", data=body, content_type=JSON)) in (400, 422)


def test_a_name_in_the_path_leads_nowhere_but_to_what_has_that_name(caller: Caller) -> None:
    """Whatever it looks like, as it is not there it is not found, and nothing of it becomes a header."""
    paths = (
        ("GET", "/v1/events/{}"),
        ("POST", "/v1/destinations/{}/pause"),
        ("POST", "/v1/destinations/{}/resume"),
        ("GET", "/v1/replays/{}"),
        ("POST", "/v1/replays/{}/cancel"),
        ("GET", "/v1/subscriptions/{}"),
        ("DELETE", "/v1/subscriptions/{}"),
        ("PATCH", "/v1/subscriptions/{}"),
        ("POST", "/v1/subscriptions/{}/disable"),
        ("POST", "/v1/subscriptions/{}/test"),
        ("GET", "/v1/subscriptions/{}/deliveries"),
        ("POST", "/v1/sources/{}/events"),
        ("GET", "/problems/{}"),
    )
    for (method, path), written in product(paths, IDS):
        options: dict[str, Any] = {} if method == "GET" else {"json": {}}
        assert held(caller.send(method, path.format(written), **options)) in (404, 405, 308), (path, written[:40])


def test_a_signed_request_for_an_event_reads_no_other_key(caller: Caller) -> None:
    """The Okanjo API serves documents by their id; an id that is a path or a pattern has none."""
    for written in IDS:
        target = signed_target(f"/events/{written}?key={ERP.key}", ERP.passphrase.reveal())
        answer = caller.client.get(target, environ_overrides={"RAW_URI": target, "REQUEST_URI": target})
        assert held(answer) in (400, 404)
        assert orjson.loads(answer.data)["type"] == "error"


def test_no_text_of_a_caller_becomes_a_header_of_the_answer(caller: Caller) -> None:
    """Ids and keys that come back in `Location` are of a form that holds no line."""
    for text in ("a\r\nX-Injected: yes", "a\nb", "\x00", "\x1b[31m", "é", "a" * 5_000, '"a\\"'):
        name_an_event(caller, text)


def name_an_event(caller: Caller, text: str) -> None:
    """Send events with a text for their id, in each way to give one."""
    body = {"type": "custom.ping", "id": text}
    assert held(caller.send("POST", "/v1/events", json=body)) == 422
    # The test's client itself sends no header of two lines.
    if "\n" not in text:
        held(caller.send("POST", "/v1/events", json={"type": "custom.ping"}, headers={"Idempotency-Key": text}))
    encoded = {"ce-specversion": "1.0", "ce-type": "custom.ping", "ce-source": "/", "ce-id": quote(text)}
    held(caller.send("POST", "/v1/events", data=b"{}", content_type=JSON, headers=encoded))


def test_a_mistake_of_ours_tells_no_credential(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the key of a request nor what an Okanjo request is signed with is in its answer or in the log."""

    def fail(*_: object) -> None:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(Ledger, "survey", fail)
    monkeypatch.setattr(SubscriptionLedger, "document", fail)
    answers = [caller.send("GET", "/v1/destinations")]
    target = signed_target(f"/events/EV4tQm8sKzB2nWc7RfXa?key={ERP.key}", ERP.passphrase.reveal())
    answers.append(caller.client.get(target, environ_overrides={"RAW_URI": target, "REQUEST_URI": target}))
    assert [answer.status_code for answer in answers] == [500, 500]
    told = caplog.text + "".join(answer.get_data(as_text=True) for answer in answers)
    assert caplog.text.count("a mistake") >= 2
    for secret in (caller.key[21:], ERP.key, ERP.passphrase.reveal(), target[-64:]):
        assert secret not in told
