"""What an event or a configuration says never becomes a header line of its own."""

from typing import Any

import pytest
from marshmallow import ValidationError

from outhaul_worker.destinations.contract import Moment, Payload
from outhaul_worker.transports.outgoing import encode_headers
from unit.destinations.canonical import event
from unit.destinations.configured import built

MOMENT = Moment(sent_at=1_763_600_000.0, attempt=1)
LINES = (
    "a\r\nX-Injected: yes",
    "a\nX-Injected: yes",
    "a\rX-Injected: yes",
    "\x00",
    "a\u2028b",
    "\x1b[31m",
    "é\u010a\u010d",
)


def lines(kind: str, sample: Any, **options: Any) -> list[bytes]:
    """Return the header lines of the request for an event, as they go over the wire."""
    made = built(kind, **options)
    payload = made.serialise(sample)
    assert isinstance(payload, Payload)
    headers = made.request(sample, payload, MOMENT).headers
    written = encode_headers(headers).split(b"\r\n")
    assert len(written) == len(headers) + 1
    return written


@pytest.mark.parametrize("text", LINES)
def test_a_cloudevents_attribute_is_one_line_whatever_the_event_says(text: str) -> None:
    """Subject, source and what overrides add are escaped as the HTTP binding wants it."""
    sample = event(
        "custom.ping",
        source=text,
        customer={"id": text},
        overrides={"cloudevents": {"extra": text, "x\r\nX-Injected": "yes", "subject": text}},
    )
    for line in lines("cloudevents", sample, mode="binary"):
        assert not line.lower().startswith(b"x-injected")
        assert line.isascii()
        assert all(each >= 0x20 for each in line)


@pytest.mark.parametrize("event_type", ["custom.a", "custom.a_b.c", "custom." + "x" * 50])
def test_the_name_of_a_custom_event_is_one_line(event_type: str) -> None:
    """Remarkety takes it from a header; only letters, digits and dashes of the type are in it."""
    written = lines("remarkety", event(event_type, customer={"email": "mara@shop.example"}))
    (name,) = [line for line in written if line.lower().startswith(b"x-event-type: ")]
    assert name.partition(b": ")[2].replace(b"-", b"").replace(b"/", b"").isalnum()


@pytest.mark.parametrize("text", LINES)
def test_a_configured_header_that_is_no_line_is_refused(text: str) -> None:
    """Of the configuration and of a subscription alike, as both are read by the kind."""
    for headers in ({"x-shop": text}, {text: "yes"}):
        with pytest.raises(ValidationError):
            built("webhook", headers=headers)


@pytest.mark.parametrize(
    "name", ["host", "Content-Length", "transfer-encoding", "Connection", "webhook-signature", "TE"]
)
def test_a_configured_header_takes_no_place_that_outhaul_fills(name: str) -> None:
    """Another length, host or signature would make two readers see two requests."""
    with pytest.raises(ValidationError):
        built("webhook", headers={name: "1"})
