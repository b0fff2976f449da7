"""What the simulated CloudEvents receiver takes and refuses, in its three modes."""

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from changing import changed
from outhaul_ops.simulators import Fate, OptionError, Simulator

JsonObject = dict[str, Any]
Start = Callable[..., Simulator]

STRUCTURED = "application/cloudevents+json; charset=UTF-8"
BATCHED = "application/cloudevents-batch+json; charset=UTF-8"
EVENT: JsonObject = {
    "id": "ev_01HX",
    "source": "/shops/ro",
    "specversion": "1.0",
    "type": "example.shop.order.created",
    "datacontenttype": "application/json",
    "dataschema": "https://shop.example/schemas/order/1",
    "subject": "order/O-5001",
    "time": "2025-11-20T00:53:20Z",
    "channel": "website",
    "attempt": 1,
    "data": {"order": "O-5001"},
}
HEADERS = {
    "content-type": "application/json",
    "ce-id": "ev_01HX",
    "ce-source": "/shops/ro",
    "ce-specversion": "1.0",
    "ce-type": "example.shop.order.created",
    "ce-time": "2025-11-20T00:53:20Z",
}


def structured(simulator: Simulator, body: object, content_type: str = STRUCTURED, **headers: str) -> requests.Response:
    """Post an event, or a list of them, as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"content-type": content_type, **headers}
    return requests.post(f"{simulator.url}/in", data=data, headers=sent, timeout=10)


def binary(simulator: Simulator, body: bytes = b'{"order":"O-5001"}', **headers: str | None) -> requests.Response:
    """Post an event in headers; a header given as None is left out, underscores stand for hyphens."""
    sent = HEADERS | {name.replace("_", "-"): value for name, value in headers.items()}
    present = {name: value for name, value in sent.items() if value is not None}
    return requests.post(f"{simulator.url}/in", data=body, headers=present, timeout=10)


def fates(simulator: Simulator) -> list[Fate]:
    """The fates of all entries in order."""
    return [entry.fate for entry in simulator.record]


@pytest.fixture
def cloudevents(started: Start) -> Simulator:
    """A receiver of unsigned events in any mode."""
    return started("cloudevents")


def test_a_structured_event_is_stored(cloudevents: Simulator) -> None:
    """All attributes, extensions and data in one object are taken without a remark."""
    answer = structured(cloudevents, EVENT)
    (entry,) = cloudevents.record
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert (entry.fate, entry.reason, entry.event) == (Fate.STORED, "", "example.shop.order.created")
    assert (entry.event_id, entry.key, entry.occurred_at) == ("ev_01HX", "/shops/ro#ev_01HX", 1_763_600_000.0)
    assert cloudevents.state() == {"events": {"example.shop.order.created": 1}, "modes": {"structured": 1}}


@pytest.mark.parametrize(
    "event",
    [
        {name: EVENT[name] for name in ("id", "source", "specversion", "type")},
        {**EVENT, "data": None},
        {**EVENT, "subject": None, "channel": None},
        {**EVENT, "source": "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66"},
        {**EVENT, "source": "https://shop.example/ro?x=1#y"},
        {**EVENT, "datacontenttype": "text/plain; charset=utf-8", "data": "{not JSON"},
        changed({**EVENT, "data_base64": "e30="}, "data", ...),
        {**EVENT, "flag": True},
    ],
)
def test_what_the_specification_allows_is_taken_without_a_remark(cloudevents: Simulator, event: JsonObject) -> None:
    """Optional attributes may be absent or null, and sources come in every form of a URI-reference."""
    assert structured(cloudevents, event).status_code == 200
    assert [(entry.fate, entry.reason) for entry in cloudevents.record] == [(Fate.STORED, "")]


BREACHES = [
    *[(name, value) for name in ("id", "source", "specversion", "type") for value in (..., "", None, 1)],
    ("source", "not a uri"),
    ("source", "/shops/%zz"),
    ("source", "/shops/ș"),
    ("specversion", "1.1"),
    ("specversion", "0.3"),
    ("datacontenttype", "json"),
    ("dataschema", "/relative"),
    ("dataschema", ""),
    ("subject", ""),
    ("time", "2025-11-20T00:53:20"),
    ("time", "2025-11-20 00:53:20Z"),
    ("time", "2025-13-20T00:53:20Z"),
    ("time", 1_763_600_000),
    ("Channel", "website"),
    ("sales_channel", "website"),
    ("channel", {"name": "website"}),
    ("channel", ["website"]),
    ("channel", 1.5),
    ("channel", 2**31),
    ("data_base64", "e30="),
]


@pytest.mark.parametrize(("path", "value"), BREACHES)
@pytest.mark.parametrize("content_type", [STRUCTURED, BATCHED])
def test_a_malformed_attribute_is_refused_by_name(
    cloudevents: Simulator, content_type: str, path: str, value: object
) -> None:
    """Each breach is answered with 400 and named, alone or within a batch, of which then nothing is taken."""
    sound, broken = changed(EVENT, "id", "ev_0"), changed(EVENT, path, value)
    answer = structured(cloudevents, [sound, broken] if content_type == BATCHED else broken, content_type)
    assert answer.status_code == 400
    assert (f"batch[1].{path}" if content_type == BATCHED else path) in answer.json()["message"]
    assert (fates(cloudevents), cloudevents.state()["events"]) == ([Fate.REFUSED], {})


@pytest.mark.parametrize("value", ["", "not base64", "e30", 7])
def test_binary_data_in_json_is_base64(cloudevents: Simulator, value: object) -> None:
    """`data_base64` is a string of base64; an empty one is empty data."""
    event = changed({**EVENT, "data_base64": value}, "data", ...)
    assert structured(cloudevents, event).status_code == (200 if value == "" else 400)


@pytest.mark.parametrize(
    ("event", "remark"),
    [
        ({**EVENT, "data": '{"order":"O-5001"}'}, "data: JSON within a string"),
        ({**EVENT, "x" * 21: "y"}, "of up to 20 characters is advised"),
    ],
)
def test_what_is_legal_but_unwise_is_remarked(cloudevents: Simulator, event: JsonObject, remark: str) -> None:
    """Data encoded twice and long names are taken, with a remark in the record."""
    assert structured(cloudevents, event).status_code == 200
    assert remark in cloudevents.record.entries()[0].reason


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b"\xff"])
def test_a_structured_body_that_is_no_object_is_refused(cloudevents: Simulator, body: bytes) -> None:
    """Broken JSON and JSON that is not an object are answered with 400."""
    assert structured(cloudevents, body).status_code == 400


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "application/cloudevents",
        "application/cloudevents+avro",
        "application/cloudevents+json; charset=latin-1",
        "application/cloudevents-batch+json; charset=utf-16",
    ],
)
def test_a_request_in_no_mode_is_not_supported(cloudevents: Simulator, content_type: str) -> None:
    """Without a known content type and without `ce-` headers it is 415."""
    assert structured(cloudevents, EVENT, content_type).status_code == 415


def test_a_foreign_format_is_not_binary_mode(cloudevents: Simulator) -> None:
    """A content type of another event format says that the headers are not the event."""
    assert binary(cloudevents, content_type="application/cloudevents+avro").status_code == 415


def test_a_binary_event_is_stored(cloudevents: Simulator) -> None:
    """Attributes come as headers, the body is the data."""
    assert binary(cloudevents).status_code == 200
    (entry,) = cloudevents.record
    assert (entry.fate, entry.event, entry.event_id) == (Fate.STORED, "example.shop.order.created", "ev_01HX")
    assert (entry.key, entry.occurred_at, entry.body) == (
        "/shops/ro#ev_01HX",
        1_763_600_000.0,
        b'{"order":"O-5001"}',
    )
    assert cloudevents.state()["modes"] == {"binary": 1}


@pytest.mark.parametrize(
    ("encoded", "decoded"),
    [
        ("O-5001", "O-5001"),
        ("mug%20red", "mug red"),
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro \u20ac \U0001f600"),
        ("%22quoted%22", '"quoted"'),
        ("100%25", "100%"),
        ("%2520", "%20"),
        ("%41bc", "Abc"),
        ("it's~!#$&/:;<=>?@[]^_`{|}", "it's~!#$&/:;<=>?@[]^_`{|}"),
    ],
)
def test_headers_are_percent_decoded_once(cloudevents: Simulator, encoded: str, decoded: str) -> None:
    """Encoded UTF-8 is read as it was meant, and no further."""
    assert binary(cloudevents, ce_id=encoded).status_code == 200
    assert cloudevents.record.entries()[0].event_id == decoded


@pytest.mark.parametrize("value", ["mug red", '"quoted"', "100%", "%zz", "%E2%82", "%FF", "caf\xe9", "tab\there"])
def test_a_header_that_is_not_properly_encoded_is_refused(cloudevents: Simulator, value: str) -> None:
    """Space, quote, bare percent, anything but ASCII and broken UTF-8 are mistakes of the sender."""
    answer = binary(cloudevents, ce_subject=value)
    assert answer.status_code == 400
    assert "ce-subject" in answer.json()["message"]


@pytest.mark.parametrize(
    ("header", "value", "named"),
    [
        ("ce_id", None, "id"),
        ("ce_source", None, "source"),
        ("ce_type", None, "type"),
        ("ce_specversion", None, "specversion"),
        ("ce_specversion", "0.3", "specversion"),
        ("ce_time", "2025-11-20", "time"),
        ("ce_subject", "", "subject"),
        ("ce_dataschema", "relative", "dataschema"),
        ("ce_datacontenttype", "application/json", "ce-datacontenttype"),
        ("ce_data", "%7B%7D", "ce-data"),
        ("content_type", "json", "datacontenttype"),
    ],
)
def test_a_malformed_attribute_in_headers_is_refused(
    cloudevents: Simulator, header: str, value: str | None, named: str
) -> None:
    """The rules for attributes are those of every mode; data and its type have places of their own."""
    given: Any = {header: value}
    answer = binary(cloudevents, **given)
    assert answer.status_code == 400
    assert named in answer.json()["message"]


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{", 400),
        ("application/problem+json", b"{", 400),
        ("text/plain", b"{", 200),
        ("application/json", b"", 200),
        (None, b"", 200),
    ],
)
def test_the_body_is_what_its_content_type_says(
    cloudevents: Simulator, content_type: str | None, body: bytes, status: int
) -> None:
    """JSON must be JSON; there may be no data at all."""
    assert binary(cloudevents, body, content_type=content_type).status_code == status


def test_each_event_of_a_batch_has_its_own_entry(cloudevents: Simulator) -> None:
    """A batch is answered as one and recorded as many, repetitions within it included."""
    batch = [EVENT, changed(EVENT, "id", "ev_2"), EVENT]
    assert structured(cloudevents, batch, BATCHED).status_code == 200
    assert [(entry.number, entry.event_id, entry.fate) for entry in cloudevents.record] == [
        (1, "ev_01HX", Fate.STORED),
        (2, "ev_2", Fate.STORED),
        (3, "ev_01HX", Fate.DUPLICATE),
    ]
    assert (cloudevents.record.arrivals("ev_01HX"), cloudevents.state()["modes"]) == (2, {"batched": 2})


def test_an_empty_batch_is_taken_for_what_it_is(cloudevents: Simulator) -> None:
    """There may be no event in a batch; then nothing is stored."""
    assert structured(cloudevents, [], BATCHED).status_code == 200
    assert fates(cloudevents) == [Fate.NOT_STORED]


@pytest.mark.parametrize("body", [EVENT, [7], [EVENT, None], b"["])
def test_a_batch_that_is_no_list_of_events_is_refused(cloudevents: Simulator, body: object) -> None:
    """A batch is a JSON list of objects."""
    assert structured(cloudevents, body, BATCHED).status_code == 400


def test_source_and_id_together_tell_a_repetition(cloudevents: Simulator) -> None:
    """The same id of another source is another event; the same event is a duplicate, whatever its members' order."""
    reordered = dict(reversed(EVENT.items()))
    for event in (EVENT, reordered, changed(EVENT, "source", "/shops/de"), changed(EVENT, "data.order", "O-5002")):
        assert structured(cloudevents, event).status_code == 200
    assert fates(cloudevents) == [Fate.STORED, Fate.DUPLICATE, Fate.STORED, Fate.DUPLICATE]
    assert [entry.reason for entry in cloudevents.record] == ["", "", "", "the event differs from the first one"]


