"""A simulated eSputnik (Yespo): its event resource in versions 1 and 2, and its orders resource.

Source of the contract: eSputnik's published references and the behaviour of its published clients. The order of the
checks after the credential, the texts of errors and the answer of the orders resource are this simulator's own.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import ClassVar

from outhaul_ops.simulators.esputnik.orders import OrderBook, order_identity
from outhaul_ops.simulators.esputnik.repetitions import Repetitions
from outhaul_ops.simulators.esputnik.shapes import FIRST_VERSION, ORDERS_AT_MOST, SECOND_VERSION, derived_key
from outhaul_ops.simulators.esputnik.templates import broken, decoded, void_contact
from outhaul_ops.simulators.exchange import Call, Identity, Judgement, Reply
from outhaul_ops.simulators.record import Fate
from outhaul_ops.simulators.shapes import Check, sifted, summary, zoned_moment

EVENT_PATHS: dict[str, Check] = {"/api/v1/event": FIRST_VERSION, "/api/v2/event": SECOND_VERSION}
ORDERS_PATH = "/api/v1/orders"

_OK = Reply(200)


@dataclass(frozen=True, slots=True)
class EsputnikAccount:
    """The account the simulator plays.

    `token` is a Bearer token taken as well as the key; without one, none is. `required_params` are pairs `TYPE:PARAM`:
    events of that type must have that param. `failed_orders` are the ids of orders reported as failed inside a success,
    `*` for all. With `once_per_key` an event of a type and key that came before is taken and ignored.

    Raises:
        ValueError: a pair of `required_params` is not `TYPE:PARAM`.
    """

    api_key: str = "simulated-api-key"
    token: str = ""
    required_params: tuple[str, ...] = ()
    failed_orders: tuple[str, ...] = ()
    once_per_key: bool = False
    max_bytes: int = 20_000

    def __post_init__(self) -> None:
        for pair in self.required_params:
            event_type, _, param = pair.partition(":")
            if not event_type or not param:
                raise ValueError(f"required_params: expected TYPE:PARAM, got {pair!r}")

    def required(self, event_type: str) -> list[str]:
        """The params that events of a type must have."""
        pairs = (pair.partition(":") for pair in self.required_params)
        return [param for name, _, param in pairs if name == event_type]


class Esputnik:
    """One simulated account: the credential first, then the address, then the body; errors are plain text."""

    kind: ClassVar[str] = "esputnik"

    def __init__(self, account: EsputnikAccount) -> None:
        self._account = account
        self.reset()

    def identify(self, call: Call) -> Identity:
        """Name and key are `eventTypeKey` and type/keyValue; id and time are the params `eventId` and `occurredAt`."""
        if call.path == ORDERS_PATH:
            orders = call.members.get("orders")
            return order_identity(orders[0]) if isinstance(orders, list) and orders else Identity("orders")
        event, params = call.member("eventTypeKey"), _params(call)
        named = call.member("keyValue") or derived_key(params)
        key = f"{event}/{named}" if named else ""
        return Identity(event, _text(params.get("eventId")), key, _moment(params.get("occurredAt")))

    def judge(self, call: Call) -> Judgement:
        """Refuse, recognise a repetition, or take."""
        if refusal := self._stranger(call) or _unroutable(call):
            return refusal
        return self._orders(call) if call.path == ORDERS_PATH else self._event(call)

    def state(self) -> dict[str, object]:
        """Events by type, each type's latest params with nested JSON read, broken templates by type, and orders."""
        return {
            "events": dict(self._events),
            "latest": dict(self._latest),
            "broken": dict(self._broken),
            "orders": dict(self._book.held),
        }

    def reset(self) -> None:
        """Forget events, keys and orders."""
        self._events: Counter[str] = Counter()
        self._broken: Counter[str] = Counter()
        self._latest: dict[str, dict[str, object]] = {}
        self._repetitions = Repetitions()
        self._keys: set[tuple[str, str]] = set()
        self._book = OrderBook(frozenset(self._account.failed_orders))

    def _stranger(self, call: Call) -> Judgement | None:
        scheme, _, credential = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            known = _same(_password(credential), self._account.api_key)
        else:
            known = scheme.lower() == "bearer" and _same(credential.strip(), self._account.token)
        return None if known else _refused(401, "expected Basic with the API key as password, or a known Bearer token")

    def _event(self, call: Call) -> Judgement:
        breaches, remarks = self._examine(call)
        if breaches:
            return _refused(400, summary(breaches))
        event_type, params = call.member("eventTypeKey"), _params(call)
        key = call.member("keyValue") or derived_key(params)
        if self._repetitions.repeated(event_type, key, call.body, call.received_at):
            return Judgement(Reply.text(409, "Duplicated request"), Fate.DUPLICATE, "the same within a minute")
        if self._account.once_per_key and (event_type, key) in self._keys:
            return Judgement(_OK, Fate.NOT_STORED, "ignored: an event of this type and keyValue came before")
        self._keys.add((event_type, key))
        return self._stored(event_type, params, remarks)

    def _examine(self, call: Call) -> tuple[list[str], list[str]]:
        if len(call.body) > self._account.max_bytes:
            return [f"body: expected at most {self._account.max_bytes} bytes, got {len(call.body)}"], []
        breaches, remarks = sifted(EVENT_PATHS[call.path](call.document, ""))
        if breaches:
            return breaches, []
        params = _params(call)
        if not call.member("keyValue") and not derived_key(params):
            return ["keyValue: expected it, or a param to take it from; got neither"], []
        required = self._account.required(call.member("eventTypeKey"))
        missing = [name for name in required if name not in params]
        return [f"params: expected {', '.join(required)}; missing {', '.join(missing)}"] if missing else [], remarks

    def _stored(self, event_type: str, params: dict[str, object], remarks: list[str]) -> Judgement:
        self._events[event_type] += 1
        self._latest[event_type] = decoded(params)
        flaws = [f"template would break: {name}" for name in broken(params)]
        self._broken.update(event_type for _ in flaws)
        ignored = [f"contact data would be ignored: {name}" for name in void_contact(params)]
        return Judgement(_OK, Fate.STORED, summary([*flaws, *ignored, *remarks]))

    def _orders(self, call: Call) -> Judgement:
        orders = call.members.get("orders")
        if not isinstance(orders, list) or not 1 <= len(orders) <= ORDERS_AT_MOST:
            return _refused(400, f"orders: expected a list of 1 to {ORDERS_AT_MOST} orders")
        return self._book.take(orders)


