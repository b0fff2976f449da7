"""Why an event was not accepted. Every error means: nothing was stored, or calling again is safe."""

from collections.abc import Mapping
from datetime import datetime


class OuthaulError(Exception):
    """What every error of this package is."""


class InvalidEvent(OuthaulError):
    """The event does not fit the model; nothing was stored, and the same event will never be accepted.

    Attributes:
        problems: path of the field (`order.items[2].price`) to what was expected there and what was got.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("\n".join(f"{path}: {message}" for path, message in self.problems.items()))

    def __reduce__(self) -> tuple[type["InvalidEvent"], tuple[dict[str, str]]]:
        return type(self), (self.problems,)


class EventTooLarge(InvalidEvent):
    """The canonical JSON of the event is over the limit; nothing was stored.

    The problem stands at the path of the event's largest part.
    """


class EventConflict(OuthaulError):
    """The id belongs to an event with other content, which is untouched; nothing was stored.

    Attributes:
        event_id: the id both events carry.
        accepted_at: when the first one was accepted.
    """

    def __init__(self, event_id: str, accepted_at: datetime) -> None:
        self.event_id = event_id
        self.accepted_at = accepted_at
        super().__init__(
            f"expected a new event id or the same content again, got other content for {event_id}, which was"
            f" accepted at {accepted_at.isoformat(timespec='milliseconds')}: give the new event an id of its own"
        )

    def __reduce__(self) -> tuple[type["EventConflict"], tuple[str, datetime]]:
        return type(self), (self.event_id, self.accepted_at)


class LedgerUnavailable(OuthaulError):
    """The ledger's server did not answer in time. Whether the event was stored is unknown.

    Calling again with the same `event_id` is safe: at worst the receipt says `duplicate`.

    Attributes:
        event_id: the id given by the caller or made for the event; empty for a call that reads.
        reason: what kept the server from answering.
    """

    def __init__(self, event_id: str, reason: str) -> None:
        self.event_id = event_id
        self.reason = reason
        advice = f": call again with id={event_id!r}, which is safe" if event_id else ""
        super().__init__(reason + advice)

    def __reduce__(self) -> tuple[type["LedgerUnavailable"], tuple[str, str]]:
        return type(self), (self.event_id, self.reason)