def test_a_repetition_in_binary_mode_is_recognised(cloudevents: Simulator) -> None:
    """Headers tell it as the JSON format does, and a body that differs is noted."""
    binary(cloudevents)
    binary(cloudevents)
    binary(cloudevents, b'{"order":"O-5002"}')
    assert fates(cloudevents) == [Fate.STORED, Fate.DUPLICATE, Fate.DUPLICATE]
    assert cloudevents.record.entries()[2].reason == "the event differs from the first one"


def test_a_receiver_may_take_some_modes_only(started: Start) -> None:
    """A mode that is not taken is 415, with those that are."""
    simulator = started("cloudevents", modes=("binary",))
    assert binary(simulator).status_code == 200
    answer = structured(simulator, EVENT)
    assert (answer.status_code, "binary" in answer.json()["message"]) == (415, True)


@pytest.mark.parametrize(("size", "status"), [(65_536, 200), (65_537, 413)])
def test_a_body_above_the_portable_size_is_too_large(cloudevents: Simulator, size: int, status: int) -> None:
    """64 KiB are taken, a byte more is not."""
    room = size - len(json.dumps({**EVENT, "data": ""}).encode())
    assert structured(cloudevents, {**EVENT, "data": "x" * room}).status_code == status


def test_only_post_is_taken(cloudevents: Simulator) -> None:
    """Another method is answered with 405 and the one allowed."""
    answer = requests.get(cloudevents.url, timeout=10)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


