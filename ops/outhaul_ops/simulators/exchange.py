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
    def charset(self) -> str:
        """The charset the content type names, in lower case; empty where it names none."""
        for parameter in self.headers.get("content-type", "").lower().split(";")[1:]:
            name, _, value = parameter.strip().partition("=")
            if name == "charset":
                return value.strip('"')
        return ""

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
        return wording(self.members, name)


def wording(members: Mapping[str, object], name: str) -> str:
    """A string or integer among the members, as text; empty where there is none."""
    value = members.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def section(members: Mapping[str, object], name: str) -> dict[str, object]:
    """The members of an object among the members; empty where there is none."""
    value = members.get(name)
    return value if isinstance(value, dict) else {}


class Unreadable:
    """Marks a body that is not JSON."""


UNREADABLE = Unreadable()


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer; its length is added when it is written, and to a body that names no content type that of JSON."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, document: object, headers: Mapping[str, str] | None = None) -> "Reply":
        """An answer with a JSON body."""
        return cls(status, orjson.dumps(document), headers or {})

    @classmethod
    def text(cls, status: int, words: str) -> "Reply":
        """An answer in plain text."""
        return cls(status, words.encode(), {"Content-Type": "text/plain; charset=utf-8"})


@dataclass(frozen=True, slots=True)
class Identity:
    """What a request is about: event name, event id, the vendor's own key for it, when it happened (Unix seconds)."""

    event: str = ""
    event_id: str = ""
    key: str = ""
    occurred_at: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One of several events in a request: what it is about, what becomes of it, and why."""

    identity: Identity
    fate: Fate
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the vendor makes of a call: the answer it gives, what becomes of the event, and why.

    Where a request carries several events, `parts` says so of each, and each gets an entry of its own. `pause` is how
    many seconds the vendor takes to answer.
    """

    reply: Reply
    fate: Fate
    reason: str = ""
    parts: tuple[Part, ...] = ()
    pause: float = 0.0


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
