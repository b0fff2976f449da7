"""How the OpenAPI document describes an event: the model itself, in each of the forms in which it is handed over."""

from typing import Any

from outhaul_producers.schema.envelope import ENVELOPE, TypeName
from outhaul_producers.schema.free import Free
from outhaul_producers.schema.moments import Day, Moment
from outhaul_producers.schema.numbers import Flag, Money, Number
from outhaul_producers.schema.section import Entries, Many, Part
from outhaul_producers.schema.text import Choice, Code, Email, Identifier, Text
from outhaul_producers.types import TYPES
from outhaul_producers.web.bodies import BATCHED, JSON, NDJSON, STRUCTURED

EVENT = "Event"
CLOUDEVENT = "CloudEvent"
_EXAMPLE = {
    "type": "customer.updated",
    "id": "crm-71-revision-5",
    "customer": {"id": "C-71", "email": "mara@shop.example", "first_name": "Mara"},
}
_CLOUDEVENT: dict[str, Any] = {
    "description": "A CloudEvent 1.0 in the JSON format. A type of Outhaul's vocabulary, or `custom.<name>`, has the"
    " sections of the event as `data`; any other becomes `custom.<type>` with its `data` under `properties`.",
    "type": "object",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1},
        "source": {"type": "string", "minLength": 1},
        "type": {"type": "string", "minLength": 1},
        "time": {"type": "string", "format": "date-time"},
        "subject": {"type": "string", "minLength": 1},
        "datacontenttype": {"type": "string"},
        "data": {},
    },
}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _many(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name), "minItems": 1}


REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": {"anyOf": [_ref(EVENT), _many(EVENT)]}, "example": _EXAMPLE},
            NDJSON: {"schema": {"type": "string", "description": "One event a line."}},
            STRUCTURED: {"schema": _ref(CLOUDEVENT)},
            BATCHED: {"schema": _many(CLOUDEVENT)},
        },
    },
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "The id of an event that has none; in a batch, followed by `-` and the event's place.",
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{3,56}$"},
        }
    ],
}
"""What `POST /v1/events` reads. The binary mode of CloudEvents has `ce-` headers and any JSON as its body."""


def own_field(converter: Any, field: Any, **_: Any) -> dict[str, Any]:
    """Describe a field of the event model; apispec calls it for every field there is."""
    if isinstance(field, Part):
        return dict(converter.resolve_nested_schema(field.section))
    if isinstance(field, Many):
        return {"type": "array", "items": converter.field2property(field.inner)}
    if isinstance(field, TypeName):
        return {"type": "string", "examples": [*TYPES, "custom.quiz_finished"]}
    return next((dict(words) for kind, words in _KINDS.items() if isinstance(field, kind)), {})


def describe_events(spec: Any) -> None:
    """Give an OpenAPI document its schemas of events."""
    spec.components.schema(EVENT, schema=ENVELOPE)
    spec.components.schema(CLOUDEVENT, _CLOUDEVENT)


_NUMBER_AS_TEXT: dict[str, Any] = {"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,8})?$"}
_KINDS: dict[type, dict[str, Any]] = {
    Moment: {"type": "string", "format": "date-time"},
    Day: {"type": "string", "format": "date"},
    Money: {"anyOf": [{"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,4})?$"}, {"type": "integer"}]},
    Number: {"anyOf": [{"type": "number"}, _NUMBER_AS_TEXT]},
    Flag: {"type": ["boolean", "null"]},
    Identifier: {"anyOf": [{"type": "string", "minLength": 1, "maxLength": 128}, {"type": "integer"}]},
    Email: {"type": "string", "format": "email"},
    Choice: {"type": "string"},
    Code: {"type": "string"},
    Text: {"type": "string"},
    Entries: {"type": "object"},
    Free: {"type": "object"},
}
"""Subclasses stand before what they derive from."""
