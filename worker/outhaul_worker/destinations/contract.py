"""What a destination kind is: the small interface that built-in and third-party kinds implement."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

from marshmallow import Schema

from outhaul_config.destinations import Destination
from outhaul_config.policy import Policy
from outhaul_producers.event import Event
from outhaul_worker.exchange import Answer, Request


class Meaning(StrEnum):
    """What an answer means for the delivery, before policy decides what happens next."""

    DELIVERED = "delivered"
    RETRY = "retry"
    DEAD = "dead"
    DESTINATION_FAULT = "destination_fault"


class Payload(NamedTuple):
    """An event in the destination's own form: deterministic, without credentials or anything of the attempt.

    `vendor_id` is the id the endpoint knows the event by where that is not ours; it is kept with each attempt.
    """

    body: bytes
    headers: Mapping[str, str] = MappingProxyType({})
    vendor_id: str = ""


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The destination has no use for this event; the delivery ends as `skipped` with this reason."""

    reason: str


class Moment(NamedTuple):
    """The attempt a request is made for: when it is sent (Unix seconds) and its number, from 1."""

    sent_at: float
    attempt: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a destination reads an answer: the meaning, a reason for people, and warnings to keep with the delivery.

    `wait` is the least time to the next try in seconds, for a vendor that wants to be left alone longer than the
    destination's schedule says. Only `RETRY` has a next try.
    """

    meaning: Meaning
    reason: str = ""
    warnings: tuple[str, ...] = ()
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Trial:
    """A request that shows whether a destination is set up right and does no harm there: nothing comes of it.

    `sends` completes the sentence "sent ...", without credentials. `read` says what the answer means. `caveat` is what
    an answer, good or bad, leaves open; empty where that is nothing.
    """

    request: Request
    sends: str
    read: Callable[[Answer], Verdict]
    caveat: str = ""


class Unserialisable(ValueError):
    """The destination should get this event but it lacks something; `field` is the canonical path, ends as dead."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field}: {expected}")
        self.field = field


class DestinationKind(Protocol):
    """One kind of endpoint. Built once per configured destination and process, used from one thread."""

    name: ClassVar[str]
    options: ClassVar[type[Schema]]
    policy: ClassVar[Policy]

    def __init__(self, destination: Destination) -> None: ...

    def serialise(self, event: Event) -> Payload | NotApplicable:
        """Turn a canonical event into the payload. Pure: same event, same bytes; the event is not changed.

        Raises:
            Unserialisable: the event lacks something this destination requires.
        """
        ...

    def request(self, event: Event, payload: Payload, moment: Moment) -> Request:
        """Address, authenticate and sign the payload for one attempt."""
        ...

    def classify(self, answer: Answer) -> Verdict:
        """Say what an answer with an HTTP status means. Total over all statuses; faults are judged by the pipeline."""
        ...


class Sharing(Protocol):
    """A kind whose destinations may get the very same payload of an event, which is then made once. Optional.

    Its events are shared as well, so one that it changed would be changed for others.
    """

    def form(self, event: Event) -> Hashable:
        """What the payload depends on beside the event, the kind's name included; None where that is not shared."""
        ...


@runtime_checkable
class Triable(Protocol):
    """A kind that can be tried without harm, or knows why not. Optional: a kind without it is not tried."""

    def trial(self, moment: Moment) -> Trial | NotApplicable:
        """Make the vendor's harmless test request, by the same address and credentials as any other."""
        ...
