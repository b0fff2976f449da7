"""Where a request meets the vendor: misbehaviour first, then the vendor's judgement, then the record."""

from threading import Lock

from outhaul_ops.simulators.exchange import Call, Judgement, Part, Reply, Vendor
from outhaul_ops.simulators.misbehaviour import Action, Manner, Misbehaviour
from outhaul_ops.simulators.record import Entry, Fate, Record
from outhaul_ops.simulators.server import Reaction

_UNANSWERED = frozenset({Manner.HANG, Manner.RESET, Manner.LOSE})


class Desk:
    """One simulated vendor with its record and its rules of misbehaviour; usable from any thread."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self.record = Record()
        self.misbehaviour = Misbehaviour()
        self._lock = Lock()

    def receive(self, call: Call) -> Reaction:
        """Take one request through and write it down."""
        with self._lock:
            identity = self.vendor.identify(call)
            action = self.misbehaviour.take(identity.event_id, identity.key)
            judgement = self._judge(call, action)
        for part in judgement.parts or (Part(identity, judgement.fate, judgement.reason),):
            self.record.add(_entry(self.record.next_number(), call, part, judgement.reply.status, action))
        return Reaction(judgement.reply, action or _pause(judgement))

    def state(self) -> dict[str, object]:
        """What the vendor holds now, as JSON types."""
        with self._lock:
            return self.vendor.state()

    def reset(self) -> None:
        """Back to the beginning: no rules, nothing held, nothing recorded."""
        with self._lock:
            self.misbehaviour.mend()
            self.vendor.reset()
            self.record.clear()

    def _judge(self, call: Call, action: Action | None) -> Judgement:
        if action is None or action.reaches_vendor:
            return self.vendor.judge(call)
        wait = {"Retry-After": action.retry_after} if action.retry_after else {}
        reply = Reply.of(action.status, {"status": "error", "message": "simulated misbehaviour"}, wait)
        return Judgement(reply, Fate.DROPPED)


def _pause(judgement: Judgement) -> Action | None:
    return Action(Manner.SLOW, seconds=judgement.pause) if judgement.pause else None


def _entry(number: int, call: Call, part: Part, status: int, action: Action | None) -> Entry:
    reasons = [part.reason, f"misbehaviour: {action}" if action else ""]
    return Entry(
        number=number,
        received_at=call.received_at,
        event=part.identity.event,
        event_id=part.identity.event_id,
        key=part.identity.key,
        occurred_at=part.identity.occurred_at,
        fate=part.fate,
        status=0 if action and action.manner in _UNANSWERED else status,
        reason="; ".join(filter(None, reasons)),
        body=call.body,
    )
