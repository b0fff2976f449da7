"""What the body of a request holds: one event or many, in each of the forms that the API reads."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import orjson
from flask import Request
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge

from outhaul_producers.cloudevents import from_cloudevent, is_json
from outhaul_producers.errors import InvalidEvent
from outhaul_producers.problems import described
from outhaul_producers.web.problems import Problem

JSON = "application/json"
NDJSON = "application/x-ndjson"
STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
MOST_EVENTS = 10_000

_CE = "ce-"
Given = Mapping[str, Any] | InvalidEvent


@dataclass(frozen=True, slots=True)
class Submitted:
    """The events of a request, in order: each as `enqueue_event` takes it, or why it cannot be read."""

    events: list[Given]
    batch: bool


def read_events(asked: Request) -> Submitted:
    """Read the events of a request.

    Raises:
        Problem: the body is of no known type, or cannot be read as a whole.
    """
    kind = (asked.mimetype or "").lower()
    body = read_body(asked)
    if kind == STRUCTURED:
        return Submitted([_read(from_cloudevent, parsed(body))], batch=False)
    if kind == BATCHED:
        return Submitted([_read(from_cloudevent, each) for each in _list(parsed(body))], batch=True)
    if f"{_CE}specversion" in asked.headers:
        return Submitted([_read(from_cloudevent, _binary(asked, body))], batch=False)
    if kind == NDJSON:
        return Submitted(list(_lines(body)), batch=True)
    if kind != JSON:
        known = f"{JSON}, {NDJSON}, {STRUCTURED}, {BATCHED}"
        raise Problem("unsupported-media-type", f"expected Content-Type {known}, got {kind[:60] or 'none'!r}")
    document = parsed(body)
    if isinstance(document, list):
        return Submitted([_object(each) for each in _list(document)], batch=True)
    return Submitted([_object(document)], batch=False)


def read_body(asked: Request) -> bytes:
    """Return the whole body.

    Raises:
        Problem: it did not arrive in time, or not in whole chunks.
        werkzeug.exceptions.RequestEntityTooLarge: it is over the limit.
    """
    try:
        body = asked.get_data(cache=False)
    except ClientDisconnected:
        raise Problem("too-slow", headers={"Connection": "close"}) from None
    except HTTPException:
        raise
    except Exception as error:  # noqa: BLE001 -- every server has errors of its own for chunks that are none
        told = f"expected a body in whole chunks, got none: {type(error).__name__}"
        raise Problem("invalid-request", told, headers={"Connection": "close"}) from None
    limit = asked.max_content_length
    # Of a body in chunks Werkzeug gives what fits into the limit, and does not say that there is more.
    if asked.content_length is None and limit is not None and len(body) >= limit:
        raise RequestEntityTooLarge
    return body


def parsed(body: bytes) -> Any:
    """Return the JSON document of a body.

    Raises:
        Problem: it holds none.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem("invalid-request", f"expected JSON, got none that can be read: {error}") from None


def _list(document: Any) -> list[Any]:
    if not isinstance(document, list):
        raise Problem("invalid-request", f"expected a list of events, got {described(document)}")
    if not 1 <= len(document) <= MOST_EVENTS:
        raise Problem("invalid-request", f"expected 1 to {MOST_EVENTS} events, got {len(document)}")
    return document


def _lines(body: bytes) -> Iterator[Given]:
    lines = [line for line in body.split(b"\n") if line.strip()]
    for line in _list(lines):
        try:
            yield _object(orjson.loads(line))
        except orjson.JSONDecodeError as error:
            yield InvalidEvent({"event": f"expected one JSON object a line, got no valid JSON: {error}"})


def _object(document: Any) -> Given:
    if isinstance(document, dict):
        return document
    return InvalidEvent({"event": f"expected an object, got {described(document)}"})


def _read(read: Callable[[Any], dict[str, Any]], document: Any) -> Given:
    try:
        return read(document)
    except InvalidEvent as error:
        return error


def _binary(asked: Request, body: bytes) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        name.lower().removeprefix(_CE): unquote(value)
        for name, value in asked.headers.items()
        if name.lower().startswith(_CE)
    }
    if asked.content_type:
        attributes["datacontenttype"] = asked.content_type
        if body and is_json(asked.content_type):
            attributes["data"] = parsed(body)
    elif body:
        attributes["data"] = parsed(body)
    return attributes