KEY = bytes(range(32))


def signature(body: bytes, timestamp: str = "1763600000") -> str:
    """A `v1` signature as Standard Webhooks describes it."""
    digest = hmac.digest(KEY, b"msg_1." + timestamp.encode() + b"." + body, "sha256")
    return "v1," + base64.b64encode(digest).decode()


@pytest.mark.parametrize(
    ("timestamp", "changed_body", "status"),
    [("1763600000", False, 200), ("1763599699", False, 401), ("1763600000", True, 401)],
)
def test_a_receiver_with_a_secret_believes_signed_requests_only(
    started: Start, timestamp: str, changed_body: bool, status: int
) -> None:
    """The signature fits the body and the time is within five minutes, or it is 401."""
    simulator = started("cloudevents", secrets=("whsec_" + base64.b64encode(KEY).decode(),))
    body = json.dumps(EVENT).encode()
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(b"{}" if changed_body else body, timestamp),
    }
    assert structured(simulator, body, **headers).status_code == status


def test_a_receiver_with_a_secret_refuses_unsigned_requests_before_reading_them(started: Start) -> None:
    """Without the headers it is 400, whatever the body."""
    simulator = started("cloudevents", secrets=("whsec_" + base64.b64encode(KEY).decode(),))
    assert "webhook-signature" in structured(simulator, b"{").json()["message"]
    assert fates(simulator) == [Fate.REFUSED]


@pytest.mark.parametrize("options", [{"modes": ("json",)}, {"secrets": ("whsec_c2hvcnQ=",)}])
def test_unusable_options_stop_the_start(options: JsonObject) -> None:
    """Modes are the three there are, and secrets are of the documented form."""
    with pytest.raises(OptionError, match="expected"):
        Simulator.start("cloudevents", **options)
