"""Where a request meets the vendor: misbehaviour first, then the vendor's judgement, then the record."""

from threading import Lock

from outhaul_ops.simulators.exchange import Call, Identity, Judgement, Reply, Vendor
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
        self.record.add(_entry(self.record.next_number(), call, identity, judgement, action))
        return Reaction(judgement.reply, action)

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


def _entry(number: int, call: Call, identity: Identity, judgement: Judgement, action: Action | None) -> Entry:
    reasons = [judgement.reason, f"misbehaviour: {action}" if action else ""]
    return Entry(
        number=number,
        received_at=call.received_at,
        event=identity.event,
        event_id=identity.event_id,
        key=identity.key,
        occurred_at=identity.occurred_at,
        fate=judgement.fate,
        status=0 if action and action.manner in _UNANSWERED else judgement.reply.status,
        reason="; ".join(filter(None, reasons)),
        body=call.body,
    )
