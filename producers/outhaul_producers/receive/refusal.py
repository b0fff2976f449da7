"""Why a webhook is not taken."""

from enum import StrEnum

from outhaul_producers.errors import OuthaulError


class Reason(StrEnum):
    """What was wrong with a webhook, for telling and for counting."""

    ADDRESS = "address"
    HEADERS = "headers"
    TIMESTAMP = "timestamp"
    SIGNATURE = "signature"
    BODY = "body"
    UNKNOWN = "unknown"
    DIFFERS = "differs"


class NotAuthentic(OuthaulError):
    """The webhook does not come from whom it claims, or cannot be shown to; nothing was stored.

    Attributes:
        reason: what was wrong.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        self.reason = reason
        super().__init__(message)

    def __reduce__(self) -> tuple[type["NotAuthentic"], tuple[Reason, str]]:
        return type(self), (self.reason, str(self))


class SourceUnavailable(OuthaulError):
    """The sender's API, which must be asked, did not answer; nothing was stored, and its next try may succeed."""
