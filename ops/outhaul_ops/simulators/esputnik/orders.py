"""The orders eSputnik keeps, and how part of a batch can fail inside a success."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from outhaul_ops.simulators.esputnik.shapes import ORDER
from outhaul_ops.simulators.exchange import Identity, Judgement, Part, Reply, wording
from outhaul_ops.simulators.record import Fate
from outhaul_ops.simulators.shapes import sifted, summary

EVERY_ORDER = "*"


@dataclass(slots=True)
class OrderBook:
    """Orders by id, each replaced by the next of its id.

    Args:
        failing: the ids of orders reported as failed whatever they are; `*` for all.
    """

    failing: frozenset[str]
    held: dict[str, dict[str, object]] = field(default_factory=dict)
    _sessions: int = 0

    def take(self, orders: Iterable[object]) -> Judgement:
        """Keep the orders that are in order and list the others in the answer's `failedOrders`."""
        self._sessions += 1
        parts = tuple(self._judge(order) for order in orders)
        failed = [
            {"externalOrderId": part.identity.event_id, "message": part.reason}
            for part in parts
            if part.fate is Fate.REFUSED
        ]
        answer = {"asyncSessionId": f"session-{self._sessions}", "failedOrders": failed}
        return Judgement(Reply.of(200, answer), Fate.STORED, parts=parts)

    def _judge(self, order: object) -> Part:
        identity = order_identity(order)
        breaches, remarks = sifted(ORDER(order, "order"))
        if breaches or not isinstance(order, dict):
            return Part(identity, Fate.REFUSED, summary(breaches))
        if self.failing & {EVERY_ORDER, identity.event_id}:
            return Part(identity, Fate.REFUSED, "told to fail this order")
        self.held[identity.event_id] = order
        return Part(identity, Fate.STORED, summary(remarks))


def order_identity(order: object) -> Identity:
    """Name `orders`, id and key from the order's id."""
    number = wording(order, "externalOrderId") if isinstance(order, dict) else ""
    return Identity("orders", number, f"orders/{number}" if number else "")
