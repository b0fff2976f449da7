"""The canonical event: one fact, validated and normalised, as every destination reads it."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

ROUTING = frozenset({"destinations", "deliver_after", "expires_at"})
"""The parts of an event that say where and when it is to go."""

HANDLING = ROUTING | {"overrides"}
"""The parts of an event that say how to deliver it: addressed to Outhaul, not to a destination."""

_APART = HANDLING | {"type", "occurred_at"}
_FRONT = ("type", "occurred_at", *sorted(HANDLING), "id", "source", "environment")
# The beginning of an event without any handling, and without characters that JSON escapes.
_PLAIN = re.compile(
    rb'\{"type":"([^"\\]+)","occurred_at":"([^"\\]+)","id":"([^"\\]+)","source":"([^"\\]*)","environment":"([^"\\]+)",'
)


def canonical(body: Mapping[str, Any]) -> bytes:
    """Return an event's canonical JSON: type, time, handling and origin first, then everything else by name.

    So what is known of its beginning says where the rest begins, and who passes that on need not take it apart.
    """
    front = {name: _by_name(body[name]) for name in _FRONT if name in body}
    rest = {name: value for name, value in body.items() if name not in front}
    if not rest:
        return orjson.dumps(front)
    return orjson.dumps(front)[:-1] + b"," + orjson.dumps(rest, option=orjson.OPT_SORT_KEYS)[1:]


def _by_name(value: Any) -> Any:
    return value if isinstance(value, str) else orjson.Fragment(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))


class Event:
    """One normalised fact. Of its canonical JSON only the beginning is read until somebody asks for more."""

    __slots__ = ("_body", "_environment", "_id", "_raw", "_rest", "_source", "_time", "_type")

    def __init__(self, raw: bytes) -> None:
        """Read an event from its stored canonical JSON, which was validated when it was accepted.

        Raises:
            ValueError: it is no JSON.
            KeyError: a part that every event has is missing.
        """
        self._raw = raw
        self._body: Mapping[str, Any] | None = None
        plain = _PLAIN.match(raw)
        if plain is not None and raw[-1:] == b"}":
            self._rest = plain.end(2) + len(b'",')
            names = [name.decode() for name in plain.groups()]
            self._type, self._time, self._id, self._source, self._environment = names
        else:
            self._rest = 0
            self._body = body = orjson.loads(raw)
            self._type, self._time, self._id = body["type"], body["occurred_at"], body["id"]
            self._source, self._environment = body["source"], body["environment"]

    def __eq__(self, other: object) -> bool:
        """Equal events have equal bodies."""
        return isinstance(other, Event) and self.body == other.body

    __hash__ = None  # type: ignore[assignment] # it holds mappings

    def __repr__(self) -> str:
        """Name it, without what may be somebody's data."""
        return f"Event(id={self.id!r}, type={self.type!r})"

    @property
    def raw(self) -> bytes:
        """The bytes it was read from."""
        return self._raw

    @property
    def id(self) -> str:
        """The caller's idempotency key, or `ev_` and a ULID."""
        return self._id

    @property
    def type(self) -> str:
        """A name of the vocabulary, such as `order.created`, or `custom.<name>`."""
        return self._type

    @property
    def source(self) -> str:
        """URI-reference of the system the event comes from."""
        return self._source

    @property
    def environment(self) -> str:
        """`prod` or `test`."""
        return self._environment

    @property
    def time(self) -> str:
        """When it happened, as the canonical form has it: `2026-03-05T08:15:00.000Z`."""
        return self._time

    @property
    def occurred_at(self) -> datetime:
        """When it happened, aware, UTC, to the millisecond."""
        return datetime.fromisoformat(self._time)

    @property
    def body(self) -> Mapping[str, Any]:
        """The whole canonical event as JSON types.

        Amounts of money are decimal strings with two to four decimals, other numbers are JSON numbers, times are RFC
        3339 in UTC with milliseconds (`2026-03-05T08:15:00.000Z`). The envelope (`id`, `type`, `source`, ...) and the
        sections (`customer`, `order`, ...) stand side by side at its top level.
        """
        if self._body is None:
            self._body = orjson.loads(self._raw)
        return self._body

    @property
    def data(self) -> bytes:
        """All but type, time and handling, as a JSON object."""
        return self.data_between(b"", b"")

    def data_between(self, before: bytes, after: bytes) -> bytes:
        """Return the data in one piece with what is to stand before and behind it."""
        if self._rest:
            return b"".join((before, b"{", memoryview(self._raw)[self._rest :], after))
        data = {name: value for name, value in self.body.items() if name not in _APART}
        return b"".join((before, orjson.dumps(data), after))

    @property
    def overrides(self) -> Mapping[str, Mapping[str, Any]]:
        """What it says to single destinations beside what it says to all, by their names."""
        return {} if self._rest else self.body.get("overrides", {})

    @property
    def expires_at(self) -> datetime | None:
        """From when on it is not wanted any more, aware; None for never."""
        written = None if self._rest else self.body.get("expires_at")
        return datetime.fromisoformat(written) if written else None