def _unroutable(call: Call) -> Judgement | None:
    if call.method != "POST" or call.path not in (*EVENT_PATHS, ORDERS_PATH):
        return _refused(404, f"expected POST {', '.join([*EVENT_PATHS, ORDERS_PATH])}; got {call.method} {call.path}")
    if call.media_type != "application/json":
        return _refused(415, f"content-type: expected application/json, got {call.media_type!r}")
    return None if isinstance(call.document, dict) else _refused(400, "body: expected a JSON object")


def _params(call: Call) -> dict[str, object]:
    """Name and value of each well-formed param; of a repeated name the last."""
    listed = call.members.get("params")
    pairs = [param for param in listed if isinstance(param, dict)] if isinstance(listed, list) else []
    return {str(pair["name"]): pair.get("value") for pair in pairs if isinstance(pair.get("name"), str)}


def _password(credential: str) -> str:
    try:
        return b64decode(credential.strip(), validate=True).decode().partition(":")[2]
    except (Base64Error, ValueError):
        return ""


def _same(given: str, expected: str) -> bool:
    return bool(expected) and compare_digest(given.encode(), expected.encode())


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _moment(value: object) -> float | None:
    return None if list(zoned_moment(value, "")) else datetime.fromisoformat(str(value)).timestamp()


def _refused(status: int, reason: str) -> Judgement:
    return Judgement(Reply.text(status, reason), Fate.REFUSED, reason)
