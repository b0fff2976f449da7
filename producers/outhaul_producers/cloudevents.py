"""From a CloudEvent 1.0 of anybody's to an event as `enqueue_event` takes it.

Source: the CloudEvents specification 1.0.2, its JSON format and its HTTP protocol binding.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from outhaul_producers.errors import InvalidEvent
from outhaul_producers.problems import described
from outhaul_producers.types import ALIASES, CUSTOM_PREFIX, TYPES

_EXTENSIONS = "extensions"
_ATTRIBUTE = re.compile(r"[a-z0-9]{1,64}").fullmatch
_OWN_ID = re.compile(r"[A-Za-z0-9_-]{16,64}").fullmatch
_OUTSIDE = re.compile(r"[^a-z0-9_]+")
_FAMILIES = frozenset(name.partition(".")[0] for name in TYPES)
_ENVELOPE = frozenset({"id", "source", "type", "specversion", "time", "subject", "datacontenttype", "data"})
# These differ between two sendings of one event, which would make the second a conflict.
_OF_THE_TRANSPORT = frozenset({"traceparent", "tracestate", "sequence", "sequencetype", "recordedtime"})


def from_cloudevent(given: Any) -> dict[str, Any]:
    """Return the event that a CloudEvent in the JSON format stands for.

    A type of the vocabulary, or one that begins with `custom.`, has the sections of the event as its `data`. Any other
    type becomes `custom.<type>`, with its `data` under `properties`. Extension attributes go to
    `properties.extensions`, but for those that belong to the transport.

    Raises:
        InvalidEvent: it is no CloudEvent; every problem with the attribute's name.
    """
    if not isinstance(given, Mapping):
        raise InvalidEvent({"event": f"expected a CloudEvent, an object, got {described(given)}"})
    _check(given)
    known = given["type"] in TYPES or given["type"] in ALIASES or given["type"].startswith(CUSTOM_PREFIX)
    spelt = known or given["type"].partition(".")[0] in _FAMILIES
    event = {
        **(_sections(given.get("data")) if spelt else {"properties": _properties(given.get("data"))}),
        "id": event_id(given["id"], given["source"]),
        "source": given["source"],
        "type": given["type"] if spelt else custom_type(given["type"]),
    }
    for attribute, name in (("time", "occurred_at"), ("subject", "subject")):
        if attribute in given:
            event[name] = given[attribute]
    return _with_extensions(event, given)


def event_id(given: str, source: str) -> str:
    """Return the event id for an id that is only unique within its source.

    One of 16 characters or more that an event may have is taken to be unique by itself; any other is hashed with its
    source.
    """
    if _OWN_ID(given):
        return given
    return "ce_" + sha256(f"{source}\n{given}".encode("utf-8", "surrogatepass")).hexdigest()[:40]


def custom_type(given: str) -> str:
    """Return `custom.` and a type of anybody's, in the letters that a type may have."""
    parts = [_OUTSIDE.sub("_", part.lower()).strip("_") for part in re.split(r"[./:]+", given)]
    return (CUSTOM_PREFIX + ".".join(filter(None, parts)))[:64].rstrip("._")


def _check(given: Mapping[str, Any]) -> None:
    problems = {
        name: f"expected a string of at least one character, got {described(given.get(name))}"
        for name in ("id", "source", "type")
        if not isinstance(given.get(name), str) or not given[name]
    }
    if given.get("specversion") != "1.0":
        problems["specversion"] = f"expected '1.0', got {described(given.get('specversion'))}"
    if "data_base64" in given:
        problems["data_base64"] = "expected JSON under data, got bytes: Outhaul carries events of JSON"
    kind = given.get("datacontenttype", "application/json")
    if not isinstance(kind, str) or not is_json(kind):
        problems["datacontenttype"] = f"expected application/json, got {described(kind)}"
    for name in given:
        if name != "data_base64" and not _ATTRIBUTE(name):
            problems[name[:64]] = "expected an attribute's name of a-z and 0-9"
    if problems:
        raise InvalidEvent(problems)


def is_json(content_type: str) -> bool:
    """Say whether a content type means JSON."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind in ("application/json", "text/json") or kind.endswith("+json")


def _sections(data: Any) -> dict[str, Any]:
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        raise InvalidEvent({"data": f"expected the sections of the event, an object, got {described(data)}"})
    taken = sorted(set(data) & {"id", "source", "type", "occurred_at", "subject"})
    if taken:
        raise InvalidEvent(
            {f"data.{name}": "expected this as attribute of the CloudEvent, not in data" for name in taken}
        )
    return dict(data)


def _properties(data: Any) -> dict[str, Any]:
    return dict(data) if isinstance(data, Mapping) else {} if data is None else {"data": data}


def _with_extensions(event: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    extensions = {
        name: value
        for name, value in given.items()
        if name not in _ENVELOPE and name not in _OF_THE_TRANSPORT and value is not None
    }
    if not extensions:
        return event
    properties = event.get("properties", {})
    if not isinstance(properties, Mapping):
        return event
    return {**event, "properties": {**properties, _EXTENSIONS: extensions}}
