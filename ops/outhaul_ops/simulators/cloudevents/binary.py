"""Reading a CloudEvent in binary mode: attributes from `ce-` headers, from the CloudEvents HTTP binding 1.0."""

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from outhaul_ops.simulators.cloudevents.attributes import attributes, is_json_type
from outhaul_ops.simulators.exchange import UNREADABLE, Call

PREFIX = "ce-"

# Printable ASCII but space, quote and percent, which come as percent and two hex digits, as does everything else.
_ENCODED = re.compile(r"(?:[!#$&-~]|%[0-9A-Fa-f]{2})*", re.ASCII)


def is_binary(call: Call) -> bool:
    """Whether a call means to be an event in binary mode: it has a `ce-` header."""
    return any(name.startswith(PREFIX) for name in call.headers)


def from_headers(call: Call) -> dict[str, object]:
    """The attributes as the headers say them, decoded as far as can be; the content type is `datacontenttype`."""
    decoded: dict[str, object] = {
        name.removeprefix(PREFIX): unquote_to_bytes(value.encode("latin-1")).decode(errors="replace")
        for name, value in call.headers.items()
        if name.startswith(PREFIX)
    }
    content_type = call.headers.get("content-type")
    return {**decoded, "datacontenttype": content_type} if content_type else decoded


def binary_breaches(call: Call) -> Iterator[str]:
    """What is wrong with an event in binary mode."""
    for name, value in call.headers.items():
        if name.startswith(PREFIX):
            yield from _misencoded(name, value)
    yield from (f"{name}: is no attribute of its own" for name in _FORBIDDEN if name in call.headers)
    yield from attributes(from_headers(call), "")
    content_type = call.headers.get("content-type", "")
    if call.body and is_json_type(content_type) and call.document is UNREADABLE:
        yield f"body: expected JSON, as the content type {content_type} says"


def _misencoded(name: str, value: str) -> Iterator[str]:
    if not _ENCODED.fullmatch(value):
        yield f"{name}: expected space, quote, percent and all but printable ASCII percent-encoded, got {value!r}"
        return
    try:
        unquote_to_bytes(value).decode()
    except UnicodeDecodeError:
        yield f"{name}: expected UTF-8 behind the percent-encoding, got {value!r}"


_FORBIDDEN = ("ce-datacontenttype", "ce-data", "ce-data_base64")
