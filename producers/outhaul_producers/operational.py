"""Events about the operation of Outhaul itself. They travel like any other; nobody but Outhaul can hand them in."""

from datetime import UTC, datetime

from outhaul_ledger.model import Submission
from outhaul_ledger.subscribing import Stopped
from outhaul_producers.event import canonical
from outhaul_producers.normalise import DEFAULTS
from outhaul_producers.schema.moments import written

SUBSCRIPTION_DISABLED = "subscription.disabled"
OPERATIONAL = (SUBSCRIPTION_DISABLED,)
"""Their types."""


def subscription_disabled(stopped: Stopped, source: str) -> Submission:
    """Make the event that tells of a disabled subscription; always the same one for the same occasion.

    Args:
        stopped: which, when and why; the reason is redacted.
        source: the source of events that name none.
    """
    event_id = f"{stopped.name.replace('.', '_')}_disabled_{stopped.since}"
    body = {
        "id": event_id,
        "type": SUBSCRIPTION_DISABLED,
        "source": source,
        "occurred_at": written(datetime.fromtimestamp(stopped.since / 1000, UTC)),
        "subject": f"subscription/{stopped.name}",
        **DEFAULTS,
        "properties": {"subscription": stopped.name, "reason": stopped.reason},
    }
    return Submission(event_id, "", source, SUBSCRIPTION_DISABLED, canonical(body))
