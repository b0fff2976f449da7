"""Taking an event back: what has not been sent ends, and the answer says what already was."""

from dataclasses import asdict, dataclass
from typing import Any

from outhaul_ledger.errors import LedgerUnavailable as NoAnswer
from outhaul_ledger.model import Cancelled
from outhaul_producers.client import connection
from outhaul_producers.errors import LedgerUnavailable


@dataclass(frozen=True, slots=True)
class CancelledDelivery:
    """Where one destination's delivery stands now.

    Args:
        destination: its name.
        state: `cancelled`; `leased` where an attempt is under way, which ends the delivery as delivered or cancelled;
            else what it already was: `delivered`, `dead`, `skipped` or `held`.
        stopped: this call ended it; it arrived only if an earlier attempt of unknown fate did.
    """

    destination: str
    state: str
    stopped: bool


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What became of an event that was taken back.

    `before_routing` says that its destinations had not been worked out yet: there are no deliveries, nor will be any.
    """

    event_id: str
    before_routing: bool
    deliveries: tuple[CancelledDelivery, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the same as JSON types."""
        return {**asdict(self), "deliveries": [asdict(each) for each in self.deliveries]}


def cancel_event(event_id: str) -> Cancellation | None:
    """Stop what has not been sent of an event; None when it is unknown or its retention is over.

    An attempt that is under way cannot be stopped; when it fails it is not repeated. Dead letters and held deliveries
    stay for a person to decide on. One round trip for every 80 deliveries or so; nothing of the event is sent from the
    first on. Calling again is safe.

    Raises:
        LedgerUnavailable: no answer within the time-out; what was begun is brought to its end by a worker.
        outhaul_config.problems.ConfigError: the settings are wrong.
    """
    try:
        cancelled = connection().ledger.cancel(event_id)
    except NoAnswer as error:
        raise LedgerUnavailable("", str(error)) from error
    return cancellation_of(event_id, cancelled) if cancelled else None


def cancellation_of(event_id: str, cancelled: Cancelled) -> Cancellation:
    """Word what the ledger did, destinations by name."""
    rows = sorted(cancelled.deliveries)
    deliveries = tuple(CancelledDelivery(each.destination, str(each.state), each.now) for each in rows)
    return Cancellation(event_id, cancelled.unrouted, deliveries)
