"""What passes between a simulator's HTTP server and the vendor it plays: a call, and how the vendor judges it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Protocol
from urllib.parse import parse_qs

import orjson

from outhaul_ops.simulators.record import Fate


@dataclass(frozen=True)
class Call:
    """One HTTP request as it arrived: header names lower case, `received_at` in Unix seconds."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    received_at: float

    @cached_property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's parameters; of a repeated one the last counts."""
        return {name: values[-1] for name, values in parse_qs(self.target.partition("?")[2]).items()}

    @cached_property
    def media_type(self) -> str:
        """The content type in lower case, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @cached_property
    def document(self) -> object:
        """The body read as strict JSON, or `UNREADABLE`."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return UNREADABLE

    @property
    def members(self) -> dict[str, object]:
        """The members of the body's object; empty where the body is anything else."""
        return self.document if isinstance(self.document, dict) else {}

    def member(self, name: str) -> str:
        """A top-level string or integer of the body, as text; empty where there is none."""
        value = self.members.get(name)
        return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


class Unreadable:
    """Marks a body that is not JSON."""


UNREADABLE = Unreadable()


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer; content type and length are added when it is written."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, document: object, headers: Mapping[str, str] | None = None) -> "Reply":
        """An answer with a JSON body."""
        return cls(status, orjson.dumps(document), headers or {})


@dataclass(frozen=True, slots=True)
class Identity:
    """What a request is about: event name, event id, the vendor's own key for it, when it happened (Unix seconds)."""

    event: str = ""
    event_id: str = ""
    key: str = ""
    occurred_at: float | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the vendor makes of a call: the answer it gives, what becomes of the event, and why."""

    reply: Reply
    fate: Fate
    reason: str = ""


Checkpoint = Callable[[Call], Judgement | None]
"""One of a vendor's checks: None lets the call through."""


class Vendor(Protocol):
    """One simulated vendor. Used from one thread at a time."""

    kind: ClassVar[str]

    def identify(self, call: Call) -> Identity:
        """Say what the call is about, as far as it can be read. Never raises and changes nothing."""
        ...

    def judge(self, call: Call) -> Judgement:
        """Check the call as the vendor would and keep what the vendor would keep."""
        ...

    def state(self) -> dict[str, object]:
        """What the vendor holds now, as JSON types."""
        ...

    def reset(self) -> None:
        """Forget everything it holds."""
        ...
