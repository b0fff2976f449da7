"""Which behaviour the next request gets: by event id, else by path, else the one for all."""

import json
from collections import deque
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

from receiver.behaviour import Behaviour, Early, Ok

_ID_HEADERS = ("webhook-id", "ce-id", "x-event-id")


@dataclass(frozen=True)
class Received:
    """One request as it arrived. `at` is Unix time; `connection` counts the receiver's connections from 1."""

    method: str
    path: str
    query: str
    head: bytes
    body: bytes
    at: float
    connection: int

    @cached_property
    def header_lines(self) -> tuple[tuple[str, str], ...]:
        """Header names and values as sent, in order."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        pairs = (line.partition(":") for line in lines if line)
        return tuple((name, value.strip()) for name, _, value in pairs)

    @cached_property
    def headers(self) -> dict[str, str]:
        """Headers by lower-case name; of a repeated one, the last."""
        return {name.lower(): value for name, value in self.header_lines}

    @cached_property
    def event_id(self) -> str:
        """The `webhook-id`, `ce-id` or `x-event-id` header, else the JSON body's `id`, else empty."""
        for name in _ID_HEADERS:
            if name in self.headers:
                return self.headers[name]
        try:
            content = json.loads(self.body)
        except ValueError:
            return ""
        found = content.get("id", "") if isinstance(content, dict) else ""
        return found if isinstance(found, str) else ""


@dataclass(frozen=True)
class _Key:
    event_id: str | None
    path: str | None


_EVERYTHING = _Key(None, None)


class Script:
    """What requests are answered; an empty one answers all with Ok. It may change while requests arrive."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._next: dict[_Key, deque[Behaviour]] = {}
        self._standing: dict[_Key, Behaviour] = {}
        self._ok = Ok()

    def add(self, behaviours: tuple[Behaviour, ...], path: str | None, event_id: str | None) -> None:
        """Append behaviours that are each used once."""
        with self._lock:
            self._next.setdefault(_Key(event_id, path), deque()).extend(behaviours)

    def stand(self, behaviour: Behaviour, path: str | None, event_id: str | None) -> None:
        """Set what is used whenever nothing is queued."""
        with self._lock:
            self._standing[_Key(event_id, path)] = behaviour

    def clear(self) -> None:
        """Forget everything: all requests get Ok again."""
        with self._lock:
            self._next.clear()
            self._standing.clear()

    def choose(self, request: Received) -> Behaviour:
        """Take the behaviour for a request that has arrived in full."""
        if not self._next and not self._standing:
            return self._ok
        keys = (_Key(request.event_id, None), _Key(None, request.path), _EVERYTHING)
        with self._lock:
            return next((found for key in keys if (found := self._take(key))), self._ok)

    def choose_early(self, path: str) -> Early | None:
        """Take the behaviour for a request whose body is still under way, if it is one that does not wait."""
        with self._lock:
            for key in (_Key(None, path), _EVERYTHING):
                found = self._peek(key)
                if isinstance(found, Early):
                    self._take(key)
                    return found
        return None

    def _peek(self, key: _Key) -> Behaviour | None:
        queued = self._next.get(key)
        return queued[0] if queued else self._standing.get(key)

    def _take(self, key: _Key) -> Behaviour | None:
        queued = self._next.get(key)
        return queued.popleft() if queued else self._standing.get(key)
