"""The endpoints of a chaos run: one HTTP server, a path for each destination, and the book of what arrived."""

import time
from collections.abc import Iterable

from outhaul_ops.chaos.journal import Appender
from outhaul_ops.simulators.exchange import Call, Reply
from outhaul_ops.simulators.misbehaviour import Action, Manner, Misbehaviour
from outhaul_ops.simulators.server import Reaction, Server

ATTEMPT_HEADER = "x-chaos-attempt"
SLOW_SECONDS = 0.3

TAKEN, REFUSED = "taken", "refused"


class Receiver:
    """Notes every request before it answers; answers 200 unless told to misbehave."""

    def __init__(self, destinations: Iterable[str], book: Appender) -> None:
        self._book = book
        self._misbehaviours = {name: Misbehaviour() for name in destinations}
        self.server = Server(self._react, time.time)

    def misbehave(self, destination: str, rules: str) -> None:
        """Apply lines in the notation of the simulators.

        Raises:
            MisbehaviourError: they are none.
        """
        self._misbehaviours[destination].apply(rules)

    def _react(self, call: Call) -> Reaction:
        destination = call.path.strip("/")
        event_id = call.headers.get("webhook-id", "-")
        attempt = call.headers.get(ATTEMPT_HEADER, "0")
        action = self._misbehaviours[destination].take(event_id) or inborn(destination, event_id, int(attempt))
        self._book.note((destination, event_id, attempt, TAKEN if _takes(action) else REFUSED))
        if action is not None and action.manner is Manner.STATUS:
            headers = {"Retry-After": action.retry_after} if action.retry_after else {}
            return Reaction(Reply(action.status, headers=headers), action)
        return Reaction(Reply.of(200, {"taken": event_id}), action)


def inborn(destination: str, event_id: str, attempt: int) -> Action | None:
    """Say how an endpoint treats an event without any fault.

    Half of all answers take a moment, so that there always is something in flight, and some deliveries end as dead or
    held.
    """
    if destination == "fragile" and event_id.endswith("7") and attempt <= 2:
        return Action(Manner.STATUS, 500)
    if destination == "careful" and event_id.endswith("3") and attempt == 1:
        return Action(Manner.LOSE)
    return Action(Manner.SLOW, seconds=SLOW_SECONDS) if int(event_id[-1]) % 2 == 0 else None


def _takes(action: Action | None) -> bool:
    """Say whether the event counts as received: everything that does not refuse it in so many words does."""
    return action is None or action.manner is not Manner.STATUS or action.status < 300
